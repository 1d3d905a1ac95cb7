use events::lead::{Account, AccountCreated, Lead, LeadCaptured};
use kernel::{
    LeadId, Object, Permission,
    access::{FieldRule, Grants},
};
use pipewright_enrichment::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::build::{FIELDS, account, entities, found, lead};

async fn captured(test: &ServiceTest, count: usize) -> Vec<LeadId> {
    let mut ids = Vec::with_capacity(count);
    for number in 0..count {
        let current = lead(test, &format!("ada{number}@engines.example"));
        test.deliver(&LeadCaptured { current: current.clone() }).await;
        ids.push(current.id);
    }
    ids
}

fn representations(ids: &[LeadId]) -> Value {
    json!({ "leads": ids.iter().map(|id| json!({ "__typename": "Lead", "id": id })).collect::<Vec<_>>() })
}

on_both_engines!(SERVICE, a_page_of_leads_costs_two_statements_however_long);
async fn a_page_of_leads_costs_two_statements_however_long(test: ServiceTest) {
    let ids = captured(&test, 20).await;
    for count in [1, 20] {
        let (statements, answer) =
            test.statements(test.graphql(&entities(FIELDS), representations(&ids[..count]))).await;
        let leads = answer["_entities"].as_array().unwrap();
        assert_eq!(leads.len(), count);
        assert!(
            leads
                .iter()
                .all(|lead| lead["verification"]["verdict"] == "VALID" && lead["enrichment"]["status"] == "PARTIAL")
        );
        assert_eq!(statements, 2, "one for verifications, one for runs");
    }
}

on_both_engines!(SERVICE, runs_are_entities_and_read_in_one_statement);
async fn runs_are_entities_and_read_in_one_statement(test: ServiceTest) {
    let ids = captured(&test, 5).await;
    let leads = test.graphql(&entities("enrichment { id lead { id } }"), representations(&ids)).await;
    let runs = leads["_entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lead| json!({ "__typename": "EnrichmentRun", "id": lead["enrichment"]["id"] }));
    let query = "query($runs: [_Any!]!) { _entities(representations: $runs) { ... on EnrichmentRun { lead { id } inputsHash } } }";
    let (statements, answer) = test.statements(test.graphql(query, json!({ "runs": runs.collect::<Vec<_>>() }))).await;
    assert_eq!(statements, 1);
    let found: Vec<Value> =
        answer["_entities"].as_array().unwrap().iter().map(|run| run["lead"]["id"].clone()).collect();
    assert_eq!(found, ids.iter().map(|id| json!(id)).collect::<Vec<_>>());
}

on_both_engines!(SERVICE, another_workspace_sees_nothing);
async fn another_workspace_sees_nothing(test: ServiceTest) {
    let ids = captured(&test, 1).await;
    let answer = test
        .graphql_as(&test.stranger(), &entities("verification { verdict } enrichment { id }"), representations(&ids))
        .await;
    assert_eq!(answer["data"]["_entities"], json!([{ "verification": null, "enrichment": null }]));
    let runs = "query($lead: ID!) { enrichmentRuns(leadId: $lead) { edges { node { id } } } }";
    let answer = test.graphql_as(&test.stranger(), runs, json!({ "lead": ids[0] })).await;
    assert_eq!(answer["data"]["enrichmentRuns"]["edges"], json!([]));
}

#[tokio::test]
async fn reading_needs_the_permission_to_read() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let ids = captured(&test, 1).await;
    let mut actor = test.actor.clone();
    actor.permissions = vec![Permission::Write];
    let answer = test.graphql_as(&actor, &entities("verification { verdict }"), representations(&ids)).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], json!("FORBIDDEN"));
}

on_both_engines!(SERVICE, a_run_does_not_tell_what_is_hidden_of_the_lead_or_its_account);
async fn a_run_does_not_tell_what_is_hidden_of_the_lead_or_its_account(test: ServiceTest) {
    let engines = Account {
        domain: Some("engines.example".into()),
        industry: Some("Energy".into()),
        country: Some("Saint Paul, Minnesota".into()),
        ..account(&test, "Engines")
    };
    test.deliver(&AccountCreated { current: engines }).await;
    let current = Lead { employees: Some("16034".into()), ..lead(&test, "ada@engines.example") };
    test.deliver(&LeadCaptured { current: current.clone() }).await;
    let all = [
        json!(["industry", "Energy", "account_base"]),
        json!(["country", "US", "account_base"]),
        json!(["employees", "10001+", "form"]),
        json!(["company_domain", "engines.example", "account_base"]),
    ];
    for (object, hidden, field) in [
        (Object::Account, "industry", "industry"),
        (Object::Account, "country", "country"),
        (Object::Account, "domain", "company_domain"),
        // The form says it, not the account.
        (Object::Account, "employees", ""),
        (Object::Lead, "country", "country"),
        (Object::Lead, "employees", "employees"),
    ] {
        let rule = FieldRule { object, field: hidden.into(), hidden: true };
        let actor = test.user_with(Grants { fields: vec![rule], ..Grants::everything() });
        let answer = test.graphql_as(&actor, &entities(FIELDS), representations(&[current.id])).await;
        let lead = &answer["data"]["_entities"][0];
        let shown: Vec<&Value> = all.iter().filter(|found| found[0] != field).collect();
        assert_eq!(found(lead), json!(shown), "{object} {hidden}");
        let calls = lead["enrichment"]["calls"].as_array().unwrap();
        assert!(
            !calls.iter().any(|call| call["field"] == field && call["provider"] == "account_base"),
            "{object} {hidden}: {calls:?}"
        );
    }
    let mut grants = Grants::everything();
    grants.grants.retain(|grant| grant.object == Object::Lead);
    let answer = test.graphql_as(&test.user_with(grants), &entities(FIELDS), representations(&[current.id])).await;
    let lead = &answer["data"]["_entities"][0];
    assert_eq!(found(lead), json!([all[2]]), "of accounts that one may not read the lead tells nothing");
    assert!(!lead["enrichment"]["calls"].to_string().contains("account_base"), "{lead}");
}
