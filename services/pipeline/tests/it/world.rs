//! What the tests share: an account to sell to, an opportunity at it, the stages it passes.

use events::lead::{
    Account, AccountCreated, Contact, ContactCreated, Lead, LeadConverted, LeadStatus, RequestedOpportunity,
};
use kernel::{AccountId, ContactId, EmailAddress, OpportunityId};
use serde_json::{Value, json};
use testkit::ServiceTest;

pub const CREATE: &str = "mutation($input: CreateOpportunityInput!) { createOpportunity(input: $input) {
    opportunity { id version name state createdAt closedAt account { id } contact { id } amount { minor currency }
        stage { id name position probability state } pipeline { id name } stageHistory { stage { name } enteredAt by } }
    errors { code field message } } }";

pub const MOVE: &str = "mutation($input: MoveOpportunityInput!) { moveOpportunity(input: $input) {
    opportunity { id version state updatedAt closedAt stage { name } stageHistory { stage { name } enteredAt by } }
    errors { code field message } } }";

pub const UPDATE: &str = "mutation($input: UpdateOpportunityInput!) { updateOpportunity(input: $input) {
    opportunity { id version name amount { minor currency } weightedAmount { minor currency } }
    errors { code field message } } }";

/// An account that the lead service has told of.
pub async fn account(test: &ServiceTest) -> AccountId {
    let current = an_account(test);
    let id = current.id;
    test.deliver(&AccountCreated { current }).await;
    id
}

/// A contact that the lead service has told of.
pub async fn contact(test: &ServiceTest, account: AccountId) -> ContactId {
    let current = a_contact(test, account);
    let id = current.id;
    test.deliver(&ContactCreated { current }).await;
    id
}

/// One that nobody owns.
pub fn an_account(test: &ServiceTest) -> Account {
    Account {
        id: test.clock.id(),
        version: 1,
        name: "Acme".into(),
        domain: None,
        industry: None,
        country: None,
        employees: None,
        owner: None,
        created_at: test.clock.now(),
    }
}

/// One that nobody owns.
pub fn a_contact(test: &ServiceTest, account: AccountId) -> Contact {
    Contact {
        id: test.clock.id(),
        version: 1,
        account: Some(account),
        email: EmailAddress::parse("ada@example.com").unwrap(),
        first_name: None,
        last_name: None,
        title: None,
        owner: None,
        created_at: test.clock.now(),
    }
}

/// A conversion to a new contact at a new account.
pub fn conversion(test: &ServiceTest, opportunity: Option<RequestedOpportunity>) -> LeadConverted {
    let account = test.clock.id();
    let previous = Lead {
        id: test.clock.id(),
        version: 1,
        email: EmailAddress::parse("ada@example.com").unwrap(),
        first_name: None,
        last_name: None,
        title: None,
        company: Some("Acme".into()),
        company_domain: None,
        phone: None,
        country: None,
        employees: None,
        source: "Webinar".into(),
        status: LeadStatus::Qualified,
        account: Some(account),
        created_at: test.clock.now(),
    };
    let current = Lead { version: 2, status: LeadStatus::Converted, ..previous.clone() };
    LeadConverted { previous, current, contact: test.clock.id(), account, opportunity, owner: None }
}

/// What `createOpportunity` answers.
pub async fn create(test: &ServiceTest, input: Value) -> Value {
    test.graphql(CREATE, json!({ "input": input })).await["createOpportunity"].take()
}

/// Id of a new opportunity at `account`.
pub async fn opportunity_at(test: &ServiceTest, account: AccountId, name: &str) -> OpportunityId {
    let payload = create(test, json!({ "name": name, "accountId": account })).await;
    assert_eq!(payload["errors"], json!([]));
    payload["opportunity"]["id"].as_str().unwrap().parse().unwrap()
}

/// Id of a new opportunity at a new account.
pub async fn opportunity(test: &ServiceTest) -> OpportunityId {
    opportunity_at(test, account(test).await, "Engines").await
}

/// What `moveOpportunity` answers.
pub async fn move_to(test: &ServiceTest, id: OpportunityId, stage: &Value) -> Value {
    let input = json!({ "id": id, "stageId": stage });
    test.graphql(MOVE, json!({ "input": input })).await["moveOpportunity"].take()
}

/// Id of a stage of the default pipeline.
pub async fn stage(test: &ServiceTest, name: &str) -> Value {
    let data = test.graphql("{ pipelines { edges { node { stages { id name } } } } }", json!({})).await;
    let stages = data["pipelines"]["edges"][0]["node"]["stages"].as_array().unwrap().clone();
    stages.into_iter().find(|stage| stage["name"] == name).unwrap()["id"].take()
}
