use std::time::SystemTime;

use kernel::{EmailAddress, MessageId, Timestamp};
use lettre::{
    Message,
    message::{
        Body, Mailbox, MessageBuilder,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use thiserror::Error;

use crate::domain::template::one_line;

/// Columns of a line of text, where its words allow.
const WIDTH: usize = 72;

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

/// A mail that answers what its recipient did.
#[derive(Debug)]
pub struct Notice<'a> {
    pub message: MessageId,
    pub to: &'a EmailAddress,
    pub subject: String,
    pub body: String,
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
    #[error("the text cannot be encoded")]
    Text,
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
        let text = format!("{}\n\n-- \n{}\nUnsubscribe: {unsubscribe}\n", wrap(body.trim_end()), self.postal_address);
        let mail = self
            .begin(message, to, name, &subject, date)?
            .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE, format!("<{unsubscribe}>")))
            .raw_header(HeaderValue::new(LIST_UNSUBSCRIBE_POST, "List-Unsubscribe=One-Click".to_owned()));
        finish(message, mail, &text)
    }

    /// A mail that answers what its recipient did, so that there is nothing to unsubscribe from.
    pub fn write_notice(&self, notice: Notice<'_>) -> Result<Letter, LetterError> {
        let Notice { message, to, subject, body, date } = notice;
        let text = format!("{}\n\n-- \n{}\n", wrap(body.trim_end()), self.postal_address);
        finish(message, self.begin(message, to, None, &subject, date)?, &text)
    }

    fn begin(
        &self,
        message: MessageId,
        to: &EmailAddress,
        name: Option<String>,
        subject: &str,
        date: Timestamp,
    ) -> Result<MessageBuilder, LetterError> {
        // A name or subject with a line break would be refused by the library with a panic.
        let name = name.map(|name| one_line(&name)).filter(|name| !name.is_empty());
        Ok(Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, to.as_str().parse()?))
            .subject(one_line(subject))
            .date(SystemTime::from(date))
            .message_id(Some(format!("<{message}@pipewright>"))))
    }
}

fn finish(id: MessageId, mail: MessageBuilder, text: &str) -> Result<Letter, LetterError> {
    let mail = mail.header(ContentType::TEXT_PLAIN).body(seven_bit(text.replace('\n', "\r\n"))?)?;
    Ok(Letter { id, mail })
}

/// Encoded so that every server takes it: one without 8BITMIME would refuse the letters of most languages.
fn seven_bit(text: String) -> Result<Body, LetterError> {
    if text.is_ascii() {
        return Ok(Body::new(text));
    }
    Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable).map_err(|_| LetterError::Text)
}

/// Breaks lines between words, so that a mail in plain letters needs no encoding.
fn wrap(text: &str) -> String {
    let mut wrapped = String::with_capacity(text.len() + text.len() / WIDTH);
    for line in text.lines() {
        let mut column = 0;
        for word in line.split(' ') {
            let width = word.chars().count();
            if column > 0 && column + 1 + width > WIDTH {
                wrapped.push('\n');
                column = 0;
            } else if column > 0 {
                wrapped.push(' ');
                column += 1;
            }
            wrapped.push_str(word);
            column += width;
        }
        wrapped.push('\n');
    }
    wrapped.trim_end().to_owned()
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
            body: format!("Hi {}", name.unwrap_or("Ada")),
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

    #[test]
    fn any_name_and_subject_makes_a_mail() {
        for c in (0..=0x17f).filter_map(char::from_u32).chain("\u{2028}\u{feff}\u{202e}漢😀".chars()) {
            for text in [format!("{c}"), format!("a{c}b"), format!("{c} {c}"), c.to_string().repeat(300)] {
                let mail = write(Some(&text), &text, "https://crm.example");
                let headers = mail.split_once("\r\n\r\n").unwrap().0;
                assert!(mail.is_ascii() && headers.contains("\r\nMessage-ID: <msg_"), "{text:?}: {headers}");
            }
        }
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        assert_eq!(wrap("a b\n\nc "), "a b\n\nc");
        let wrapped = wrap(&"word ".repeat(40));
        assert!(
            wrapped.lines().all(|line| line.len() <= WIDTH)
                && wrapped.replace('\n', " ") == "word ".repeat(40).trim_end(),
            "{wrapped}"
        );
        assert_eq!(wrap(&"x".repeat(100)), "x".repeat(100));
    }
}
