use chrono::TimeDelta;
use events::pipeline::{OpportunityStageChanged, OpportunityState};
use pipewright_pipeline::{SERVICE, app::App, domain::pipeline::Pipeline};
use platform::service::Service;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines, start_of_test};

use crate::world::{MOVE, move_to, opportunity, stage};

on_both_engines!(SERVICE, an_opportunity_moves_and_its_history_tells_of_it);
async fn an_opportunity_moves_and_its_history_tells_of_it(test: ServiceTest) {
    let id = opportunity(&test).await;
    test.clock.advance(TimeDelta::days(2));
    let payload = move_to(&test, id, &stage(&test, "Proposal").await).await;
    test.clock.advance(TimeDelta::days(3));
    let payload_of_win = move_to(&test, id, &stage(&test, "Closed Won").await).await;

    let (proposed, won) = (start_of_test() + TimeDelta::days(2), start_of_test() + TimeDelta::days(5));
    let moved = &payload["opportunity"];
    assert_eq!((&moved["version"], &moved["state"], &moved["closedAt"]), (&json!(2), &json!("OPEN"), &json!(null)));
    let moved = &payload_of_win["opportunity"];
    assert_eq!((&moved["version"], &moved["state"]), (&json!(3), &json!("WON")));
    assert_eq!(moved["closedAt"], json!(won.to_rfc3339()));
    assert_eq!(
        moved["stageHistory"],
        json!([
            { "stage": { "name": "Discovery" }, "enteredAt": start_of_test().to_rfc3339(), "by": "tester" },
            { "stage": { "name": "Proposal" }, "enteredAt": proposed.to_rfc3339(), "by": "tester" },
            { "stage": { "name": "Closed Won" }, "enteredAt": won.to_rfc3339(), "by": "tester" },
        ])
    );

    let published = test.published::<OpportunityStageChanged>().await;
    let [first, second] = &published[..] else { panic!("{published:?}") };
    assert_eq!((first.previous.stage_name.as_str(), first.current.stage_name.as_str()), ("Discovery", "Proposal"));
    assert_eq!((first.previous.version, first.current.version), (1, 2));
    assert_eq!((second.previous.state, second.current.state), (OpportunityState::Open, OpportunityState::Won));
}

on_both_engines!(SERVICE, a_closed_opportunity_cannot_move);
async fn a_closed_opportunity_cannot_move(test: ServiceTest) {
    for closing in ["Closed Won", "Closed Lost"] {
        let id = opportunity(&test).await;
        move_to(&test, id, &stage(&test, closing).await).await;
        let payload = move_to(&test, id, &stage(&test, "Negotiation").await).await;
        assert_eq!(payload["opportunity"], json!(null));
        assert_eq!(payload["errors"][0]["code"], "OPPORTUNITY_CLOSED");
    }
    assert_eq!(test.published::<OpportunityStageChanged>().await.len(), 2);
}

on_both_engines!(SERVICE, a_move_to_where_it_stands_changes_nothing);
async fn a_move_to_where_it_stands_changes_nothing(test: ServiceTest) {
    let id = opportunity(&test).await;
    test.clock.advance(TimeDelta::days(1));
    let payload = move_to(&test, id, &stage(&test, "Discovery").await).await;
    assert_eq!(payload["errors"], json!([]));
    assert_eq!(payload["opportunity"]["version"], 1);
    assert_eq!(payload["opportunity"]["updatedAt"], json!(start_of_test().to_rfc3339()));
    assert_eq!(payload["opportunity"]["stageHistory"].as_array().unwrap().len(), 1);
    assert_eq!(test.published::<OpportunityStageChanged>().await, []);
}

on_both_engines!(SERVICE, a_stage_of_another_pipeline_is_refused);
async fn a_stage_of_another_pipeline_is_refused(test: ServiceTest) {
    let id = opportunity(&test).await;
    let other = second_pipeline(&test.service, &test).await;
    let payload = move_to(&test, id, &json!(other.stages[1].id)).await;
    assert_eq!(payload["errors"][0]["code"], "INVALID_INPUT");
    assert_eq!(payload["errors"][0]["field"], "stageId");

    let account = crate::world::account(&test).await;
    let own = test.graphql("query($id: ID!) { opportunity(id: $id) { pipeline { id } } }", json!({ "id": id })).await;
    let mismatch = json!({
        "name": "Engines", "accountId": account, "pipelineId": own["opportunity"]["pipeline"]["id"], "stageId": other.stages[1].id,
    });
    assert_eq!(crate::world::create(&test, mismatch).await["errors"][0]["field"], "stageId");

    let fitting = json!({ "name": "Engines", "accountId": account, "pipelineId": other.id });
    let opened = crate::world::create(&test, fitting).await;
    assert_eq!(opened["opportunity"]["pipeline"], json!({ "id": other.id, "name": "Renewals" }));
}

on_both_engines!(SERVICE, a_move_based_on_an_old_version_is_a_conflict);
async fn a_move_based_on_an_old_version_is_a_conflict(test: ServiceTest) {
    let id = opportunity(&test).await;
    move_to(&test, id, &stage(&test, "Proposal").await).await;
    let input = json!({ "id": id, "stageId": stage(&test, "Closed Lost").await, "version": 1 });
    let payload = &test.graphql(MOVE, json!({ "input": input })).await["moveOpportunity"];
    assert_eq!(payload["errors"][0]["code"], "CONFLICT");
    assert_eq!(test.published::<OpportunityStageChanged>().await.len(), 1);
}

on_both_engines!(SERVICE, of_moves_at_once_each_is_done_or_refused_and_none_is_lost);
async fn of_moves_at_once_each_is_done_or_refused_and_none_is_lost(test: ServiceTest) {
    let id = opportunity(&test).await;
    let stages =
        [stage(&test, "Qualification").await, stage(&test, "Proposal").await, stage(&test, "Negotiation").await];
    let payloads = futures::future::join_all(stages.iter().map(|stage| move_to(&test, id, stage))).await;
    let done = payloads.iter().filter(|payload| payload["errors"] == json!([])).count();
    let refused = payloads.iter().filter(|payload| payload["errors"][0]["code"] == "CONFLICT").count();
    assert_eq!((done >= 1, done + refused), (true, 3), "{payloads:?}");
    assert_eq!(test.published::<OpportunityStageChanged>().await.len(), done);
    let query = "query($id: ID!) { opportunity(id: $id) { version stageHistory { by } } }";
    let data = test.graphql(query, json!({ "id": id })).await;
    assert_eq!(data["opportunity"]["version"], json!(done + 1));
    assert_eq!(data["opportunity"]["stageHistory"].as_array().unwrap().len(), done + 1);
}

/// The API cannot make pipelines yet; the tables can hold them.
async fn second_pipeline(service: &Service, test: &ServiceTest) -> Pipeline {
    let context = &service.context;
    let app = App { db: context.db.clone(), outbox: context.outbox.clone(), clock: context.clock.clone() };
    let pipeline = Pipeline { name: "Renewals".into(), ..Pipeline::new_business(test.actor.workspace, &app.clock) };
    let mut tx = app.db.of(test.actor.workspace).begin().await.unwrap();
    pipewright_pipeline::store::pipelines::insert(&mut tx, &pipeline).await.unwrap();
    tx.commit().await.unwrap();
    pipeline
}
