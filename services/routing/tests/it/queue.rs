use chrono::TimeDelta;
use events::{
    identity::{User, UserUpdated},
    lead::{Lead, LeadMerged, LeadStatus, LeadUnmerged, Redirect},
    routing::{LeadRouted, LeadUnrouted},
};
use kernel::{EmailAddress, LeadId};
use pipewright_routing::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::{enrich, enrich_many, enriched, enrichments, hire, owners, routing_of, tick, update_rep};

on_both_engines!(SERVICE, without_reps_a_lead_waits_and_the_first_rep_takes_it);
async fn without_reps_a_lead_waits_and_the_first_rep_takes_it(test: ServiceTest) {
    let lead = enrich(&test).await;
    test.deliver(&enriched(lead, &test)).await;
    let waiting = routing_of(&test, lead).await;
    assert_eq!(
        (&waiting["state"], &waiting["owner"], &waiting["routedAt"]),
        (&json!("UNROUTED"), &json!(null), &json!(null))
    );
    assert_eq!(waiting["decision"]["reason"], json!("the pool has no reps"));
    let unrouted = test.published::<LeadUnrouted>().await;
    assert_eq!((unrouted.len(), unrouted[0].lead, unrouted[0].reason.as_str()), (1, lead, "the pool has no reps"));

    tick(&test);
    hire(&test, &["ada"]).await;
    let routing = routing_of(&test, lead).await;
    assert_eq!((&routing["state"], &routing["owner"]["name"]), (&json!("ROUTED"), &json!("ada")));
    let query = "query ($id: ID!) { routingDecisions(leadId: $id) { edges { node { outcome } } } }";
    let history = test.graphql(query, json!({ "id": lead })).await;
    assert_eq!(
        history["routingDecisions"]["edges"],
        json!([{ "node": { "outcome": "routed" } }, { "node": { "outcome": "unrouted" } }])
    );
}

/// The survivor takes the other lead in.
fn merged(test: &ServiceTest, survivor: LeadId, away: LeadId) -> LeadMerged {
    let current = Lead {
        id: survivor,
        version: 2,
        email: EmailAddress::parse("ada@engines.example").unwrap(),
        first_name: None,
        last_name: None,
        title: None,
        company: None,
        company_domain: None,
        phone: None,
        country: None,
        employees: None,
        source: "test".into(),
        status: LeadStatus::New,
        account: None,
        created_at: test.clock.now(),
    };
    let redirects = vec![Redirect { from: away, to: Some(survivor) }];
    LeadMerged { merge: test.clock.id(), previous: current.clone(), current, others: Vec::new(), redirects }
}

/// The two are themselves again.
fn unmerged(test: &ServiceTest, survivor: LeadId, away: LeadId) -> LeadUnmerged {
    let redirects = vec![Redirect { from: away, to: None }];
    LeadUnmerged { merge: test.clock.id(), survivor, restored: Vec::new(), redirects }
}

on_both_engines!(SERVICE, a_waiting_lead_that_is_merged_away_is_given_to_nobody);
async fn a_waiting_lead_that_is_merged_away_is_given_to_nobody(test: ServiceTest) {
    let (survivor, away) = (enrich(&test).await, enrich(&test).await);
    tick(&test);
    test.deliver(&merged(&test, survivor, away)).await;
    hire(&test, &["ada"]).await;
    test.settle().await;
    assert_eq!(routing_of(&test, survivor).await["state"], "ROUTED");
    assert_eq!(routing_of(&test, away).await["state"], "UNROUTED");
    tick(&test);
    test.deliver(&unmerged(&test, survivor, away)).await;
    test.settle().await;
    assert_eq!(routing_of(&test, away).await["state"], "ROUTED");
}

on_both_engines!(SERVICE, a_lead_that_is_enriched_after_it_was_merged_away_waits_until_it_is_itself_again);
async fn a_lead_that_is_enriched_after_it_was_merged_away_waits_until_it_is_itself_again(test: ServiceTest) {
    const ROUTE: &str =
        "mutation ($id: ID!) { routeLead(input: { leadId: $id }) { decision { id } errors { code field } } }";
    const REPLAY: &str = "query ($id: ID!) { replayRouting(decisionId: $id) { agrees } }";
    hire(&test, &["ada"]).await;
    let (survivor, away): (LeadId, LeadId) = (enrich(&test).await, test.clock.id());
    tick(&test);
    test.deliver(&merged(&test, survivor, away)).await;
    test.deliver(&enriched(away, &test)).await;
    assert_eq!(owners(&test).await, ["ada"], "the survivor alone is given to anybody");
    let waiting = routing_of(&test, away).await;
    assert_eq!(
        (&waiting["state"], &waiting["decision"]["reason"]),
        (&json!("UNROUTED"), &json!("another lead stands for it"))
    );
    let replayed = test.graphql(REPLAY, json!({ "id": waiting["decision"]["id"] })).await;
    assert_eq!(replayed["replayRouting"]["agrees"], json!(true));
    let by_hand = test.graphql(ROUTE, json!({ "id": away })).await["routeLead"].take();
    assert_eq!(by_hand, json!({ "decision": null, "errors": [{ "code": "NOT_FOUND", "field": "leadId" }] }));
    tick(&test);
    test.deliver(&unmerged(&test, survivor, away)).await;
    test.settle().await;
    assert_eq!(routing_of(&test, away).await["owner"]["name"], "ada");
}

on_both_engines!(SERVICE, a_long_queue_is_worked_off_to_its_end);
async fn a_long_queue_is_worked_off_to_its_end(test: ServiceTest) {
    test.deliver_envelopes(&enrichments(&test, 250)).await;
    assert_eq!(test.published::<LeadUnrouted>().await.len(), 250);
    hire(&test, &["ada", "bob"]).await;
    let owners = owners(&test).await;
    let of_ada = owners.iter().filter(|name| *name == "ada").count();
    assert_eq!((owners.len(), test.published::<LeadUnrouted>().await.len()), (250, 250));
    assert_eq!(of_ada, 250, "bob came when all was done");
}

on_both_engines!(SERVICE, the_longest_waiting_lead_comes_first);
async fn the_longest_waiting_lead_comes_first(test: ServiceTest) {
    let leads = enrich_many(&test, 4).await;
    hire(&test, &["ada"]).await;
    update_rep(&test, "ada", json!({ "active": false })).await;
    let late = enrich_many(&test, 2).await;
    update_rep(&test, "ada", json!({ "active": true })).await;
    let mut routed: Vec<_> = test.published::<LeadRouted>().await.into_iter().map(|routed| routed.lead).collect();
    // The fixed clock gives a batch ids in no order.
    routed[..4].sort_unstable();
    routed[4..].sort_unstable();
    assert_eq!(routed, [leads, late].concat());
}

on_both_engines!(SERVICE, a_rep_at_the_daily_cap_takes_the_rest_the_next_day);
async fn a_rep_at_the_daily_cap_takes_the_rest_the_next_day(test: ServiceTest) {
    hire(&test, &["ada"]).await;
    update_rep(&test, "ada", json!({ "dailyCap": 2 })).await;
    let leads = enrich_many(&test, 5).await;
    let waiting = routing_of(&test, leads[2]).await;
    assert_eq!(waiting["decision"]["candidates"][0]["rejectedBecause"], json!("has taken 2 of 2 leads today"));
    assert_eq!((owners(&test).await.len(), test.published::<LeadUnrouted>().await.len()), (2, 3));
    for routed in [4, 5, 5] {
        test.clock.advance(TimeDelta::days(1));
        test.settle().await;
        assert_eq!(owners(&test).await.len(), routed);
    }
    assert_eq!(test.published::<LeadUnrouted>().await.len(), 3, "looking again is no news");
}

on_both_engines!(SERVICE, a_rep_whose_user_returns_takes_what_waits);
async fn a_rep_whose_user_returns_takes_what_waits(test: ServiceTest) {
    let ada = hire(&test, &["ada"]).await.remove(0);
    let away = User { version: 2, active: false, ..ada.clone() };
    test.deliver(&UserUpdated { previous: ada.clone(), current: away.clone() }).await;
    let lead = enrich(&test).await;
    assert_eq!(
        routing_of(&test, lead).await["decision"]["reason"],
        json!("the pool's only rep cannot take a lead now")
    );
    test.deliver(&UserUpdated { previous: away, current: User { version: 3, ..ada } }).await;
    assert_eq!(routing_of(&test, lead).await["owner"]["name"], json!("ada"));
}

#[tokio::test]
async fn a_queue_does_not_reach_into_another_workspace() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let other = test.stranger();
    let lead = test.clock.id();
    test.deliver_to(other.workspace, &enriched(lead, &test)).await;
    hire(&test, &["ada"]).await;
    assert!(owners(&test).await.is_empty());
    assert_eq!(routing_of(&test, lead).await, json!(null));
}
