//! Real conversations with a mail server that can be told to misbehave.

use chrono::TimeDelta;
use events::cadence::{EnrollmentStopped, MessageSent};
use pipewright_cadence::SERVICE;
use platform::config::Secret;
use serde_json::Value;
use testkit::{MailServer, Mood, ServiceTest};
use tokio::net::TcpListener;

use crate::world::*;

async fn test_with(server: &MailServer) -> ServiceTest {
    test_as(server, "127.0.0.1").await
}

async fn test_as(server: &MailServer, host: &str) -> ServiceTest {
    let url = format!("smtp://{host}:{}", server.port());
    ServiceTest::configured(SERVICE, |config| {
        config.mail.url = Secret::new(url);
        config.mail.public_url = "https://crm.example".into();
    })
    .await
}

async fn first_message(test: &ServiceTest, lead: kernel::LeadId) -> Value {
    enrollment(test, lead).await["messages"][0].take()
}

#[tokio::test]
async fn a_server_gets_one_mail_per_step_with_everything_in_it() {
    let server = MailServer::start().await;
    let test = test_with(&server).await;
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
    assert_eq!(server.conversations(), 1, "the line is kept open");
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
        let test = test_with(&server).await;
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
        let test = test_with(&server).await;
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
    let test = test_with(&server).await;
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
    let test = test_as(&server, "ada:s%40cret@127.0.0.1").await;
    welcomed_lead(&test, "ada@engines.example").await;
    assert_eq!(server.mails().len(), 1);
    // \0ada\0s@cret in base64
    assert_eq!(server.credentials(), ["AUTH PLAIN AGFkYQBzQGNyZXQ="]);

    // Another address of this machine, which the service cannot know to be one.
    let server = MailServer::start_on("127.0.0.2").await;
    let test = test_as(&server, "ada:s%40cret@127.0.0.2").await;
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    let message = first_message(&test, lead.id).await;
    assert_eq!(message["trouble"], "the mail server lacks what the settings ask for");
    assert!(server.credentials().is_empty() && server.mails().is_empty() && server.conversations() == 1);
}
