//! Builders of the events the service hears, and what it then finds.

use events::{
    lead::{Account, AccountCreated, Contact, ContactCreated, Lead, LeadCaptured, LeadStatus},
    pipeline::{Opportunity, OpportunityCreated, OpportunityState},
};
use kernel::{Actor, Clock, EmailAddress, PersonName};
use serde_json::{Value, json};
use testkit::ServiceTest;

pub const SEARCH: &str = "query ($query: String!, $first: Int, $after: String, $types: [SearchType!]) {
    search(query: $query, first: $first, after: $after, types: $types) {
        totalCount
        pageInfo { hasNextPage hasPreviousPage endCursor }
        edges { cursor score highlight node { __typename ... on Lead { id } ... on Account { id } ... on Contact { id } ... on Opportunity { id } } }
    }
}";

/// `Ada Lovelace` of `Analytical Engines`.
pub fn lead(clock: &Clock, name: &str, email: &str, company: &str) -> Lead {
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    let known = |text: &str| (!text.is_empty()).then(|| PersonName::new(text));
    Lead {
        id: clock.id(),
        version: 1,
        email: EmailAddress::parse(email).unwrap(),
        first_name: known(first),
        last_name: known(last),
        title: None,
        company: (!company.is_empty()).then(|| company.to_owned()),
        company_domain: None,
        phone: None,
        country: None,
        employees: None,
        source: "test".to_owned(),
        status: LeadStatus::New,
        account: None,
        created_at: clock.now(),
    }
}

pub fn account(clock: &Clock, name: &str, domain: &str) -> Account {
    Account {
        id: clock.id(),
        version: 1,
        name: name.to_owned(),
        domain: (!domain.is_empty()).then(|| domain.to_owned()),
        industry: None,
        country: None,
        employees: None,
        owner: None,
        created_at: clock.now(),
    }
}

pub fn contact(clock: &Clock, name: &str, email: &str, title: &str) -> Contact {
    let lead = lead(clock, name, email, "");
    Contact {
        id: clock.id(),
        version: 1,
        account: None,
        email: lead.email,
        first_name: lead.first_name,
        last_name: lead.last_name,
        title: Some(title.to_owned()),
        owner: None,
        created_at: clock.now(),
    }
}

pub fn opportunity(clock: &Clock, name: &str) -> Opportunity {
    Opportunity {
        id: clock.id(),
        version: 1,
        name: name.to_owned(),
        account: clock.id(),
        contact: None,
        stage: clock.id(),
        stage_name: "Discovery".to_owned(),
        state: OpportunityState::Open,
        amount: None,
        owner: None,
        created_at: clock.now(),
    }
}

/// Lets the service hear of a new lead.
pub async fn hear_lead(test: &ServiceTest, name: &str, email: &str, company: &str) -> Lead {
    let lead = lead(&test.clock, name, email, company);
    test.deliver(&LeadCaptured { current: lead.clone() }).await;
    lead
}

pub async fn hear_account(test: &ServiceTest, name: &str, domain: &str) -> Account {
    let account = account(&test.clock, name, domain);
    test.deliver(&AccountCreated { current: account.clone() }).await;
    account
}

pub async fn hear_contact(test: &ServiceTest, name: &str, email: &str, title: &str) -> Contact {
    let contact = contact(&test.clock, name, email, title);
    test.deliver(&ContactCreated { current: contact.clone() }).await;
    contact
}

pub async fn hear_opportunity(test: &ServiceTest, name: &str) -> Opportunity {
    let opportunity = opportunity(&test.clock, name);
    test.deliver(&OpportunityCreated { current: opportunity.clone() }).await;
    opportunity
}

/// The whole list.
pub async fn search(test: &ServiceTest, query: &str) -> Value {
    test.graphql(SEARCH, json!({ "query": query })).await["search"].take()
}

/// The highlights of what is found, best first.
pub async fn found(test: &ServiceTest, query: &str) -> Vec<String> {
    texts(&search(test, query).await, "/highlight")
}

pub async fn found_by(test: &ServiceTest, actor: &Actor, query: &str) -> Vec<String> {
    let answer = test.graphql_as(actor, SEARCH, json!({ "query": query })).await;
    texts(&answer["data"]["search"], "/highlight")
}

/// One text of every edge.
pub fn texts(list: &Value, pointer: &str) -> Vec<String> {
    let edges = list["edges"].as_array().unwrap_or_else(|| panic!("no list: {list}"));
    edges.iter().map(|edge| edge.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()).collect()
}
