use events::pipeline::{OpportunityCreated, OpportunityState};
use kernel::{AccountId, Currency, Money, Permission, PipelineId, StageId};
use pipewright_pipeline::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines, start_of_test};

use crate::world::{CREATE, account, contact, create, opportunity, stage};

on_both_engines!(SERVICE, an_opportunity_opens_in_the_first_stage_of_the_default_pipeline);
async fn an_opportunity_opens_in_the_first_stage_of_the_default_pipeline(test: ServiceTest) {
    let account = account(&test).await;
    let contact = contact(&test, account).await;
    let input = json!({
        "name": " Engines ", "accountId": account, "contactId": contact, "amount": { "minor": 1_250_000, "currency": "EUR" },
    });
    let payload = create(&test, input).await;
    let now = start_of_test();
    let opportunity = &payload["opportunity"];
    assert_eq!(
        *opportunity,
        json!({
            "id": opportunity["id"], "version": 1, "name": "Engines", "state": "OPEN",
            "createdAt": now.to_rfc3339(), "closedAt": null,
            "account": { "id": account }, "contact": { "id": contact },
            "amount": { "minor": 1_250_000, "currency": "EUR" },
            "stage": { "id": opportunity["stage"]["id"], "name": "Discovery", "position": 1, "probability": 10, "state": "OPEN" },
            "pipeline": { "id": opportunity["pipeline"]["id"], "name": "New business" },
            "stageHistory": [{ "stage": { "name": "Discovery" }, "enteredAt": now.to_rfc3339(), "by": "tester" }],
        })
    );
    assert_eq!(payload["errors"], json!([]));

    let published = test.published::<OpportunityCreated>().await;
    let [OpportunityCreated { current }] = &published[..] else { panic!("{published:?}") };
    assert_eq!(json!(current.id), opportunity["id"]);
    assert_eq!((current.version, current.account, current.contact), (1, account, Some(contact)));
    assert_eq!((current.stage_name.as_str(), current.state), ("Discovery", OpportunityState::Open));
    assert_eq!(current.amount, Some(Money { minor: 1_250_000, currency: Currency::EUR }));
}

on_both_engines!(SERVICE, an_opportunity_may_open_in_a_later_stage_and_even_closed);
async fn an_opportunity_may_open_in_a_later_stage_and_even_closed(test: ServiceTest) {
    let account = account(&test).await;
    let input = json!({ "name": "Engines", "accountId": account, "stageId": stage(&test, "Closed Won").await });
    let opportunity = &create(&test, input).await["opportunity"];
    assert_eq!(opportunity["state"], "WON");
    assert_eq!(opportunity["closedAt"], json!(start_of_test().to_rfc3339()));
}

on_both_engines!(SERVICE, what_does_not_exist_is_named_by_its_field);
async fn what_does_not_exist_is_named_by_its_field(test: ServiceTest) {
    let account = account(&test).await;
    let unknown: (AccountId, kernel::ContactId, PipelineId, StageId) =
        (test.clock.id(), test.clock.id(), test.clock.id(), test.clock.id());
    for (field, input) in [
        ("accountId", json!({ "name": "Engines", "accountId": unknown.0 })),
        ("contactId", json!({ "name": "Engines", "accountId": account, "contactId": unknown.1 })),
        ("pipelineId", json!({ "name": "Engines", "accountId": account, "pipelineId": unknown.2 })),
        ("stageId", json!({ "name": "Engines", "accountId": account, "stageId": unknown.3 })),
    ] {
        let payload = create(&test, input).await;
        assert_eq!(payload["opportunity"], json!(null));
        assert_eq!(
            (&payload["errors"][0]["code"], &payload["errors"][0]["field"]),
            (&json!("NOT_FOUND"), &json!(field))
        );
    }
    assert_eq!(test.published::<OpportunityCreated>().await, []);
}

#[tokio::test]
async fn a_value_that_breaks_a_rule_is_refused_with_its_field() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let account = account(&test).await;
    for (code, field, change) in [
        ("REQUIRED", "name", json!({ "name": " " })),
        ("TOO_LONG", "name", json!({ "name": "x".repeat(501) })),
        ("INVALID_INPUT", "amount.currency", json!({ "amount": { "minor": 1, "currency": "euro" } })),
        ("INVALID_INPUT", "amount.minor", json!({ "amount": { "minor": -1, "currency": "EUR" } })),
        (
            "INVALID_INPUT",
            "amount.minor",
            json!({ "amount": { "minor": 1_000_000_000_000_001_i64, "currency": "EUR" } }),
        ),
        ("INVALID_INPUT", "idempotencyKey", json!({ "idempotencyKey": "" })),
        ("INVALID_INPUT", "idempotencyKey", json!({ "idempotencyKey": "x".repeat(201) })),
    ] {
        let mut input = json!({ "name": "Engines", "accountId": account });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let errors = &create(&test, input).await["errors"];
        assert_eq!((&errors[0]["code"], &errors[0]["field"]), (&json!(code), &json!(field)));
    }
}

on_both_engines!(SERVICE, another_workspace_has_neither_the_account_nor_the_opportunity_nor_the_stages);
async fn another_workspace_has_neither_the_account_nor_the_opportunity_nor_the_stages(test: ServiceTest) {
    let account = account(&test).await;
    let opportunity = opportunity(&test).await;
    let stage = stage(&test, "Proposal").await;
    let stranger = test.stranger();

    let input = json!({ "name": "Engines", "accountId": account });
    let answer = test.graphql_as(&stranger, CREATE, json!({ "input": input })).await;
    assert_eq!(answer["data"]["createOpportunity"]["errors"][0]["field"], "accountId");

    let input = json!({ "id": opportunity, "stageId": stage });
    let answer = test.graphql_as(&stranger, crate::world::MOVE, json!({ "input": input })).await;
    assert_eq!(answer["data"]["moveOpportunity"]["errors"][0]["code"], "NOT_FOUND");

    let input = json!({ "id": opportunity, "name": "Mine" });
    let answer = test.graphql_as(&stranger, crate::world::UPDATE, json!({ "input": input })).await;
    assert_eq!(answer["data"]["updateOpportunity"]["errors"][0]["code"], "NOT_FOUND");

    let query = "query($id: ID!) { opportunity(id: $id) { id } opportunities { totalCount edges { node { id } } } }";
    let answer = test.graphql_as(&stranger, query, json!({ "id": opportunity })).await;
    assert_eq!(answer["data"], json!({ "opportunity": null, "opportunities": { "totalCount": 0, "edges": [] } }));
}

#[tokio::test]
async fn an_actor_without_the_permission_is_refused() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let account = account(&test).await;
    let reader = kernel::Actor { permissions: vec![Permission::Read], ..test.actor.clone() };
    let input = json!({ "name": "Engines", "accountId": account });
    let answer = test.graphql_as(&reader, CREATE, json!({ "input": input })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");

    let nobody = kernel::Actor { permissions: Vec::new(), ..test.actor.clone() };
    for query in [
        "{ opportunities { totalCount } }".to_owned(),
        "{ pipelines { edges { cursor } } }".to_owned(),
        format!("{{ opportunity(id: \"{}\") {{ id }} }}", test.clock.id::<kernel::OpportunityId>()),
        format!(
            "{{ _entities(representations: [{{ __typename: \"Account\", id: \"{account}\" }}]) {{ ... on Account {{ opportunities {{ totalCount }} }} }} }}"
        ),
    ] {
        let answer = test.graphql_as(&nobody, &query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{query}");
    }
}
