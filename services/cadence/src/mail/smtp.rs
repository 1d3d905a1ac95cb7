use std::time::Duration;

use async_trait::async_trait;
use kernel::MessageId;
use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, TlsParameters},
    commands::{Data, Mail, Rcpt},
    extension::{ClientId, Extension, MailParameter},
};
use tokio::{sync::Mutex, time::timeout};

use super::{HandOver, Letter, Mailer};

const CONNECT: Duration = Duration::from_secs(15);
/// For everything before the mail itself.
const PREPARE: Duration = Duration::from_secs(60);
/// For the mail and the answer to it; must end well before a reservation does.
const DELIVER: Duration = Duration::from_secs(180);
const GOODBYE: Duration = Duration::from_secs(2);

/// A mail server that is handed one message at a time over a line kept open between them. The conversation is
/// driven here, command by command, because what a failure means depends on how far it got.
pub struct SmtpServer {
    host: String,
    port: u16,
    /// TLS from the first byte; otherwise it is used if the server offers it.
    implicit_tls: bool,
    credentials: Option<Credentials>,
    line: Mutex<Option<AsyncSmtpConnection>>,
}

impl SmtpServer {
    /// Reads `[USER:PASSWORD@]HOST[:PORT]`, user and password percent-encoded where they must be.
    pub fn parse(text: &str, implicit_tls: bool) -> Option<Self> {
        let text = text.trim_end_matches('/');
        let (credentials, server) = match text.rsplit_once('@') {
            Some((credentials, server)) => {
                let (user, password) = credentials.split_once(':')?;
                (Some(Credentials::new(percent_decode(user)?, percent_decode(password)?)), server)
            }
            None => (None, text),
        };
        let default = if implicit_tls { 465 } else { 25 };
        let (host, port) = match server.rsplit_once(':') {
            // An address of IPv6 has colons of its own, within brackets.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (server, default),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        (!host.is_empty()).then(|| Self { host, port, implicit_tls, credentials, line: Mutex::default() })
    }

    /// Everything up to the point where the server waits for the mail. Whatever fails here, it has no mail.
    async fn prepare(
        &self,
        kept: Option<AsyncSmtpConnection>,
        letter: &Letter,
    ) -> Result<AsyncSmtpConnection, HandOver> {
        let mut kept = kept;
        let alive = match &mut kept {
            Some(line) => line.test_connected().await,
            None => false,
        };
        let mut line = match kept {
            Some(line) if alive => line,
            _ => self.connect().await.map_err(|error| HandOver::NotNow(not_now(&error)))?,
        };
        let envelope = letter.mail.envelope();
        let international =
            envelope.from().into_iter().chain(envelope.to()).any(|address| !address.to_string().is_ascii());
        if international && !line.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(HandOver::Never("the mail server takes no international addresses".to_owned()));
        }
        let options = if international { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
        // A server that refuses the sender refuses us, not the recipient: the next attempt may find it mended.
        let mail = line.command(Mail::new(envelope.from().cloned(), options)).await;
        mail.map_err(|error| HandOver::NotNow(not_now(&error)))?;
        for recipient in envelope.to() {
            line.command(Rcpt::new(recipient.clone(), Vec::new())).await.map_err(|error| refused(&error))?;
        }
        line.command(Data).await.map_err(|error| refused(&error))?;
        Ok(line)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let tls = || TlsParameters::new(self.host.clone());
        let hello = ClientId::default();
        let implicit = self.implicit_tls.then(tls).transpose()?;
        let mut line =
            AsyncSmtpConnection::connect_tokio1((self.host.as_str(), self.port), Some(CONNECT), &hello, implicit, None)
                .await?;
        // A password asks for TLS, save on the way to this machine itself.
        let local = matches!(self.host.as_str(), "127.0.0.1" | "::1" | "localhost");
        if line.can_starttls() || (self.credentials.is_some() && !line.is_encrypted() && !local) {
            line.starttls(tls()?, &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            line.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(line)
    }
}

#[async_trait]
impl Mailer for SmtpServer {
    async fn hand_over(&self, letter: &Letter) -> HandOver {
        let mut kept = self.line.lock().await;
        let mut line = match timeout(PREPARE, self.prepare(kept.take(), letter)).await {
            Ok(Ok(line)) => line,
            Ok(Err(outcome)) => return outcome,
            Err(_) => return HandOver::NotNow("the mail server is too slow".to_owned()),
        };
        match timeout(DELIVER, line.message(&letter.mail.formatted())).await {
            Ok(Ok(_)) => {
                *kept = Some(line);
                HandOver::Taken
            }
            Ok(Err(error)) => {
                let _ = timeout(GOODBYE, line.abort()).await;
                // A numbered answer is an answer; anything else means it was lost.
                if error.status().is_some() { refused(&error) } else { HandOver::InDoubt }
            }
            Err(_) => HandOver::InDoubt,
        }
    }

    async fn was_handed_over(&self, _: MessageId) -> Option<bool> {
        None
    }

    fn window(&self) -> i64 {
        1
    }
}

/// The server's answer to this recipient or this mail. Its words may name the recipient, so only the code is kept.
fn refused(error: &Error) -> HandOver {
    match error.status() {
        Some(code) if error.is_permanent() => HandOver::Never(format!("the mail server refused it with code {code}")),
        _ => HandOver::NotNow(not_now(error)),
    }
}

fn not_now(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered with code {code}"),
        None if error.is_tls() => "the mail server's TLS cannot be trusted".to_owned(),
        None if error.is_timeout() => "the mail server is too slow".to_owned(),
        None if error.is_client() => "the mail server lacks what the settings ask for".to_owned(),
        None => "the mail server cannot be reached".to_owned(),
    }
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Option<(String, u16, Option<Credentials>)> {
        SmtpServer::parse(text, false).map(|server| (server.host, server.port, server.credentials))
    }

    #[test]
    fn a_server_is_read_from_its_url() {
        assert_eq!(server("mail.example"), Some(("mail.example".into(), 25, None)));
        assert_eq!(server("[::1]:2525/"), Some(("::1".into(), 2525, None)));
        let credentials = Credentials::new("ada@x.example".into(), "p@ss:word".into());
        assert_eq!(
            server("ada%40x.example:p%40ss:word@mail.example:587"),
            Some(("mail.example".into(), 587, Some(credentials)))
        );
        for broken in ["", "ada@mail.example", "mail.example:port", "%zz:x@mail.example", "a:%4@mail.example"] {
            assert!(server(broken).is_none(), "{broken}");
        }
    }
}
