use std::sync::Arc;

use async_graphql::Variables;
use futures::{StreamExt, future::join};
use kernel::Actor;
use pipewright_routing::SERVICE;
use platform::graphql::SubgraphCall;
use serde_json::json;
use testkit::ServiceTest;

use crate::{enriched, hire};

fn call(actor: Actor) -> SubgraphCall {
    SubgraphCall {
        query: "subscription { leadRouted { lead { id } owner { name } decision { outcome } } }".into(),
        variables: Variables::default(),
        actor: Some(Arc::new(actor)),
        request_id: "test".into(),
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
        json!({ "data": { "leadRouted": { "lead": { "id": own }, "owner": { "name": "ada" }, "decision": { "outcome": "routed" } } } })
    );
}

#[tokio::test]
async fn a_subscriber_who_may_not_read_is_refused() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let nobody = Actor { permissions: Vec::new(), ..test.actor.clone() };
    let first = test.service.parts.subgraph.subscribe(call(nobody)).next().await.unwrap().unwrap();
    let response = serde_json::to_value(first).unwrap();
    assert_eq!(response["errors"][0]["extensions"]["code"], json!("FORBIDDEN"));
}
