//! What somebody does by hand is told: who did it, and what was before and after.

use chrono::TimeDelta;
use events::{
    Event,
    cadence::{
        AddressSuppressed, Enrollment, EnrollmentPaused, EnrollmentResumed, EnrollmentState, EnrollmentStopped,
        Mailbox, MailboxChanged, Message, MessageResolved, MessageSent, MessageState,
    },
};
use pipewright_cadence::{SERVICE, app::EnrollLead};
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::world::*;

on_both_engines!(SERVICE, a_pause_and_its_end_are_told_with_who_wanted_them);
on_both_engines!(SERVICE, a_suppressed_address_is_told_once_whether_it_stops_anything_or_not);
on_both_engines!(SERVICE, a_mailbox_that_is_paused_and_goes_on_is_told);
on_both_engines!(SERVICE, a_word_on_an_uncertain_message_is_told_whatever_it_is);

/// Never contacted: the tests stop short of it.
const SERVER: &str = "smtp://127.0.0.1:9";

/// Every event of this type, oldest first. Each must be the tester's own.
async fn told<E: Event>(test: &ServiceTest) -> Vec<E> {
    let history = test.service.context.outbox.history(None, 10_000).await.unwrap();
    let told: Vec<_> = history.iter().filter(|envelope| envelope.r#type == E::TYPE).collect();
    for envelope in &told {
        let payload = envelope.payload::<E>().unwrap();
        assert_eq!((&envelope.actor, &envelope.subject), (&test.actor.subject, &payload.subject()), "{}", E::TYPE);
    }
    told.iter().map(|envelope| envelope.payload().unwrap()).collect()
}

async fn a_pause_and_its_end_are_told_with_who_wanted_them(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    let id = enrollment(&test, lead.id).await["id"].clone();
    for change in ["pauseEnrollment", "pauseEnrollment", "resumeEnrollment"] {
        let query = format!("mutation($id: ID!) {{ {change}(input: {{ id: $id }}) {{ errors {{ code }} }} }}");
        test.graphql(&query, json!({ "id": id })).await;
    }
    let paused = told::<EnrollmentPaused>(&test).await;
    let [EnrollmentPaused { previous, current }] = &paused[..] else { panic!("{paused:?}") };
    assert_eq!((json!(previous.id), previous.lead, previous.state), (id, lead.id, EnrollmentState::Active));
    let expected = Enrollment { version: previous.version + 1, state: EnrollmentState::Paused, ..previous.clone() };
    assert_eq!(current, &expected);
    let resumed = told::<EnrollmentResumed>(&test).await;
    let expected = Enrollment { version: current.version + 1, state: EnrollmentState::Active, ..current.clone() };
    assert_eq!(resumed, [EnrollmentResumed { previous: current.clone(), current: expected }]);
}

async fn a_suppressed_address_is_told_once_whether_it_stops_anything_or_not(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    let suppress = "mutation($email: String!) { suppress(input: { email: $email, reason: \"a customer already\" }) {
        suppression { id } errors { code } } }";
    let made = test.graphql(suppress, json!({ "email": lead.email })).await["suppress"]["suppression"]["id"].take();
    test.graphql(suppress, json!({ "email": lead.email })).await;
    let expected = AddressSuppressed {
        suppression: made.as_str().unwrap().parse().unwrap(),
        email: lead.email.clone(),
        reason: "a customer already".to_owned(),
        at: test.clock.now(),
    };
    assert_eq!(told::<AddressSuppressed>(&test).await, [expected]);
    assert_eq!(told::<EnrollmentStopped>(&test).await.len(), 1);
    // Nobody was in a sequence: told all the same.
    test.graphql(suppress, json!({ "email": "nobody@engines.example" })).await;
    assert_eq!(told::<AddressSuppressed>(&test).await.len(), 2);
    assert_eq!(told::<EnrollmentStopped>(&test).await.len(), 1);
}

async fn a_mailbox_that_is_paused_and_goes_on_is_told(test: ServiceTest) {
    welcomed_lead(&test, "ada@engines.example").await;
    let mailbox = test.graphql("{ mailbox { id } }", json!({})).await["mailbox"]["id"].take();
    let set = "mutation($id: ID!, $paused: Boolean!) { setMailboxPaused(input: { id: $id, paused: $paused }) {
        mailbox { paused } errors { code } } }";
    for paused in [false, true, true, false] {
        // Ids of one millisecond follow no order.
        test.clock.advance(TimeDelta::milliseconds(1));
        let answer = test.graphql(set, json!({ "id": mailbox, "paused": paused })).await;
        assert_eq!(answer["setMailboxPaused"], json!({ "mailbox": { "paused": paused }, "errors": [] }));
    }
    let at = |version, paused| Mailbox {
        id: mailbox.as_str().unwrap().parse().unwrap(),
        version,
        address: "hello@pipewright.example".to_owned(),
        paused,
    };
    let expected = [
        MailboxChanged { previous: at(1, false), current: at(2, true) },
        MailboxChanged { previous: at(2, true), current: at(3, false) },
    ];
    assert_eq!(told::<MailboxChanged>(&test).await, expected, "what changed nothing is not told");
}

async fn a_word_on_an_uncertain_message_is_told_whatever_it_is(test: ServiceTest) {
    let resolve = "mutation($id: ID!, $sent: Boolean!) { resolveUncertainMessage(input: { id: $id, wasSent: $sent }) {
        errors { code } } }";
    let lead = ready_lead(&test, "ada@engines.example").await;
    let process = process(&test, SERVER).await;
    let input = EnrollLead { lead: lead.id, sequence: None, idempotency_key: None };
    process.enroll_lead(&test.actor, input).await.unwrap();
    let id = enrollment(&test, lead.id).await["messages"][0]["id"].take();
    let mut at = Vec::new();
    for sent in [false, true] {
        test.clock.advance(TimeDelta::days(2));
        at.push(test.clock.now());
        process.reserve_due().await.unwrap();
        process.recover_all().await.unwrap();
        let answer = test.graphql(resolve, json!({ "id": id, "sent": sent })).await;
        assert_eq!(answer["resolveUncertainMessage"]["errors"], json!([]));
    }
    let resolved = told::<MessageResolved>(&test).await;
    let [again, sent] = &resolved[..] else { panic!("{resolved:?}") };
    assert_eq!((json!(again.previous.id), again.previous.lead), (id, lead.id));
    assert_eq!((again.previous.state, again.previous.attempts), (MessageState::Uncertain, 1));
    let queued = Message { state: MessageState::Queued, due_at: at[0], ..again.previous.clone() };
    assert_eq!(again.current, queued);
    assert_eq!((sent.previous.state, sent.current.state), (MessageState::Uncertain, MessageState::Sent));
    assert_eq!((sent.previous.sent_at, sent.current.sent_at), (None, Some(at[1])), "when it was handed over");
    assert_eq!(told::<MessageSent>(&test).await.len(), 1, "as of any message that is sent");
}
