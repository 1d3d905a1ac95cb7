use chrono::TimeDelta;
use events::{
    cadence::EnrollmentStopped,
    enrichment::Verdict,
    lead::{Lead, LeadMerged, LeadUnmerged, Redirect},
};
use kernel::LeadId;
use pipewright_cadence::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::world::*;

const ENROLL: &str =
    "mutation($id: ID!) { enrollLead(input: { leadId: $id }) { enrollment { id } errors { code field } } }";

/// Merges `other` into `survivor`.
async fn merge(test: &ServiceTest, survivor: &Lead, other: &Lead) {
    let others = vec![Lead { version: 2, ..other.clone() }];
    let current = Lead { version: 2, ..survivor.clone() };
    let redirects = redirect(other.id, Some(survivor.id));
    let merge = test.clock.id();
    test.deliver(&LeadMerged { merge, previous: survivor.clone(), current, others, redirects }).await;
}

fn redirect(from: LeadId, to: Option<LeadId>) -> Vec<Redirect<LeadId>> {
    vec![Redirect { from, to }]
}

on_both_engines!(SERVICE, nobody_is_written_to_twice_after_a_merge);
async fn nobody_is_written_to_twice_after_a_merge(test: ServiceTest) {
    let one = welcomed_lead(&test, "ada@engines.example").await;
    let other = welcomed_lead(&test, "king@engines.example").await;
    merge(&test, &one, &other).await;
    let stopped = enrollment(&test, other.id).await;
    assert_eq!(stopped["why"], "stopped: the lead was merged into another");
    assert_eq!(test.published::<EnrollmentStopped>().await.len(), 1);
    test.clock.advance(TimeDelta::days(4));
    test.settle().await;
    assert_eq!(mails(&test).len(), 3, "two welcomes, and one reminder");
    routed(&test, other.id, "Grace Hopper").await;
    assert_eq!(mails(&test).len(), 3, "a route that comes late");
    let refused = test.graphql(ENROLL, json!({ "id": other.id })).await;
    assert_eq!(refused["enrollLead"]["errors"], json!([{ "code": "NOT_FOUND", "field": "leadId" }]));
}

on_both_engines!(SERVICE, what_a_recipient_said_at_one_address_counts_for_the_person);
async fn what_a_recipient_said_at_one_address_counts_for_the_person(test: ServiceTest) {
    const SUPPRESS: &str = "mutation { suppress(input: { email: \"king@engines.example\", reason: \"she asked us\" }) { errors { code } } }";
    let one = ready_lead(&test, "ada@engines.example").await;
    let other = captured(&test, "king@engines.example").await;
    verified(&test, &other, Verdict::Valid).await;
    test.graphql(SUPPRESS, json!({})).await;
    merge(&test, &one, &other).await;
    let refused = test.graphql(ENROLL, json!({ "id": one.id })).await;
    assert_eq!(refused["enrollLead"]["errors"][0]["code"], "SEND_REFUSED", "{refused}");

    let restored = vec![Lead { version: 3, ..other.clone() }];
    let unmerged =
        LeadUnmerged { merge: test.clock.id(), survivor: one.id, restored, redirects: redirect(other.id, None) };
    test.deliver(&unmerged).await;
    let enrolled = test.graphql(ENROLL, json!({ "id": one.id })).await;
    assert_eq!(enrolled["enrollLead"]["errors"], json!([]), "she is somebody else");
}
