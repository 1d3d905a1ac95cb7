use std::time::SystemTime;

use kernel::{EmailAddress, MessageId, Timestamp};
use lettre::{
    Message,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use thiserror::Error;

/// What every mail of this installation carries.
#[derive(Debug, Clone)]
pub struct Letterhead {
    from: Mailbox,
    public_url: String,
    postal_address: String,
}

/// A mail to be written.
#[derive(Debug)]
pub struct Draft<'a> {
    pub message: MessageId,
    pub to: &'a EmailAddress,
    pub name: Option<String>,
    pub subject: String,
    pub body: String,
    /// Of the enrolment, for the unsubscribe link.
    pub token: &'a str,
    pub date: Timestamp,
}

/// A mail that is ready to leave.
#[derive(Debug, Clone)]
pub struct Letter {
    pub id: MessageId,
    pub mail: Message,
}

#[derive(Debug, Error)]
pub enum LetterError {
    #[error("not an address")]
    Address(#[from] lettre::address::AddressError),
    #[error("not a mail")]
    Mail(#[from] lettre::error::Error),
}

const LIST_UNSUBSCRIBE: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe");
const LIST_UNSUBSCRIBE_POST: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");

impl Letterhead {
    pub fn parse(from: &str, public_url: &str, postal_address: &str) -> Result<Self, LetterError> {
        let public_url = public_url.trim_end_matches('/').to_owned();
        Ok(Self { from: from.parse()?, public_url, postal_address: postal_address.to_owned() })
    }

    /// The bare address that mail comes from.
    pub fn address(&self) -> String {
        self.from.email.to_string()
    }

    /// Adds what the law and the big mailboxes ask for: the sender's postal address, a link to unsubscribe,
    /// and the headers by which a mail program does it in one click (RFC 8058).
    pub fn write(&self, draft: Draft<'_>) -> Result<Letter, LetterError> {
        let Draft { message, to, name, subject, body, token, date } = draft;
        let unsubscribe = format!("{}/u/{token}", self.public_url);
        let text = format!("{}\n\n-- \n{}\nUnsubscribe: {unsubscribe}\n", body.trim_end(), self.postal_address);
        let mail = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, to.as_str().parse()?))
            .subject(subject)
            .date(SystemTime::from(date))
            .message_id(Some(format!("<{message}@pipewright>")))
            .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE, format!("<{unsubscribe}>")))
            .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE_POST, "List-Unsubscribe=One-Click".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(text.replace('\n', "\r\n"))?;
        Ok(Letter { id: message, mail })
    }
}

#[cfg(test)]
mod tests {
    use kernel::Clock;

    use super::*;

    fn write(name: Option<&str>, subject: &str, public_url: &str) -> String {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let letterhead =
            Letterhead::parse("Pipewright <hello@pipewright.example>", public_url, "1 Example Street").unwrap();
        let to = EmailAddress::parse("ada@engines.example").unwrap();
        let draft = Draft {
            message: clock.id(),
            to: &to,
            name: name.map(str::to_owned),
            subject: subject.to_owned(),
            body: "Hi Ada".to_owned(),
            token: "0123456789abcdef0123456789abcdef",
            date: clock.now(),
        };
        String::from_utf8(letterhead.write(draft).unwrap().mail.formatted()).unwrap()
    }

    #[test]
    fn a_mail_says_who_sends_it_and_how_to_leave() {
        let mail = write(Some("Ada Lovelace"), "Hello", "https://crm.example/");
        let url = "https://crm.example/u/0123456789abcdef0123456789abcdef";
        for part in [
            "From: Pipewright <hello@pipewright.example>\r\n",
            "To: \"Ada Lovelace\" <ada@engines.example>\r\n",
            "Message-ID: <msg_",
            "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            "1 Example Street\r\n",
            &format!("Unsubscribe: {url}\r\n"),
        ] {
            assert!(mail.contains(part), "{part:?} in {mail}");
        }
        let unfolded = mail.replace("\r\n ", " ");
        assert!(unfolded.contains(&format!("List-Unsubscribe: <{url}>\r\n")), "{mail}");
    }

    #[test]
    fn a_long_public_url_stays_whole_in_the_header() {
        let host = format!("https://{}.example/{}", "a".repeat(60), "b".repeat(60));
        let mail = write(None, "Hello", &host).replace("\r\n ", " ");
        assert!(mail.contains(&format!("List-Unsubscribe: <{host}/u/0123456789abcdef0123456789abcdef>\r\n")), "{mail}");
    }

    #[test]
    fn no_header_can_be_smuggled_in() {
        let mail = write(
            Some("Ada\r\nBcc: all@engines.example"),
            "Hello\r\nBcc: all@engines.example\r\n\r\nbody",
            "https://crm.example",
        );
        let headers = mail.split_once("\r\n\r\n").unwrap().0;
        assert!(!headers.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{headers}");
        assert!(headers.contains("Message-ID"), "{headers}");
    }
}
