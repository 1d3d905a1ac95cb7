use kernel::{
    LeadId, Object,
    access::{FieldRule, Grants},
};
use pipewright_cadence::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::world::*;

on_both_engines!(SERVICE, a_page_of_leads_costs_as_many_statements_as_one);
on_both_engines!(SERVICE, an_enrolment_of_another_workspace_is_not_found);
on_both_engines!(SERVICE, a_subject_tells_nothing_of_a_lead_that_is_hidden);

const ENTITIES: &str = "query($leads: [_Any!]!) { _entities(representations: $leads) { ... on Lead { id enrollments {
    id why nextStepAt sequence { name steps { position } } messages { id state decision { allowed } enrollment { id } } } } } }";

async fn look(test: &ServiceTest, leads: &[LeadId]) -> (u64, Value) {
    let leads: Vec<Value> = leads.iter().map(|lead| json!({ "__typename": "Lead", "id": lead })).collect();
    test.statements(test.graphql(ENTITIES, json!({ "leads": leads }))).await
}

async fn a_page_of_leads_costs_as_many_statements_as_one(test: ServiceTest) {
    let mut leads = Vec::new();
    for number in 0..20 {
        leads.push(welcomed_lead(&test, &format!("ada{number}@engines.example")).await.id);
    }
    let (one, _) = look(&test, &leads[..1]).await;
    let (twenty, data) = look(&test, &leads).await;
    assert_eq!(one, twenty);
    for (lead, entity) in leads.iter().zip(data["_entities"].as_array().unwrap()) {
        assert_eq!(entity["id"], lead.to_string());
        let enrollment = &entity["enrollments"][0];
        assert_eq!(
            (
                enrollment["messages"].as_array().unwrap().len(),
                enrollment["sequence"]["steps"].as_array().unwrap().len()
            ),
            (2, 2)
        );
        assert_eq!(enrollment["messages"][0]["enrollment"]["id"], enrollment["id"]);
    }
}

async fn an_enrolment_of_another_workspace_is_not_found(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    let id = enrollment(&test, lead.id).await["id"].clone();
    let query = "query($id: ID!) { enrollment(id: $id) { id } }";
    assert_eq!(test.graphql(query, json!({ "id": id })).await["enrollment"]["id"], id);
    let stranger = test.stranger();
    assert_eq!(test.graphql_as(&stranger, query, json!({ "id": id })).await["data"]["enrollment"], json!(null));
    let theirs =
        test.graphql_as(&stranger, ENTITIES, json!({ "leads": [{ "__typename": "Lead", "id": lead.id }] })).await;
    assert_eq!(theirs["data"]["_entities"][0]["enrollments"], json!([]));
}

async fn a_subject_tells_nothing_of_a_lead_that_is_hidden(test: ServiceTest) {
    const SENT: &str = "{ messages(filter: { state: SENT }) { edges { node {
        subject enrollment { messages { subject state } } } } } }";
    let lead = welcomed_lead(&test, "ada@engines.example").await.id;
    let told = json!("Ada, thank you for getting in touch");
    for (field, hidden, subject) in [
        ("firstName", true, &Value::Null),
        ("lastName", true, &Value::Null),
        ("company", true, &Value::Null),
        ("firstName", false, &told),
        ("phone", true, &told),
    ] {
        let rule = FieldRule { object: Object::Lead, field: field.into(), hidden };
        let actor = test.user_with(Grants { fields: vec![rule], ..Grants::everything() });
        let listed = test.graphql_as(&actor, SENT, json!({})).await;
        let message = &listed["data"]["messages"]["edges"][0]["node"];
        assert_eq!(&message["subject"], subject, "{field}: {listed}");
        let of_enrolment = &message["enrollment"]["messages"][0];
        assert_eq!((&of_enrolment["subject"], &of_enrolment["state"]), (subject, &json!("SENT")), "{field}: {listed}");
        let joined = test.graphql_as(&actor, JOURNEY, json!({ "lead": lead })).await;
        let enrolment = &joined["data"]["_entities"][0]["enrollments"][0];
        assert_eq!(&enrolment["messages"][0]["subject"], subject, "{field}: {joined}");
    }
}
