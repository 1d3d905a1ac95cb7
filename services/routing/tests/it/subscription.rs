use std::sync::Arc;

use async_graphql::Variables;
use events::{Event, routing::LeadRouted};
use futures::{StreamExt, future::join};
use kernel::{Access, Actor, BuiltInRole, LeadId};
use pipewright_routing::SERVICE;
use platform::graphql::SubgraphCall;
use serde_json::{Value, json};
use testkit::ServiceTest;

use crate::{enriched, hire};

fn call(actor: Actor) -> SubgraphCall {
    SubgraphCall {
        query: "subscription { leadRouted { lead { id } owner { name } decision { outcome } } }".into(),
        variables: Variables::default(),
        actor: Some(Arc::new(actor)),
        request_id: "test".into(),
        resume_after: None,
    }
}

#[tokio::test]
async fn a_subscriber_hears_of_the_workspaces_own_leads_as_they_are_routed() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let other = test.stranger();
    hire(&test, &["ada"]).await;
    test.deliver_to(other.workspace, &events::identity::UserCreated { current: crate::user(&test, "eve") }).await;
    let mut live = test.service.parts.subgraph.subscribe(call(test.actor.clone()));
    let (foreign, own) = (test.clock.id(), test.clock.id());
    let route = async {
        test.deliver_to(other.workspace, &enriched(foreign, &test)).await;
        test.deliver(&enriched(own, &test)).await;
    };
    let (first, ()) = join(live.next(), route).await;
    let response = serde_json::to_value(first.unwrap().unwrap()).unwrap();
    assert_eq!(
        response,
        json!({ "data": { "leadRouted": { "lead": { "id": own }, "owner": { "name": "ada" }, "decision": { "outcome": "routed" } } },
            "extensions": { "eventId": response["extensions"]["eventId"] } })
    );
    assert!(response["extensions"]["eventId"].as_str().is_some_and(|id| id.starts_with("evt_")), "{response}");
}

#[tokio::test]
async fn a_subscriber_who_may_not_read_is_refused() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let nobody = Actor { permissions: Vec::new(), ..test.actor.clone() };
    let first = test.service.parts.subgraph.subscribe(call(nobody)).next().await.unwrap().unwrap();
    let response = serde_json::to_value(first).unwrap();
    assert_eq!(response["errors"][0]["extensions"]["code"], json!("FORBIDDEN"));
}

#[tokio::test]
async fn a_rep_hears_of_their_own_leads_and_no_others() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let users = hire(&test, &["ada", "bob"]).await;
    let ada = test.user(BuiltInRole::AccountExecutive);
    let access = Access { user: Some(users[0].id), ..ada.access.clone() };
    let mut live = test.service.parts.subgraph.subscribe(call(Actor { access, ..ada }));
    // Of four leads each rep gets two.
    let leads: Vec<LeadId> = (0..4).map(|_| test.clock.id()).collect();
    let route = async {
        for lead in &leads {
            test.deliver(&enriched(*lead, &test)).await;
        }
    };
    let (heard, ()) = join(async { [live.next().await, live.next().await] }, route).await;
    let routed = test.published::<LeadRouted>().await;
    let hers: Vec<Value> =
        routed.iter().filter(|routed| routed.owner.user == users[0].id).map(|r| json!(r.lead)).collect();
    let heard: Vec<Value> = heard
        .into_iter()
        .map(|event| serde_json::to_value(event.unwrap().unwrap()).unwrap()["data"]["leadRouted"]["lead"]["id"].take())
        .collect();
    assert_eq!((heard, routed.len()), (hers, 4));
}

#[tokio::test]
async fn a_rep_who_was_away_hears_what_was_routed_to_them_meanwhile() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let users = hire(&test, &["ada", "bob"]).await;
    let ada = test.user(BuiltInRole::AccountExecutive);
    let access = Access { user: Some(users[0].id), ..ada.access.clone() };
    let ada = Actor { access, ..ada };
    for _ in 0..6 {
        test.deliver(&enriched(test.clock.id(), &test)).await;
    }
    let history = test.service.context.outbox.history(None, 1_000).await.unwrap();
    let routed = history.iter().filter(|event| event.r#type == LeadRouted::TYPE);
    let routed: Vec<_> = routed.map(|event| (event.id, event.payload::<LeadRouted>().unwrap())).collect();
    // Whoever's it was, after any of them one can go on.
    let (after, missed) = (routed[0].0.to_string(), &routed[1..]);
    let resumed = |after: &str| SubgraphCall { resume_after: Some(after.into()), ..call(ada.clone()) };
    let hers: Vec<_> = missed.iter().filter(|(_, routed)| routed.owner.user == users[0].id).collect();
    let heard: Vec<_> = test.service.parts.subgraph.subscribe(resumed(&after)).take(hers.len()).collect().await;
    let heard: Vec<Value> = heard.into_iter().map(|event| serde_json::to_value(event.unwrap()).unwrap()).collect();
    assert!(hers.len() > 1);
    for (event, (id, routed)) in heard.iter().zip(hers) {
        assert_eq!(event["data"]["leadRouted"]["lead"]["id"], json!(routed.lead));
        assert_eq!(event["extensions"]["eventId"], json!(id));
    }
    for unknown in ["nonsense", &test.clock.id::<kernel::EventId>().to_string()] {
        let all: Vec<_> = test.service.parts.subgraph.subscribe(resumed(unknown)).collect().await;
        let refused = serde_json::to_value(all[0].as_ref().unwrap()).unwrap();
        assert_eq!((all.len(), &refused["errors"][0]["extensions"]["code"]), (1, &json!("CANNOT_RESUME")), "{refused}");
    }
}
