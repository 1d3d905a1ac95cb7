use events::{
    Event,
    identity::{Role, User, UserCreated, UserUpdated},
    routing::{RepSettings, RepUpdated},
};
use kernel::{Actor, Permission};
use pipewright_routing::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::{enrich, enrich_many, hire, owners, rep_id, tick, update_rep, user};

const REPS: &str = "query ($first: Int, $after: String) { reps(first: $first, after: $after) {
    edges { node { name email active weight dailyCap user { id } } cursor } pageInfo { hasNextPage } } }";

on_both_engines!(SERVICE, a_user_with_the_role_rep_becomes_a_rep);
async fn a_user_with_the_role_rep_becomes_a_rep(test: ServiceTest) {
    let ada = hire(&test, &["ada"]).await.remove(0);
    test.deliver(&UserCreated { current: User { role: Role::Admin, ..user(&test, "boss") } }).await;
    let data = test.graphql(REPS, json!({})).await;
    let node = json!({ "name": "ada", "email": "ada@example.com", "active": true, "weight": 1, "dailyCap": null, "user": { "id": ada.id } });
    assert_eq!(data["reps"]["edges"].as_array().unwrap().len(), 1);
    assert_eq!(data["reps"]["edges"][0]["node"], node);
}

on_both_engines!(SERVICE, a_late_event_about_a_user_changes_nothing);
async fn a_late_event_about_a_user_changes_nothing(test: ServiceTest) {
    let first = user(&test, "ada");
    let second = User { version: 2, role: Role::Admin, ..first.clone() };
    test.deliver(&UserUpdated { previous: first.clone(), current: second }).await;
    test.deliver(&UserCreated { current: first }).await;
    let data = test.graphql(REPS, json!({})).await;
    assert_eq!(data["reps"]["edges"], json!([]));
}

on_both_engines!(SERVICE, a_user_who_leaves_or_changes_role_takes_no_more_leads);
async fn a_user_who_leaves_or_changes_role_takes_no_more_leads(test: ServiceTest) {
    let users = hire(&test, &["ada", "bob", "eve"]).await;
    let [ada, bob, _] = &users[..] else { panic!("three users") };
    let left = User { version: 2, active: false, ..ada.clone() };
    test.deliver(&UserUpdated { previous: ada.clone(), current: left }).await;
    let promoted = User { version: 2, role: Role::Admin, ..bob.clone() };
    test.deliver(&UserUpdated { previous: bob.clone(), current: promoted }).await;
    enrich_many(&test, 3).await;
    assert_eq!(owners(&test).await, ["eve", "eve", "eve"]);
    let refused = update_rep(&test, "ada", json!({ "active": true })).await;
    assert_eq!((&refused["errors"][0]["code"], &refused["errors"][0]["field"]), (&json!("CONFLICT"), &json!("active")));
}

#[tokio::test]
async fn a_paused_rep_stays_paused_when_the_user_is_renamed() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let users = hire(&test, &["ada", "bob"]).await;
    let paused = update_rep(&test, "ada", json!({ "active": false })).await;
    assert_eq!(paused["rep"]["active"], json!(false));
    let renamed = User { version: 2, name: "Ada L.".to_owned(), ..users[0].clone() };
    test.deliver(&UserUpdated { previous: users[0].clone(), current: renamed }).await;
    enrich(&test).await;
    assert_eq!(owners(&test).await, ["bob"]);
    let resumed = update_rep(&test, "Ada L.", json!({ "active": true })).await;
    assert_eq!(resumed["rep"]["active"], json!(true));
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_code_and_field() {
    let test = ServiceTest::sqlite(SERVICE).await;
    hire(&test, &["ada"]).await;
    for (changes, code, field) in [
        (json!({ "weight": 0 }), "INVALID_INPUT", json!("weight")),
        (json!({ "weight": 1001 }), "INVALID_INPUT", json!("weight")),
        (json!({ "dailyCap": 0 }), "INVALID_INPUT", json!("dailyCap")),
        (json!({ "weight": 2, "version": 7 }), "CONFLICT", json!(null)),
        (json!({ "id": "rep_00000000000000000000000000" }), "NOT_FOUND", json!("id")),
    ] {
        let payload = update_rep(&test, "ada", changes.clone()).await;
        assert_eq!(payload["rep"], json!(null), "{changes}");
        assert_eq!(
            (&payload["errors"][0]["code"], &payload["errors"][0]["field"]),
            (&json!(code), &field),
            "{changes}"
        );
    }
    let changed = update_rep(&test, "ada", json!({ "weight": 2, "dailyCap": 9, "version": 1 })).await;
    assert_eq!(changed["rep"], json!({ "name": "ada", "active": true, "weight": 2, "dailyCap": 9, "version": 2 }));
    let lifted = update_rep(&test, "ada", json!({ "dailyCap": null })).await;
    assert_eq!(lifted["rep"], json!({ "name": "ada", "active": true, "weight": 2, "dailyCap": null, "version": 3 }));
    assert_eq!(
        update_rep(&test, "ada", json!({ "weight": 2 })).await["rep"]["version"],
        json!(3),
        "no change, no version"
    );
}

on_both_engines!(SERVICE, a_changed_rep_is_told_as_before_and_after_with_who_changed_it);
async fn a_changed_rep_is_told_as_before_and_after_with_who_changed_it(test: ServiceTest) {
    let ada = hire(&test, &["ada"]).await.remove(0);
    update_rep(&test, "ada", json!({ "active": false, "weight": 3, "dailyCap": 9 })).await;
    // Nothing to tell: the one changes nothing, the other is refused.
    update_rep(&test, "ada", json!({ "weight": 3 })).await;
    update_rep(&test, "ada", json!({ "weight": 0 })).await;
    let history = test.service.context.outbox.history(None, 10_000).await.unwrap();
    let told: Vec<_> = history.iter().filter(|envelope| envelope.r#type == RepUpdated::TYPE).collect();
    let [envelope] = &told[..] else { panic!("{told:?}") };
    let id = rep_id(&test, "ada").await;
    assert_eq!((&envelope.actor, &envelope.subject), (&test.actor.subject, &id));
    let previous =
        RepSettings { id: id.parse().unwrap(), version: 1, user: ada.id, paused: false, weight: 1, daily_cap: None };
    let current = RepSettings { version: 2, paused: true, weight: 3, daily_cap: Some(9), ..previous.clone() };
    assert_eq!(envelope.payload::<RepUpdated>().unwrap(), RepUpdated { previous, current });
}

#[tokio::test]
async fn only_administrators_change_reps_and_readers_route_nothing() {
    let test = ServiceTest::sqlite(SERVICE).await;
    hire(&test, &["ada"]).await;
    let lead = enrich(&test).await;
    let writer = Actor { permissions: vec![Permission::Read, Permission::Write], ..test.actor.clone() };
    let reader = Actor { permissions: vec![Permission::Read], ..test.actor.clone() };
    let id = rep_id(&test, "ada").await;
    let update = format!("mutation {{ updateRep(input: {{ id: \"{id}\", active: false }}) {{ rep {{ id }} }} }}");
    let route = format!("mutation {{ routeLead(input: {{ leadId: \"{lead}\" }}) {{ lead {{ id }} }} }}");
    for (actor, query) in [(&writer, &update), (&reader, &update), (&reader, &route)] {
        let response = test.graphql_as(actor, query, json!({})).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], json!("FORBIDDEN"), "{query}");
    }
}

on_both_engines!(SERVICE, reps_page_and_do_not_show_in_another_workspace);
async fn reps_page_and_do_not_show_in_another_workspace(test: ServiceTest) {
    hire(&test, &["a", "b", "c", "d", "e"]).await;
    tick(&test);
    let (mut names, mut after) = (String::new(), json!(null));
    loop {
        let data = test.graphql(REPS, json!({ "first": 2, "after": after })).await;
        for edge in data["reps"]["edges"].as_array().unwrap() {
            names.push_str(edge["node"]["name"].as_str().unwrap());
            after = edge["cursor"].clone();
        }
        if data["reps"]["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(names, "edcba");
    let stranger = test.stranger();
    let data = test.graphql_as(&stranger, REPS, json!({})).await;
    assert_eq!(data["data"]["reps"]["edges"], json!([]));
    let id = rep_id(&test, "a").await;
    let one = test.graphql_as(&stranger, "query ($id: ID!) { rep(id: $id) { name } }", json!({ "id": id })).await;
    assert_eq!(one["data"]["rep"], json!(null));
}
