//! Where mail leaves: a folder or a mail server, chosen by URL. A hand-over ends in one of four ways, and only
//! one of them is doubt.

mod folder;
mod letter;
mod smtp;

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use kernel::MessageId;
use thiserror::Error;

pub use folder::{MailFolder, StoredMail};
pub use letter::{Draft, Letter, LetterError, Letterhead, Notice};
pub use smtp::SmtpServer;

/// How a hand-over ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandOver {
    /// It answers for the mail now.
    Taken,
    /// It certainly does not have the mail; another time it may take it.
    NotNow(String),
    /// It will never take this mail.
    Never(String),
    /// The line broke after the mail and before the answer.
    InDoubt,
}

/// Takes mail out of the house.
#[async_trait]
pub trait Mailer: Send + Sync {
    async fn hand_over(&self, letter: &Letter) -> HandOver;

    /// Whether an earlier hand-over got through; `None` if it cannot be asked.
    async fn was_handed_over(&self, message: MessageId) -> Option<bool>;

    /// Messages to reserve at a time. A crash leaves that many in [`SENDING`](crate::domain::message), so one
    /// where the mailer cannot be asked.
    fn window(&self) -> i64;
}

#[derive(Debug, Error)]
pub enum MailError {
    #[error("must start with file:, smtp: or smtps:")]
    UnknownScheme,
    #[error("the mail folder cannot be made")]
    Folder(#[source] std::io::Error),
    #[error("not a mail server: expected smtp://[USER:PASSWORD@]HOST[:PORT]")]
    BadServer,
}

/// An open transport.
pub struct Transport {
    pub mailer: Arc<dyn Mailer>,
    /// Set for `file:`.
    pub folder: Option<MailFolder>,
}

/// Opens `file:FOLDER`, `smtp://[USER:PASSWORD@]HOST[:PORT]` or `smtps://…`. A server is not contacted yet.
pub async fn connect(url: &str) -> Result<Transport, MailError> {
    if let Some(folder) = url.strip_prefix("file:") {
        let folder = MailFolder::open(PathBuf::from(folder)).await.map_err(MailError::Folder)?;
        return Ok(Transport { mailer: Arc::new(folder.clone()), folder: Some(folder) });
    }
    let server = match url.split_once("://") {
        Some(("smtp", rest)) => SmtpServer::parse(rest, false),
        Some(("smtps", rest)) => SmtpServer::parse(rest, true),
        _ => return Err(MailError::UnknownScheme),
    };
    Ok(Transport { mailer: Arc::new(server.ok_or(MailError::BadServer)?), folder: None })
}
