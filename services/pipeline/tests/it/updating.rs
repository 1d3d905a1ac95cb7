use events::pipeline::{OpportunityStageChanged, OpportunityUpdated};
use pipewright_pipeline::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::world::{UPDATE, move_to, opportunity, stage};

async fn update(test: &ServiceTest, input: Value) -> Value {
    test.graphql(UPDATE, json!({ "input": input })).await["updateOpportunity"].take()
}

on_both_engines!(SERVICE, name_and_amount_change_and_what_is_left_out_stays);
async fn name_and_amount_change_and_what_is_left_out_stays(test: ServiceTest) {
    let id = opportunity(&test).await;
    let payload = update(&test, json!({ "id": id, "amount": { "minor": 1_005, "currency": "USD" } })).await;
    let weighted = json!({ "minor": 100, "currency": "USD" });
    let amount = json!({ "minor": 1_005, "currency": "USD" });
    assert_eq!(
        payload["opportunity"],
        json!({ "id": id, "version": 2, "name": "Engines", "amount": amount, "weightedAmount": weighted })
    );
    let payload = update(&test, json!({ "id": id, "name": "More engines", "version": 2 })).await;
    assert_eq!(
        payload["opportunity"],
        json!({ "id": id, "version": 3, "name": "More engines", "amount": amount, "weightedAmount": weighted })
    );

    let published = test.published::<OpportunityUpdated>().await;
    let names: Vec<_> =
        published.iter().map(|event| (event.previous.name.as_str(), event.current.name.as_str())).collect();
    assert_eq!(names, [("Engines", "Engines"), ("Engines", "More engines")]);
    assert_eq!(published[1].current.stage_name, "Discovery");
}

on_both_engines!(SERVICE, an_update_that_changes_nothing_makes_no_version);
async fn an_update_that_changes_nothing_makes_no_version(test: ServiceTest) {
    let id = opportunity(&test).await;
    assert_eq!(update(&test, json!({ "id": id, "name": "Engines" })).await["opportunity"]["version"], 1);
    assert_eq!(test.published::<OpportunityUpdated>().await, []);
}

on_both_engines!(SERVICE, an_update_based_on_an_old_version_is_a_conflict);
async fn an_update_based_on_an_old_version_is_a_conflict(test: ServiceTest) {
    let id = opportunity(&test).await;
    update(&test, json!({ "id": id, "name": "Theirs" })).await;
    let payload = update(&test, json!({ "id": id, "name": "Mine", "version": 1 })).await;
    assert_eq!(payload["errors"][0]["code"], "CONFLICT");
    assert_eq!(test.published::<OpportunityUpdated>().await.len(), 1);
}

on_both_engines!(SERVICE, versions_of_updates_and_moves_are_one_row);
async fn versions_of_updates_and_moves_are_one_row(test: ServiceTest) {
    let id = opportunity(&test).await;
    update(&test, json!({ "id": id, "name": "More engines" })).await;
    let payload = move_to(&test, id, &stage(&test, "Qualification").await).await;
    assert_eq!(payload["opportunity"]["version"], 3);
    let [moved] = &test.published::<OpportunityStageChanged>().await[..] else { panic!("one move") };
    assert_eq!((moved.previous.version, moved.current.version), (2, 3));
}

on_both_engines!(SERVICE, null_takes_an_amount_away);
async fn null_takes_an_amount_away(test: ServiceTest) {
    let id = opportunity(&test).await;
    update(&test, json!({ "id": id, "amount": { "minor": 1_005, "currency": "USD" } })).await;
    let payload = update(&test, json!({ "id": id, "amount": null })).await;
    assert_eq!((&payload["opportunity"]["amount"], &payload["opportunity"]["version"]), (&Value::Null, &json!(3)));
}

on_both_engines!(SERVICE, a_name_may_be_left_out_and_not_be_emptied);
async fn a_name_may_be_left_out_and_not_be_emptied(test: ServiceTest) {
    let id = opportunity(&test).await;
    let payload = update(&test, json!({ "id": id, "name": null })).await;
    let error = &payload["errors"][0];
    assert_eq!((&error["code"], &error["field"]), (&json!("REQUIRED"), &json!("name")));
}
