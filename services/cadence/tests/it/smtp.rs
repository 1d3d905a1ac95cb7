//! Real conversations with a mail server that can be told to misbehave.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use events::cadence::{EnrollmentStopped, MessageSent};
use pipewright_cadence::SERVICE;
use platform::config::Secret;
use serde_json::Value;
use testkit::ServiceTest;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::world::*;

/// How the server answers the next message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Accept,
    /// Answers this code to the command that starts so, or to the mail itself (`.`).
    Answer(&'static str, u16),
    /// Hangs up instead of answering it.
    HangUp(&'static str),
}

#[derive(Default)]
struct Seen {
    mails: Vec<String>,
    conversations: usize,
    /// What the client said to prove who it is.
    credentials: Vec<String>,
}

struct MailServer {
    port: u16,
    mood: Arc<Mutex<Mood>>,
    seen: Arc<Mutex<Seen>>,
}

impl MailServer {
    async fn start() -> Self {
        Self::start_on("127.0.0.1").await
    }

    #[expect(clippy::disallowed_methods, reason = "a server that ends with its test")]
    async fn start_on(ip: &str) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, mood: Arc::new(Mutex::new(Mood::Accept)), seen: Arc::default() };
        let (mood, seen) = (server.mood.clone(), server.seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.lock().unwrap().conversations += 1;
                tokio::spawn(converse(stream, mood.clone(), seen.clone()));
            }
        });
        server
    }

    async fn test(&self) -> ServiceTest {
        self.test_as("127.0.0.1").await
    }

    async fn test_as(&self, server: &str) -> ServiceTest {
        let url = format!("smtp://{server}:{}", self.port);
        ServiceTest::configured(SERVICE, |config| {
            config.mail.url = Secret::new(url);
            config.mail.public_url = "https://crm.example".into();
        })
        .await
    }

    fn mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn mails(&self) -> Vec<String> {
        self.seen.lock().unwrap().mails.clone()
    }
}

async fn converse(stream: TcpStream, mood: Arc<Mutex<Mood>>, seen: Arc<Mutex<Seen>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let command = line.get(..4)?.to_uppercase();
        if !answer(&mut stream, &mood, &command).await? {
            continue;
        }
        match command.as_str() {
            "EHLO" => stream.write_all(b"250-test\r\n250 AUTH PLAIN\r\n").await.ok()?,
            "AUTH" => {
                seen.lock().unwrap().credentials.push(line.trim_end().to_owned());
                stream.write_all(b"235 it is you\r\n").await.ok()?;
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut mail).await.ok()? == 0 {
                        return None;
                    }
                }
                if answer(&mut stream, &mood, ".").await? {
                    seen.lock().unwrap().mails.push(mail);
                    stream.write_all(b"250 taken\r\n").await.ok()?;
                }
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n").await.ok(),
            _ => stream.write_all(b"250 fine\r\n").await.ok()?,
        }
    }
}

/// Says whether the server is well disposed; if not it has answered, or hangs up.
async fn answer(stream: &mut BufReader<TcpStream>, mood: &Mutex<Mood>, command: &str) -> Option<bool> {
    let mood = *mood.lock().unwrap();
    match mood {
        Mood::Answer(at, code) if at == command => {
            stream.write_all(format!("{code} no, ada@engines.example\r\n").as_bytes()).await.ok()?;
            Some(false)
        }
        Mood::HangUp(at) if at == command => None,
        _ => Some(true),
    }
}

async fn first_message(test: &ServiceTest, lead: kernel::LeadId) -> Value {
    enrollment(test, lead).await["messages"][0].take()
}

#[tokio::test]
async fn a_server_gets_one_mail_per_step_with_everything_in_it() {
    let server = MailServer::start().await;
    let test = server.test().await;
    for address in ["ada@engines.example", "grace@engines.example"] {
        welcomed_lead(&test, address).await;
    }
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    let mail = mails[0].replace("\r\n ", " ");
    for part in [
        "To: \"Ada Lovelace\" <ada@engines.example>\r\n",
        "Subject: Ada, thank you for getting in touch\r\n",
        "List-Unsubscribe: <https://crm.example/u/",
        "\r\nUnsubscribe: https://crm.example/u/",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        "Message-ID: <msg_",
        "1 Example Street",
    ] {
        assert!(mail.contains(part), "{part:?} in {mail}");
    }
    assert_eq!(server.seen.lock().unwrap().conversations, 1, "the line is kept open");
    test.clock.advance(TimeDelta::days(3));
    test.settle().await;
    assert_eq!((server.mails().len(), test.published::<MessageSent>().await.len()), (4, 4));
}

#[tokio::test]
async fn a_server_that_cannot_take_it_now_gets_it_later() {
    // The recipient, the sender, the mail itself; a line that breaks before the mail was under way.
    for mood in [
        Mood::Answer("RCPT", 451),
        Mood::Answer("MAIL", 530),
        Mood::Answer("EHLO", 554),
        Mood::Answer(".", 452),
        Mood::HangUp("MAIL"),
        Mood::HangUp("DATA"),
    ] {
        let server = MailServer::start().await;
        let test = server.test().await;
        server.mood(mood);
        let lead = welcomed_lead(&test, "ada@engines.example").await;
        let message = first_message(&test, lead.id).await;
        assert_eq!(
            (message["state"].as_str(), message["dueAt"].as_str()),
            (Some("QUEUED"), Some("2026-11-23T09:01:00+00:00")),
            "{mood:?}"
        );
        let trouble = message["trouble"].as_str().unwrap();
        assert!(trouble.starts_with("the mail server") && !trouble.contains("ada@"), "{mood:?}: {trouble}");
        test.clock.advance(TimeDelta::minutes(1));
        test.settle().await;
        assert_eq!(first_message(&test, lead.id).await["dueAt"], "2026-11-23T09:03:00+00:00", "{mood:?}");
        server.mood(Mood::Accept);
        test.clock.advance(TimeDelta::minutes(2));
        test.settle().await;
        let message = first_message(&test, lead.id).await;
        assert_eq!(
            (message["state"].as_str(), message["attempts"].as_i64(), &message["trouble"]),
            (Some("SENT"), Some(3), &Value::Null),
            "{mood:?}"
        );
        assert_eq!((server.mails().len(), test.published::<MessageSent>().await.len()), (1, 1), "{mood:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_asked_for_a_day_and_then_no_more() {
    let url = {
        // Free a moment ago, and nobody listens.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("smtp://{}", listener.local_addr().unwrap())
    };
    let test = ServiceTest::configured(SERVICE, |config| config.mail.url = Secret::new(url)).await;
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    assert_eq!(first_message(&test, lead.id).await["trouble"], "the mail server cannot be reached");
    for _ in 0..11 {
        test.clock.advance(TimeDelta::hours(4));
        test.settle().await;
    }
    let message = first_message(&test, lead.id).await;
    assert_eq!((message["state"].as_str(), message["attempts"].as_i64()), (Some("FAILED"), Some(12)));
    assert_eq!(
        enrollment(&test, lead.id).await["why"],
        "stopped: the mail server cannot be reached, for the 12th time"
    );
}

#[tokio::test]
async fn a_mail_refused_for_good_ends_the_enrolment() {
    for mood in [Mood::Answer("RCPT", 550), Mood::Answer(".", 554)] {
        let server = MailServer::start().await;
        let test = server.test().await;
        server.mood(mood);
        let lead = welcomed_lead(&test, "ada@engines.example").await;
        let code = if let Mood::Answer(_, code) = mood { code } else { 0 };
        let enrollment = enrollment(&test, lead.id).await;
        assert_eq!(enrollment["messages"][0]["state"], "FAILED", "{mood:?}");
        assert_eq!(enrollment["why"], format!("stopped: the mail server refused it with code {code}"), "{mood:?}");
        server.mood(Mood::Accept);
        test.clock.advance(TimeDelta::days(9));
        test.settle().await;
        assert!(server.mails().is_empty() && test.published::<MessageSent>().await.is_empty(), "{mood:?}");
        assert_eq!(test.published::<EnrollmentStopped>().await.len(), 1, "{mood:?}");
    }
}

#[tokio::test]
async fn a_line_that_breaks_after_the_mail_leaves_it_uncertain() {
    let server = MailServer::start().await;
    let test = server.test().await;
    server.mood(Mood::HangUp("."));
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    assert_eq!(first_message(&test, lead.id).await["state"], "UNCERTAIN");
    server.mood(Mood::Accept);
    test.clock.advance(TimeDelta::days(9));
    test.settle().await;
    assert!(server.mails().is_empty());
    assert_eq!(first_message(&test, lead.id).await["state"], "UNCERTAIN");
}

#[tokio::test]
async fn a_password_is_told_to_this_machine_or_over_tls_only() {
    let server = MailServer::start().await;
    let test = server.test_as("ada:s%40cret@127.0.0.1").await;
    welcomed_lead(&test, "ada@engines.example").await;
    assert_eq!(server.mails().len(), 1);
    // \0ada\0s@cret in base64
    assert_eq!(server.seen.lock().unwrap().credentials, ["AUTH PLAIN AGFkYQBzQGNyZXQ="]);

    // Another address of this machine, which the service cannot know to be one.
    let server = MailServer::start_on("127.0.0.2").await;
    let test = server.test_as("ada:s%40cret@127.0.0.2").await;
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    let message = first_message(&test, lead.id).await;
    assert_eq!(message["trouble"], "the mail server lacks what the settings ask for");
    let seen = server.seen.lock().unwrap();
    assert!(seen.credentials.is_empty() && seen.mails.is_empty() && seen.conversations == 1);
}
