use std::{
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use kernel::MessageId;
use tokio::{fs, io::AsyncWriteExt};

use super::{HandOver, Letter, Mailer};

/// Large enough to spare commits; a crash is cleared up by looking into the folder.
const WINDOW: i64 = 50;
const SUFFIX: &str = "eml";

/// A folder of `.eml` files named by message, so that handing one over twice is handing it over once.
#[derive(Debug, Clone)]
pub struct MailFolder(PathBuf);

/// A mail in the folder.
#[derive(Debug)]
pub struct StoredMail {
    pub id: MessageId,
    pub modified: SystemTime,
    pub text: String,
}

impl StoredMail {
    /// A header's value as text, or nothing.
    pub fn header(&self, name: &str) -> String {
        let head = self.text.split_once("\r\n\r\n").map_or(self.text.as_str(), |(head, _)| head).replace("\r\n ", " ");
        let named = |line: &str| {
            line.split_once(": ").filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| decode(value))
        };
        head.lines().find_map(named).unwrap_or_default()
    }
}

/// Undoes RFC 2047 as far as our own mails use it: UTF-8 in base64.
fn decode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    // Between two encoded words the space is no space.
    let joined = value.replace("?= =?", "?==?");
    let mut rest = joined.as_str();
    while let Some((before, after)) = rest.split_once("=?utf-8?b?") {
        let Some((encoded, after)) = after.split_once("?=") else { break };
        let Ok(bytes) = BASE64.decode(encoded) else { break };
        text.push_str(before);
        text.push_str(&String::from_utf8_lossy(&bytes));
        rest = after;
    }
    text.push_str(rest);
    text
}

impl MailFolder {
    pub async fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder).await?;
        Ok(Self(folder))
    }

    /// The newest mails first.
    pub async fn newest(&self, limit: usize) -> io::Result<Vec<StoredMail>> {
        let mut entries = fs::read_dir(&self.0).await?;
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            if let Some(id) = message_of(&entry.path()) {
                found.push((entry.metadata().await?.modified()?, id));
            }
        }
        found.sort_by(|a, b| b.cmp(a));
        found.truncate(limit);
        let mut mails = Vec::with_capacity(found.len());
        for (modified, id) in found {
            mails.extend(self.read(id).await?.map(|text| StoredMail { id, modified, text }));
        }
        Ok(mails)
    }

    pub async fn read(&self, id: MessageId) -> io::Result<Option<String>> {
        match fs::read(self.path(id)).await {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whole or not at all, and there after a power cut: written beside, synced, renamed, the folder synced.
    async fn store(&self, id: MessageId, mail: &[u8]) -> io::Result<()> {
        let beside = self.0.join(format!(".{id}.tmp"));
        let mut file = fs::File::create(&beside).await?;
        file.write_all(mail).await?;
        file.sync_all().await?;
        fs::rename(&beside, self.path(id)).await?;
        fs::File::open(&self.0).await?.sync_all().await
    }

    fn path(&self, id: MessageId) -> PathBuf {
        self.0.join(format!("{id}.{SUFFIX}"))
    }
}

#[async_trait]
impl Mailer for MailFolder {
    async fn hand_over(&self, letter: &Letter) -> HandOver {
        match self.store(letter.id, &letter.mail.formatted()).await {
            Ok(()) => HandOver::Taken,
            // Even if the file is there already, writing it again is harmless.
            Err(error) => HandOver::NotNow(format!("the mail folder cannot be written: {}", error.kind())),
        }
    }

    async fn was_handed_over(&self, message: MessageId) -> Option<bool> {
        fs::try_exists(self.path(message)).await.ok()
    }

    fn window(&self) -> i64 {
        WINDOW
    }
}

fn message_of(path: &Path) -> Option<MessageId> {
    (path.extension()? == SUFFIX).then(|| path.file_stem()?.to_str()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_header_is_read_as_text() {
        let text = "Subject: =?utf-8?b?THVjw61hLA==?= thank\r\n you\r\nTo: =?utf-8?b?THU=?=\r\n =?utf-8?b?Y8OtYQ==?= <l@x.example>\r\n\r\nTo: nobody";
        let mail = StoredMail { id: uuid::Uuid::nil().into(), modified: SystemTime::UNIX_EPOCH, text: text.to_owned() };
        assert_eq!(
            (mail.header("subject").as_str(), mail.header("To").as_str()),
            ("Lucía, thank you", "Lucía <l@x.example>")
        );
        assert_eq!(mail.header("Cc"), "");
    }
}
