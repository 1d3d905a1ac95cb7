//! The routing service through its events and its GraphQL.

mod concurrency;
mod queue;
mod reps;
mod routing;
mod subscription;
mod tenants;

use chrono::TimeDelta;
use events::{
    Envelope, Event,
    enrichment::{LeadEnriched, RunStatus},
    identity::{Role, User, UserCreated, UserKind},
    routing::LeadRouted,
};
use kernel::{Actor, EmailAddress, LeadId};
use serde_json::{Value, json};
use testkit::ServiceTest;

/// A user of the identity service, at version 1.
fn user(test: &ServiceTest, name: &str) -> User {
    let email = EmailAddress::parse(&format!("{name}@example.com")).unwrap();
    User {
        id: test.clock.id(),
        version: 1,
        name: name.to_owned(),
        email,
        role: Role::Rep,
        active: true,
        kind: UserKind::Person,
        role_name: None,
        custom_role: None,
        team: None,
    }
}

/// Reps of these names; among equals the first named is chosen first.
async fn hire(test: &ServiceTest, names: &[&str]) -> Vec<User> {
    let mut users = Vec::new();
    for name in names {
        let current = user(test, name);
        test.deliver(&UserCreated { current: current.clone() }).await;
        users.push(current);
        tick(test);
    }
    users
}

/// Ids sort by the time they are made, to the millisecond.
fn tick(test: &ServiceTest) {
    test.clock.advance(TimeDelta::milliseconds(1));
}

fn enriched(lead: LeadId, test: &ServiceTest) -> LeadEnriched {
    LeadEnriched { lead, run: test.clock.id(), lead_version: 1, status: RunStatus::Complete, fields: Vec::new() }
}

/// A new lead, enriched just now.
async fn enrich(test: &ServiceTest) -> LeadId {
    tick(test);
    let lead = test.clock.id();
    test.deliver(&enriched(lead, test)).await;
    lead
}

async fn enrich_many(test: &ServiceTest, count: usize) -> Vec<LeadId> {
    let mut leads = Vec::with_capacity(count);
    for _ in 0..count {
        leads.push(enrich(test).await);
    }
    leads
}

/// Enrichment events of new leads, which the service may take in one transaction.
fn enrichments(test: &ServiceTest, count: usize) -> Vec<Envelope> {
    let event = |_| {
        tick(test);
        envelope(test, &enriched(test.clock.id(), test))
    };
    (0..count).map(event).collect()
}

fn envelope<E: Event>(test: &ServiceTest, event: &E) -> Envelope {
    let actor = Actor::system(test.actor.workspace, "enrichment");
    Envelope::wrap("enrichment", test.clock.id(), test.clock.now(), &actor, None, event).unwrap()
}

/// Names of the owners in the order in which leads were routed.
async fn owners(test: &ServiceTest) -> Vec<String> {
    test.published::<LeadRouted>().await.into_iter().map(|routed| routed.owner.name).collect()
}

async fn rep_id(test: &ServiceTest, name: &str) -> String {
    let data = test.graphql("{ reps(first: 200) { edges { node { id name } } } }", json!({})).await;
    let edges = data["reps"]["edges"].as_array().unwrap().clone();
    let edge = edges.into_iter().find(|edge| edge["node"]["name"] == name).unwrap();
    edge["node"]["id"].as_str().unwrap().to_owned()
}

/// `updateRep` with `changes` beside the id; its payload.
async fn update_rep(test: &ServiceTest, name: &str, changes: Value) -> Value {
    let mut input = json!({ "id": rep_id(test, name).await });
    input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let query = "mutation ($input: UpdateRepInput!) { updateRep(input: $input) {
        rep { name active weight dailyCap version } errors { code field message } } }";
    test.graphql(query, json!({ "input": input })).await["updateRep"].take()
}

/// `Lead.routing`, as the gateway asks for it.
async fn routing_of(test: &ServiceTest, lead: LeadId) -> Value {
    let query = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Lead { routing {
        state routedAt owner { name } decision { id outcome reason ruleVersion chosen { name }
        candidates { rep { name } eligible rejectedBecause weight standing } } } } } }";
    let variables = json!({ "of": [{ "__typename": "Lead", "id": lead }] });
    test.graphql(query, variables).await["_entities"][0]["routing"].take()
}
