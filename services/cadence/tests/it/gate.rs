use chrono::TimeDelta;
use events::{
    cadence::{EnrollmentStopped, MessageSent},
    enrichment::Verdict,
};
use kernel::{Actor, BuiltInRole, Decision, LeadId, SequenceId, id::TypedId};
use pipewright_cadence::{
    SERVICE,
    domain::{
        gate::{self, Rules},
        sequence::{Sequence, Step},
    },
    store,
};
use platform::with_db;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::world::*;

on_both_engines!(SERVICE, an_invalid_address_is_refused_with_the_reason);
on_both_engines!(SERVICE, a_suppressed_address_is_not_written_to);
on_both_engines!(SERVICE, a_suppression_that_is_asked_for_again_is_the_first_one);
on_both_engines!(SERVICE, who_may_not_read_the_suppressions_hears_of_none);
on_both_engines!(SERVICE, a_template_that_cannot_be_filled_in_is_not_sent);
on_both_engines!(SERVICE, two_messages_to_one_address_are_a_day_apart);
on_both_engines!(SERVICE, a_paused_mailbox_holds_everything_back);
on_both_engines!(SERVICE, a_stored_decision_is_taken_the_same_again);

const ENROLL: &str = "mutation($lead: ID!, $sequence: ID) { enrollLead(input: { leadId: $lead, sequenceId: $sequence }) { enrollment { id } errors { code message } } }";

/// A sequence of one step, as an editor of sequences will make them.
async fn sequence(test: &ServiceTest, name: &str, body: &str) -> SequenceId {
    let step = Step { id: test.clock.id(), position: 1, delay_days: 0, subject: "Hello".into(), body: body.into() };
    let (id, workspace) = (test.clock.id(), test.actor.workspace);
    let sequence =
        Sequence { id, workspace, name: name.into(), version: 1, created_at: test.clock.now(), steps: vec![step] };
    let mut tx = test.service.context.db.of(test.actor.workspace).begin().await.unwrap();
    store::sequences::insert(&mut tx, &sequence).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn enroll(test: &ServiceTest, lead: LeadId, sequence: SequenceId) -> serde_json::Value {
    test.graphql(ENROLL, json!({ "lead": lead, "sequence": sequence })).await["enrollLead"].take()
}

async fn an_invalid_address_is_refused_with_the_reason(test: ServiceTest) {
    for (address, verdict, reason) in [
        ("gone@engines.example", Verdict::Invalid, "the address is invalid"),
        ("perhaps@engines.example", Verdict::Unknown, "the address could not be verified"),
    ] {
        let lead = captured(&test, address).await;
        verified(&test, &lead, verdict).await;
        routed(&test, lead.id, "Grace Hopper").await;
        let enrollment = enrollment(&test, lead.id).await;
        assert_eq!(
            (enrollment["state"].as_str(), enrollment["why"].as_str().unwrap()),
            (Some("STOPPED"), format!("stopped: {reason}").as_str())
        );
        let message = &enrollment["messages"][0];
        assert_eq!((message["state"].as_str(), &message["subject"]), (Some("REFUSED"), &json!(null)));
        assert_eq!(
            (message["decision"]["allowed"].as_bool(), &message["decision"]["reasons"]),
            (Some(false), &json!([reason]))
        );
    }
    assert!(mails(&test).is_empty() && test.published::<MessageSent>().await.is_empty());
    assert_eq!(test.published::<EnrollmentStopped>().await.len(), 2);
}

async fn a_suppressed_address_is_not_written_to(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    let suppress = "mutation($email: String!) { suppress(input: { email: $email, reason: \"a customer already\" }) {
        suppression { id email source reason } errors { code field } } }";
    let suppressed =
        test.graphql(suppress, json!({ "email": " ADA@engines.example" })).await["suppress"]["suppression"].take();
    assert_eq!(
        (suppressed["email"].as_str(), suppressed["source"].as_str()),
        (Some("ada@engines.example"), Some("MANUAL"))
    );
    assert_eq!(enrollment(&test, lead.id).await["why"], "stopped: the address is suppressed: a customer already");
    assert_eq!(
        test.graphql(suppress, json!({ "email": "ada@engines.example" })).await["suppress"]["suppression"],
        suppressed
    );
    let invalid = &test.graphql(suppress, json!({ "email": "ada" })).await["suppress"]["errors"][0];
    assert_eq!(invalid, &json!({ "code": "INVALID_EMAIL", "field": "email" }));

    let other = sequence(&test, "Other", "Hi").await;
    let refused = enroll(&test, lead.id, other).await;
    assert_eq!(refused["errors"][0]["message"], "the send gate refuses: the address is suppressed: a customer already");

    // In another workspace the address is nobody's concern.
    let list = test.graphql_as(&test.stranger(), "{ suppressions { edges { node { id } } } }", json!({})).await;
    assert_eq!(list["data"]["suppressions"]["edges"], json!([]));
}

async fn a_template_that_cannot_be_filled_in_is_not_sent(test: ServiceTest) {
    let strict = sequence(&test, "Strict", "Hi {{first_name}}, {{owner_name}} here").await;
    let lead = ready_lead(&test, "ada@engines.example").await;
    let refused = enroll(&test, lead.id, strict).await;
    assert_eq!(
        refused["errors"][0],
        json!({ "code": "SEND_REFUSED", "message": "the send gate refuses: the template has no value for owner_name" })
    );
    assert!(mails(&test).is_empty());
}

async fn two_messages_to_one_address_are_a_day_apart(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    test.clock.advance(TimeDelta::hours(1));
    let other = sequence(&test, "Other", "Hi").await;
    enroll(&test, lead.id, other).await;
    test.settle().await;
    assert_eq!(mails(&test).len(), 1);
    let waiting = enrollments(&test, lead.id).await.remove(0);
    assert_eq!(
        waiting["why"],
        "waiting for step 1 on 2026-11-24 09:00 UTC: another message went to this address less than 24 hours ago"
    );
    test.clock.advance(TimeDelta::hours(23));
    test.settle().await;
    assert_eq!(mails(&test).len(), 2);

    // Due at the same moment, they still leave one after the other.
    let lead = ready_lead(&test, "grace@engines.example").await;
    enroll(&test, lead.id, other).await;
    enroll(&test, lead.id, sequence(&test, "Third", "Hi").await).await;
    test.settle().await;
    assert_eq!(mails(&test).len(), 3);
    test.clock.advance(TimeDelta::hours(24));
    test.settle().await;
    assert_eq!(mails(&test).len(), 4);
}

async fn a_paused_mailbox_holds_everything_back(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    let mailbox = test.graphql("{ mailbox { id address paused } }", json!({})).await["mailbox"].take();
    assert_eq!(
        (mailbox["address"].as_str(), mailbox["paused"].as_bool()),
        (Some("hello@pipewright.example"), Some(false))
    );
    let set = "mutation($id: ID!, $paused: Boolean!) { setMailboxPaused(input: { id: $id, paused: $paused }) { mailbox { paused } errors { code } } }";
    test.graphql(set, json!({ "id": mailbox["id"], "paused": true })).await;
    test.clock.advance(TimeDelta::days(3));
    test.settle().await;
    assert_eq!(mails(&test).len(), 1);
    assert_eq!(
        enrollment(&test, lead.id).await["why"],
        "waiting for step 2 on 2026-11-26 09:15 UTC: the mailbox is paused"
    );
    test.graphql(set, json!({ "id": mailbox["id"], "paused": false })).await;
    test.clock.advance(TimeDelta::minutes(15));
    test.settle().await;
    assert_eq!(mails(&test).len(), 2);
}

async fn a_stored_decision_is_taken_the_same_again(test: ServiceTest) {
    welcomed_lead(&test, "ada@engines.example").await;
    let db = &test.service.context.db;
    let stored: sqlx::types::Json<Decision> = with_db!(db.everywhere(), pool => sqlx::query_scalar("select decision from message where decision is not null").fetch_one(pool).await.unwrap());
    let inputs = serde_json::from_value(stored.inputs.clone()).unwrap();
    let (again, _) = gate::decide(stored.id, stored.subject.parse().unwrap(), &inputs, &Rules::CURRENT);
    assert_eq!(again, stored.0);
    assert_eq!(stored.candidates.len(), 8);
    assert!(!stored.inputs.to_string().contains("engines.example"), "{}", stored.inputs);
    assert!(!stored.id.uuid().is_nil());
}

async fn a_suppression_that_is_asked_for_again_is_the_first_one(test: ServiceTest) {
    let suppress = "mutation($input: SuppressInput!) { suppress(input: $input) {
        suppression { id reason } errors { code field } } }";
    let ask = async |key: &str, reason: &str| {
        let input = json!({ "email": "ada@engines.example", "reason": reason, "idempotencyKey": key });
        test.graphql(suppress, json!({ "input": input })).await["suppress"].take()
    };
    let first = ask("one", "a customer already").await;
    assert_eq!(first["errors"], json!([]));
    assert_eq!(ask("one", "a customer already").await, first);
    let mismatch = json!([{ "code": "IDEMPOTENCY_MISMATCH", "field": "idempotencyKey" }]);
    assert_eq!(ask("one", "she asked us").await["errors"], mismatch);
    // A key that found the address suppressed is used all the same.
    assert_eq!(ask("two", "she asked us").await, first);
    assert_eq!(ask("two", "a customer already").await["errors"], mismatch);
}

async fn who_may_not_read_the_suppressions_hears_of_none(test: ServiceTest) {
    const SUPPRESS: &str = "mutation($input: SuppressInput!) { suppress(input: $input) {
        suppression { id email source reason createdAt } errors { code field } } }";
    const LIST: &str = "{ suppressions { edges { node { id email source reason createdAt } } } }";
    let ask = async |actor: &Actor, address: &str, reason: &str| {
        let input = json!({ "email": address, "reason": reason, "idempotencyKey": address });
        test.graphql_as(actor, SUPPRESS, json!({ "input": input })).await["data"]["suppress"]["suppression"].take()
    };
    let first = ask(&test.actor, "ada@engines.example", "she told us on the phone").await;
    test.clock.advance(TimeDelta::hours(1));

    let rep = test.user(BuiltInRole::AccountExecutive);
    let refused = test.graphql_as(&rep, LIST, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let known = ask(&rep, "ada@engines.example", "a customer already").await;
    let new = ask(&rep, "grace@engines.example", "a customer already").await;
    assert_eq!((&known["email"], &known["reason"]), (&json!("ada@engines.example"), &json!("a customer already")));
    assert_eq!((&known["source"], &known["createdAt"]), (&new["source"], &new["createdAt"]), "as if it were new");
    assert_ne!(known["id"], first["id"]);
    assert_eq!(ask(&rep, "ada@engines.example", "a customer already").await, known);
    assert_eq!(ask(&rep, "grace@engines.example", "a customer already").await, new);

    // The first one stands, and is told to who may read the list.
    let list = test.graphql(LIST, json!({})).await["suppressions"]["edges"].take();
    assert_eq!(list, json!([{ "node": new }, { "node": first }]));
    let manager = test.user(BuiltInRole::Manager);
    assert_eq!(ask(&manager, "ada@engines.example", "a customer already").await, first);
}
