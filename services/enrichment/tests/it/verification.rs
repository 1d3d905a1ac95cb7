use events::{
    enrichment::{EmailVerified, Verdict},
    lead::{LeadCaptured, LeadUpdated},
};
use kernel::Permission;
use pipewright_enrichment::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::build::{lead, read};

on_both_engines!(SERVICE, a_captured_lead_is_verified_and_the_verdict_published);
async fn a_captured_lead_is_verified_and_the_verdict_published(test: ServiceTest) {
    let mut ids = Vec::new();
    for (email, verdict) in
        [("ada@engines.example", "VALID"), ("info@gmail.com", "RISKY"), ("ada@mailinator.com", "INVALID")]
    {
        let current = lead(&test, email);
        test.deliver(&LeadCaptured { current: current.clone() }).await;
        assert_eq!(read(&test, current.id).await["verification"]["verdict"], json!(verdict), "{email}");
        ids.push(current.id);
        // Events of one instant have no order.
        test.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let published = test.published::<EmailVerified>().await;
    assert_eq!(published.iter().map(|event| event.lead).collect::<Vec<_>>(), ids);
    assert_eq!(published[1].verdict, Verdict::Risky);
    assert_eq!(published[1].failed, ["role", "free_mail"]);
    assert_eq!(published[2].failed, ["disposable"]);
    assert_eq!(published[2].verified_at, test.clock.now() - chrono::TimeDelta::seconds(1));
    let checks = &read(&test, ids[2]).await["verification"]["checks"];
    assert_eq!(checks[2], json!({ "name": "DISPOSABLE", "passed": false }));
}

on_both_engines!(SERVICE, an_address_that_stays_is_verified_once);
async fn an_address_that_stays_is_verified_once(test: ServiceTest) {
    let previous = lead(&test, "ada@engines.example");
    test.deliver(&LeadCaptured { current: previous.clone() }).await;
    let mut current = previous.clone();
    current.version = 2;
    current.title = Some("CTO".into());
    test.deliver(&LeadUpdated { previous, current }).await;
    assert_eq!(test.published::<EmailVerified>().await.len(), 1);
}

on_both_engines!(SERVICE, another_address_of_the_same_domain_is_verified_too);
async fn another_address_of_the_same_domain_is_verified_too(test: ServiceTest) {
    let previous = lead(&test, "ada@engines.example");
    test.deliver(&LeadCaptured { current: previous.clone() }).await;
    let current = events::lead::Lead {
        version: 2,
        email: kernel::EmailAddress::parse("info@engines.example").unwrap(),
        ..previous.clone()
    };
    test.deliver(&LeadUpdated { previous, current: current.clone() }).await;
    // Events of one instant have no order.
    let published = test.published::<EmailVerified>().await;
    assert!(published.len() == 2 && published.iter().any(|event| event.email == current.email), "{published:?}");
    assert_eq!(read(&test, current.id).await["verification"]["verdict"], json!("RISKY"));
}

#[tokio::test]
async fn any_text_can_be_verified_and_nothing_is_stored() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let query = "query($email: String!) { verifyEmail(email: $email) { verdict verifiedAt checks { name passed } } }";
    let (statements, answer) = test.statements(test.graphql(query, json!({ "email": "no address" }))).await;
    assert_eq!(answer["verifyEmail"]["verdict"], json!("INVALID"));
    assert_eq!(answer["verifyEmail"]["checks"], json!([{ "name": "SYNTAX", "passed": false }]));
    assert_eq!(statements, 0);
    let answer = test.graphql(query, json!({ "email": " Ada@Engines.example " })).await;
    assert_eq!(answer["verifyEmail"]["verdict"], json!("VALID"));
    assert_eq!(test.published::<EmailVerified>().await, []);
}

#[tokio::test]
async fn verifying_needs_the_permission_to_read() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let mut actor = test.actor.clone();
    actor.permissions = vec![Permission::Write];
    let answer =
        test.graphql_as(&actor, "{ verifyEmail(email: \"ada@engines.example\") { verdict } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], json!("FORBIDDEN"));
}
