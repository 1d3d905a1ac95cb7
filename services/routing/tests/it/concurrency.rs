//! Several processes on one PostgreSQL: what the row locks are for.

use std::collections::HashMap;

use events::{
    Envelope,
    identity::{User, UserUpdated},
};
use futures::future::join_all;
use kernel::RepId;
use pipewright_routing::{
    SERVICE,
    app::{App, RouteLead},
    store,
};
use platform::{EventHandler, HandleError};
use serde_json::json;
use testkit::ServiceTest;

use crate::{enrich_many, enriched, enrichments, envelope, hire, owners, rep_id};

fn app(test: &ServiceTest) -> App {
    let context = test.service.context.clone();
    App { db: context.db, outbox: context.outbox, bus: context.bus, clock: context.clock }
}

/// Handles one event in a transaction of its own, as another process would.
async fn handle(app: &App, event: &Envelope) -> Result<(), HandleError> {
    let mut tx = app.db.of(event.workspace).begin().await?;
    app.handle(&mut tx, event).await?;
    Ok(app.outbox.commit(tx).await?)
}

async fn counts(test: &ServiceTest) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for name in owners(test).await {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_routed_at_once_are_shared_as_evenly_as_one_after_the_other() {
    let test = ServiceTest::postgres(SERVICE).await;
    hire(&test, &["a", "b", "c"]).await;
    let app = app(&test);
    let events = enrichments(&test, 60);
    for outcome in join_all(events.iter().map(|event| handle(&app, event))).await {
        outcome.unwrap();
    }
    assert_eq!(counts(&test).await, HashMap::from([("a".to_owned(), 20), ("b".to_owned(), 20), ("c".to_owned(), 20)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_enriched_twice_at_once_has_one_decision() {
    for names in [&["a", "b"][..], &[]] {
        let test = ServiceTest::postgres(SERVICE).await;
        hire(&test, names).await;
        let app = app(&test);
        let lead = test.clock.id();
        let events: Vec<_> = (0..8).map(|_| envelope(&test, &enriched(lead, &test))).collect();
        let outcomes = join_all(events.iter().map(|event| handle(&app, event))).await;
        assert!(outcomes.iter().any(Result::is_ok));
        // Who came second is told to try again, and then finds the decision.
        for event in &events {
            handle(&app, event).await.unwrap();
        }
        let query = "query ($id: ID!) { routingDecisions(leadId: $id) { edges { node { id } } } }";
        let decisions = test.graphql(query, json!({ "id": lead })).await;
        assert_eq!(decisions["routingDecisions"]["edges"].as_array().unwrap().len(), 1, "{names:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn routing_and_changing_reps_at_once_neither_deadlock_nor_lose_anything() {
    let test = ServiceTest::postgres(SERVICE).await;
    let users = hire(&test, &["a", "b", "c"]).await;
    let leads = enrich_many(&test, 12).await;
    let app = app(&test);
    let id: RepId = rep_id(&test, "b").await.parse().unwrap();
    let renamed: Vec<_> = (2..14)
        .map(|version| User { version, name: format!("c{version}"), ..users[2].clone() })
        .map(|current| envelope(&test, &UserUpdated { previous: users[2].clone(), current }))
        .collect();
    let by_hand =
        join_all(leads.iter().map(|&lead| app.route_lead(&test.actor, RouteLead { lead, idempotency_key: None })));
    let by_event = join_all(renamed.iter().map(|event| handle(&app, event)));
    let weights = join_all((1..13).map(|weight| {
        let change = pipewright_routing::app::UpdateRep {
            id,
            active: None,
            weight: Some(weight),
            daily_cap: None,
            version: None,
        };
        app.update_rep(&test.actor, change)
    }));
    let (by_hand, by_event, weights) = futures::join!(by_hand, by_event, weights);
    assert!(by_hand.iter().all(Result::is_ok), "{by_hand:?}");
    assert!(by_event.iter().all(Result::is_ok), "{by_event:?}");
    assert!(weights.iter().all(Result::is_ok), "{weights:?}");
    let assigned = store::assignments::by_leads(&app.db, &test.actor, &leads).await.unwrap();
    assert_eq!(assigned.len(), 12);
    assert_eq!(owners(&test).await.len(), 24);
}
