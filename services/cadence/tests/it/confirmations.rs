//! Whoever gave an address is asked whether it is theirs.

use chrono::TimeDelta;
use events::{cadence::ConfirmationSent, lead::CaptureConfirmationRequested};
use pipewright_cadence::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::world::{email, mails, process};

fn requested(test: &ServiceTest, address: &str) -> CaptureConfirmationRequested {
    CaptureConfirmationRequested {
        capture: test.clock.id(),
        form: test.clock.id(),
        form_name: "News\r\nBcc: all@engines.example".into(),
        email: email(address),
        url: "https://crm.example/f/confirm/0123456789abcdef0123456789abcdef".into(),
        expires_at: test.clock.now() + TimeDelta::days(7),
    }
}

on_both_engines!(SERVICE, an_address_is_sent_the_link_once);
async fn an_address_is_sent_the_link_once(test: ServiceTest) {
    let asked = requested(&test, "ada@engines.example");
    for _ in 0..2 {
        test.deliver(&asked).await;
    }
    let sent = mails(&test);
    assert_eq!(sent.len(), 1);
    let (head, body) = sent[0].split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains("To: ada@engines.example") && head.contains("Subject: Please confirm your address"),
        "{head}"
    );
    assert!(!head.contains("List-Unsubscribe") && !head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    assert!(body.contains(&asked.url), "{body}");
    let told = test.published::<ConfirmationSent>().await;
    assert_eq!((told.len(), told[0].capture), (1, asked.capture));
}

on_both_engines!(SERVICE, nobody_fills_the_mailbox_of_somebody_else);
async fn nobody_fills_the_mailbox_of_somebody_else(test: ServiceTest) {
    for _ in 0..5 {
        test.deliver(&requested(&test, "ada@engines.example")).await;
    }
    assert_eq!(mails(&test).len(), 3, "in a day");
    test.clock.advance(TimeDelta::days(2));
    test.deliver(&requested(&test, "ada@engines.example")).await;
    assert_eq!(mails(&test).len(), 4);
}

on_both_engines!(SERVICE, one_mailbox_under_many_names_is_one);
async fn one_mailbox_under_many_names_is_one(test: ServiceTest) {
    for address in ["a@d.example", "a+1@d.example", "a+2@d.example", "a+3@d.example", "a@d.example"] {
        test.deliver(&requested(&test, address)).await;
    }
    assert_eq!(mails(&test).len(), 3);
    test.deliver(&requested(&test, "ab@d.example")).await;
    assert_eq!(mails(&test).len(), 4, "another mailbox");
}

on_both_engines!(SERVICE, what_was_not_sent_holds_nothing_up);
async fn what_was_not_sent_holds_nothing_up(test: ServiceTest) {
    for (hours, sent) in [(0, 3), (12, 3), (13, 6)] {
        test.clock.advance(TimeDelta::hours(hours));
        for _ in 0..5 {
            test.deliver(&requested(&test, "ada@engines.example")).await;
        }
        assert_eq!(mails(&test).len(), sent, "after {hours} hours more");
    }
}

on_both_engines!(SERVICE, who_must_not_be_written_to_is_not_asked);
async fn who_must_not_be_written_to_is_not_asked(test: ServiceTest) {
    let suppress =
        "mutation { suppress(input: { email: \"no@engines.example\", reason: \"a customer\" }) { errors { code } } }";
    test.graphql(suppress, json!({})).await;
    test.deliver(&requested(&test, "no@engines.example")).await;
    let late = CaptureConfirmationRequested { expires_at: test.clock.now(), ..requested(&test, "ada@engines.example") };
    test.deliver(&late).await;
    assert!(mails(&test).is_empty());
}

#[tokio::test]
async fn what_the_mail_server_did_not_take_is_sent_later() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let asked = requested(&test, "ada@engines.example");
    // Heard by a process whose mail server is away.
    let away = process(&test, "smtp://127.0.0.1:1").await;
    let actor = kernel::Actor::system(test.actor.workspace, "lead");
    let envelope = events::Envelope::wrap("lead", test.clock.id(), test.clock.now(), &actor, None, &asked).unwrap();
    let mut tx = test.service.context.db.of(test.actor.workspace).begin().await.unwrap();
    let reacts = pipewright_cadence::app::Reacts(away.clone());
    platform::EventHandler::handle(&reacts, &mut tx, &envelope).await.unwrap();
    tx.commit().await.unwrap();
    assert!(away.send_confirmations().await.unwrap());
    test.settle().await;
    assert!(mails(&test).is_empty(), "it is not due yet");
    test.clock.advance(TimeDelta::minutes(2));
    test.settle().await;
    assert_eq!(mails(&test).len(), 1);
}
