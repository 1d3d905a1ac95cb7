//! Journeys of leads as the events of all services tell them, by clocks that disagree.

use chrono::TimeDelta;
use events::{
    Envelope, Event,
    cadence::{EnrollmentStarted, MessageSent},
    enrichment::{LeadEnriched, RunStatus},
    lead::{AccountCreated, ContactCreated, Lead, LeadCaptured, LeadConverted, LeadStatus, RequestedOpportunity},
    pipeline::{Opportunity, OpportunityCreated, OpportunityStageChanged, OpportunityState},
    routing::{LeadRouted, Rep},
};
use kernel::{AccountId, Actor, Clock, ContactId, EmailAddress, LeadId, OpportunityId};
use serde_json::{Value, json};
use testkit::ServiceTest;

use crate::objects::{account, contact, lead, opportunity};

/// What an account's timeline tells of one [`Story`], the last first.
pub const WHOLE: [&str; 9] = [
    "The opportunity was won: it moved from Discovery to Won",
    "The opportunity was opened in Discovery",
    "The lead became a contact",
    "Mail 1 of the sequence was sent",
    "The lead was enrolled in a sequence",
    "The lead was given to Rep",
    "Looked up the lead and found nothing",
    "The lead was captured from test",
    "The account was made",
];

/// A lead from its capture to the deal that was won.
pub struct Story {
    pub envelopes: Vec<Envelope>,
    pub lead: LeadId,
    pub account: AccountId,
    pub contact: ContactId,
    pub opportunity: OpportunityId,
}

/// Wraps events as their services would.
pub struct Teller<'a> {
    clock: &'a Clock,
    actor: &'a Actor,
    skew: &'a dyn Fn(&str) -> TimeDelta,
    pub told: Vec<Envelope>,
}

impl<'a> Teller<'a> {
    pub fn new(test: &'a ServiceTest, skew: &'a dyn Fn(&str) -> TimeDelta) -> Self {
        Self { clock: &test.clock, actor: &test.actor, skew, told: Vec::new() }
    }

    /// A second after what was told before, by the service's own clock.
    pub fn tell<E: Event>(&mut self, cause: Option<usize>, event: &E) -> usize {
        self.clock.advance(TimeDelta::seconds(1));
        let service = E::TYPE.split('.').nth(1).unwrap();
        let time = self.clock.now() + (self.skew)(service);
        let cause = cause.map(|at| self.told[at].clone());
        let told = Envelope::wrap(service, self.clock.id(), time, self.actor, cause.as_ref(), event);
        self.told.push(told.unwrap());
        self.told.len() - 1
    }
}

impl Story {
    /// Told by services whose clocks are off by `skew`.
    pub fn told(test: &ServiceTest, skew: &dyn Fn(&str) -> TimeDelta) -> Self {
        let clock = &test.clock;
        let mut teller = Teller::new(test, skew);
        let company = account(clock, "Looms", "looms.example");
        let captured =
            Lead { account: Some(company.id), ..lead(clock, "Hedda Weaver", "hedda@looms.example", "Looms") };
        teller.tell(None, &AccountCreated { current: company.clone() });
        let capture = teller.tell(None, &LeadCaptured { current: captured.clone() });
        let enriched = LeadEnriched {
            lead: captured.id,
            run: clock.id(),
            lead_version: 1,
            status: RunStatus::Empty,
            fields: vec![],
        };
        let enriched = teller.tell(Some(capture), &enriched);
        let email = EmailAddress::parse("rep@example.com").unwrap();
        let owner = Rep { id: clock.id(), user: clock.id(), name: "Rep".into(), email };
        let routed = LeadRouted { lead: captured.id, owner, decision: clock.id(), rule_version: 1 };
        let routed = teller.tell(Some(enriched), &routed);
        let started = EnrollmentStarted { enrollment: clock.id(), lead: captured.id, sequence: clock.id() };
        teller.tell(Some(routed), &started);
        // By a job, so without a cause.
        let sent_at = clock.now();
        let EnrollmentStarted { enrollment, lead, .. } = started;
        teller.tell(None, &MessageSent { message: clock.id(), enrollment, lead, step: 1, sent_at });
        let (contact, opportunity) = close(&mut teller, captured, company.id);
        Self { envelopes: teller.told, lead, account: company.id, contact, opportunity }
    }
}

/// The lead is converted, and the deal won.
fn close(teller: &mut Teller<'_>, captured: Lead, company: AccountId) -> (ContactId, OpportunityId) {
    let clock = teller.clock;
    let person = events::lead::Contact {
        account: Some(company),
        ..contact(clock, "Hedda Weaver", "hedda@looms.example", "Dyer")
    };
    let asked = RequestedOpportunity { id: clock.id(), name: "Looms".into(), amount: None };
    let current = Lead { version: 2, status: LeadStatus::Converted, ..captured.clone() };
    let converted = LeadConverted {
        previous: captured,
        current,
        contact: person.id,
        account: company,
        opportunity: Some(asked.clone()),
        owner: None,
    };
    let converted = teller.tell(None, &converted);
    let opened =
        Opportunity { id: asked.id, account: company, contact: Some(person.id), ..opportunity(clock, "Looms") };
    teller.tell(Some(converted), &OpportunityCreated { current: opened.clone() });
    let stage_name = "Won".to_owned();
    let won = Opportunity { version: 2, stage_name, state: OpportunityState::Won, ..opened.clone() };
    teller.tell(None, &OpportunityStageChanged { previous: opened, current: won });
    (person.id, asked.id)
}

/// What is told of the contact itself when it was made by hand.
pub fn contact_made(test: &ServiceTest, account: AccountId, contact_id: ContactId) -> ContactCreated {
    let made = contact(&test.clock, "Hedda Weaver", "hedda@looms.example", "Dyer");
    ContactCreated { current: events::lead::Contact { id: contact_id, account: Some(account), ..made } }
}

/// In another order, which chance decides.
pub fn shuffled(test: &ServiceTest, envelopes: &[Envelope]) -> Vec<Envelope> {
    let chance = || {
        let mut bytes = [0; 8];
        test.clock.random(&mut bytes);
        bytes
    };
    let mut drawn: Vec<_> = envelopes.iter().map(|envelope| (chance(), envelope.clone())).collect();
    drawn.sort_by_key(|(chance, _)| *chance);
    drawn.into_iter().map(|(_, envelope)| envelope).collect()
}

/// The timelines of these records as `actor` sees them; `arguments` stand in brackets.
pub async fn timelines(test: &ServiceTest, actor: &Actor, arguments: &str, (kind, ids): (&str, &[String])) -> Value {
    let query = format!(
        "query($records: [_Any!]!) {{ _entities(representations: $records) {{ ... on {kind} {{ timeline{arguments} {{ \
         pageInfo {{ hasNextPage endCursor }} edges {{ node {{ id type occurredAt title causedBy actor {{ name user {{ id }} }} \
         records {{ __typename ... on Lead {{ id }} ... on Account {{ id }} ... on Contact {{ id }} ... on Opportunity {{ id }} }} \
         changes {{ field previous current }} decision {{ id }} enrichmentRun {{ id }} enrollment {{ id }} \
         capture {{ formId landingPageId variant }} }} }} }} }} }} }}"
    );
    let records: Vec<_> = ids.iter().map(|id| json!({ "__typename": kind, "id": id })).collect();
    test.graphql_as(actor, &query, json!({ "records": records })).await
}

/// The timeline of one record, as the test's own actor sees it.
pub async fn timeline(test: &ServiceTest, kind: &str, id: impl ToString) -> Value {
    let mut answer = timelines(test, &test.actor, "(first: 200)", (kind, &[id.to_string()])).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["_entities"][0]["timeline"].take()
}

/// One field of every entry.
pub fn every<'v>(timeline: &'v Value, field: &str) -> Vec<&'v Value> {
    timeline["edges"]
        .as_array()
        .unwrap_or_else(|| panic!("{timeline}"))
        .iter()
        .map(|edge| &edge["node"][field])
        .collect()
}

pub fn titles(timeline: &Value) -> Vec<&str> {
    every(timeline, "title").into_iter().filter_map(Value::as_str).collect()
}
