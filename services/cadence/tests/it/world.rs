//! What other services would have told.

use std::sync::Arc;

use events::{
    enrichment::{EmailVerified, Verdict},
    lead::{Lead, LeadCaptured, LeadStatus},
    routing::{LeadRouted, Rep},
};
use kernel::{EmailAddress, LeadId, PersonName};
use pipewright_cadence::{
    app::App,
    mail::{self, Letterhead},
};
use serde_json::{Value, json};
use testkit::ServiceTest;

pub const JOURNEY: &str = "query($lead: ID!) { _entities(representations: [{ __typename: \"Lead\", id: $lead }]) { ... on Lead { enrollments {
    id state why nextStepAt startedAt lead { id } sequence { name version steps { position subject delayDays } }
    messages { id step subject state sentAt dueAt trouble attempts decision { allowed reasons ruleVersion decidedAt } } } } } }";

pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub fn lead(test: &ServiceTest, address: &str) -> Lead {
    Lead {
        id: test.clock.id(),
        version: 1,
        email: email(address),
        first_name: Some(PersonName::new("Ada")),
        last_name: Some(PersonName::new("Lovelace")),
        title: None,
        company: Some("Engines Ltd".into()),
        company_domain: None,
        phone: None,
        country: None,
        employees: None,
        source: "test".into(),
        status: LeadStatus::New,
        account: None,
        created_at: test.clock.now(),
    }
}

pub async fn captured(test: &ServiceTest, address: &str) -> Lead {
    let lead = lead(test, address);
    test.deliver(&LeadCaptured { current: lead.clone() }).await;
    lead
}

pub async fn verified(test: &ServiceTest, lead: &Lead, verdict: Verdict) {
    let event = EmailVerified {
        lead: lead.id,
        email: lead.email.clone(),
        verdict,
        failed: Vec::new(),
        verified_at: test.clock.now(),
    };
    test.deliver(&event).await;
}

pub async fn routed(test: &ServiceTest, lead: LeadId, owner: &str) {
    let owner =
        Rep { id: test.clock.id(), user: test.clock.id(), name: owner.into(), email: email("rep@pipewright.example") };
    test.deliver(&LeadRouted { lead, owner, decision: test.clock.id(), rule_version: 1 }).await;
}

/// A lead that could be written to, and nobody has enrolled.
pub async fn ready_lead(test: &ServiceTest, address: &str) -> Lead {
    let lead = captured(test, address).await;
    verified(test, &lead, Verdict::Valid).await;
    lead
}

/// A lead on the default sequence whose first message has left.
pub async fn welcomed_lead(test: &ServiceTest, address: &str) -> Lead {
    let lead = ready_lead(test, address).await;
    routed(test, lead.id, "Grace Hopper").await;
    lead
}

/// The lead's enrolments as GraphQL shows them.
pub async fn enrollments(test: &ServiceTest, lead: LeadId) -> Vec<Value> {
    let data = test.graphql(JOURNEY, json!({ "lead": lead })).await;
    data["_entities"][0]["enrollments"].as_array().unwrap().clone()
}

/// The lead's only enrolment.
pub async fn enrollment(test: &ServiceTest, lead: LeadId) -> Value {
    let mut enrollments = enrollments(test, lead).await;
    assert_eq!(enrollments.len(), 1);
    enrollments.remove(0)
}

/// A second process on the same database, with a mailer of its own.
pub async fn process(test: &ServiceTest, mail_url: &str) -> App {
    let context = &test.service.context;
    let letterhead =
        Letterhead::parse("Pipewright <hello@pipewright.example>", "http://127.0.0.1:4000", "1 Example Street")
            .unwrap();
    App {
        db: context.db.clone(),
        outbox: context.outbox.clone(),
        clock: test.clock.clone(),
        mailer: mail::connect(mail_url).await.unwrap().mailer,
        letterhead: Arc::new(letterhead),
    }
}

/// The files in the service's mail folder.
pub fn mails(test: &ServiceTest) -> Vec<String> {
    let folder = test.service.context.config.data_dir.join("mail");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "eml"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// The path of the unsubscribe link in a mail.
pub fn unsubscribe_path(mail: &str) -> String {
    let (_, link) = mail.split_once("\r\nUnsubscribe: ").unwrap();
    let (_, token) = link.split_once("/u/").unwrap();
    format!("/u/{}", token.lines().next().unwrap())
}
