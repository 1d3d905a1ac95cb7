//! Nothing is found that its owner would not show.

use events::{
    lead::{Lead, LeadCaptured, LeadStatus},
    pipeline::{Opportunity, OpportunityCreated, OpportunityState},
};
use kernel::{
    Actor, BuiltInRole, EmailAddress, LeadId, Object, PersonName,
    access::{FieldRule, Grants},
};
use pipewright_search::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

async fn lead(test: &ServiceTest, first_name: &str) -> LeadId {
    let id = test.clock.id();
    let current = Lead {
        id,
        version: 1,
        email: EmailAddress::parse(&format!("{}@looms.example", first_name.to_lowercase())).unwrap(),
        first_name: Some(PersonName::new(first_name)),
        last_name: Some(PersonName::new("Weaver")),
        title: Some("Dyer".into()),
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
    test.deliver(&LeadCaptured { current }).await;
    id
}

/// Ids and highlights that `actor` gets for `query`, and the count.
async fn found(test: &ServiceTest, actor: &Actor, query: &str) -> (Vec<Value>, Vec<String>, Value) {
    let search = "query($query: String!) { search(query: $query) { totalCount edges { highlight node {
        ... on Lead { id } ... on Opportunity { id } } } } }";
    let answer = test.graphql_as(actor, search, json!({ "query": query })).await;
    let list = &answer["data"]["search"];
    let edges = list["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let highlights = edges.iter().map(|edge| edge["highlight"].as_str().unwrap().to_owned()).collect();
    (edges.iter().map(|edge| edge["node"]["id"].clone()).collect(), highlights, list["totalCount"].clone())
}

on_both_engines!(SERVICE, a_rep_finds_their_own_leads_and_no_others);
async fn a_rep_finds_their_own_leads_and_no_others(test: ServiceTest) {
    let (ada, ben) = (test.user(BuiltInRole::AccountExecutive), test.user(BuiltInRole::AccountExecutive));
    let (hers, his) = (lead(&test, "Hedda").await, lead(&test, "Henrik").await);
    test.route(hers, &ada).await;
    test.route(his, &ben).await;
    let (ids, _, count) = found(&test, &ada, "weaver").await;
    assert_eq!((ids, count), (vec![json!(hers)], json!(1)));
    assert_eq!(found(&test, &ada, "henrik").await.0, Vec::<Value>::new());
    assert_eq!(found(&test, &test.user(BuiltInRole::ReadOnly), "weaver").await.2, json!(2));
    assert_eq!(found(&test, &test.user(BuiltInRole::SalesEngineer), "weaver").await.2, json!(0));
    test.route(his, &ada).await;
    assert_eq!(found(&test, &ada, "weaver").await.2, json!(2), "a lead that changed hands is found by the new owner");
}

on_both_engines!(SERVICE, opportunities_are_found_by_their_owners);
async fn opportunities_are_found_by_their_owners(test: ServiceTest) {
    let (ada, ben) = (test.user(BuiltInRole::AccountExecutive), test.user(BuiltInRole::AccountExecutive));
    let current = Opportunity {
        id: test.clock.id(),
        version: 1,
        name: "Looms for Leeds".into(),
        account: test.clock.id(),
        contact: None,
        stage: test.clock.id(),
        stage_name: "Discovery".into(),
        state: OpportunityState::Open,
        amount: None,
        owner: ada.user(),
        created_at: test.clock.now(),
    };
    test.deliver(&OpportunityCreated { current: current.clone() }).await;
    assert_eq!(found(&test, &ada, "leeds").await.0, [json!(current.id)]);
    assert_eq!(found(&test, &ben, "leeds").await.0, Vec::<Value>::new());
}

on_both_engines!(SERVICE, nothing_is_found_by_a_hidden_field_or_shows_it);
async fn nothing_is_found_by_a_hidden_field_or_shows_it(test: ServiceTest) {
    let hidden = |field: &str| FieldRule { object: Object::Lead, field: field.into(), hidden: true };
    let discreet = test.user_with(Grants { fields: vec![hidden("title"), hidden("lastName")], ..Grants::everything() });
    let id = lead(&test, "Hedda").await;
    assert_eq!(found(&test, &test.actor, "dyer").await.0, [json!(id)]);
    for hidden in ["dyer", "weaver", "hedda weaver", "weavr"] {
        assert_eq!(found(&test, &discreet, hidden).await.0, Vec::<Value>::new(), "{hidden}");
    }
    let (ids, highlights, _) = found(&test, &discreet, "hedda").await;
    assert_eq!((ids, highlights), (vec![json!(id)], vec!["<mark>hedda</mark>@looms.example".to_owned()]));
}
