//! Events as the lead service publishes them, and the query that most tests ask.

use events::lead::{Account, Lead, LeadStatus};
use kernel::{EmailAddress, LeadId};
use serde_json::{Value, json};
use testkit::ServiceTest;

pub fn lead(test: &ServiceTest, email: &str) -> Lead {
    Lead {
        id: test.clock.id(),
        version: 1,
        email: EmailAddress::parse(email).unwrap(),
        first_name: None,
        last_name: None,
        title: None,
        company: None,
        company_domain: None,
        phone: None,
        country: None,
        employees: None,
        source: "Webinar".into(),
        status: LeadStatus::New,
        account: None,
        created_at: test.clock.now(),
    }
}

pub fn account(test: &ServiceTest, name: &str) -> Account {
    Account {
        id: test.clock.id(),
        version: 1,
        name: name.into(),
        domain: None,
        industry: None,
        country: None,
        employees: None,
        owner: None,
        created_at: test.clock.now(),
    }
}

/// The lead as the gateway asks for it.
pub async fn read(test: &ServiceTest, lead: LeadId) -> Value {
    let answer = test.graphql(&entities(FIELDS), json!({ "leads": [{ "__typename": "Lead", "id": lead }] })).await;
    answer["_entities"][0].clone()
}

pub fn entities(fields: &str) -> String {
    format!("query($leads: [_Any!]!) {{ _entities(representations: $leads) {{ ... on Lead {{ {fields} }} }} }}")
}

pub const FIELDS: &str = "verification { verdict verifiedAt checks { name passed } }
    enrichment { id status leadVersion fields { name value provider confidence } calls { provider field outcome value } }";

/// `[[name, value, provider]]` of the enrichment in force.
pub fn found(lead: &Value) -> Value {
    let fields = lead["enrichment"]["fields"].as_array().unwrap();
    fields.iter().map(|field| json!([field["name"], field["value"], field["provider"]])).collect()
}
