use events::{
    Envelope,
    enrichment::{EmailVerified, LeadEnriched, RunStatus},
    lead::{AccountCreated, Lead, LeadCaptured, LeadUpdated},
};
use kernel::Actor;
use pipewright_enrichment::{SERVICE, store};
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::build::{account, found, lead, read};

on_both_engines!(SERVICE, a_captured_lead_is_enriched_from_its_account_form_address_and_title);
async fn a_captured_lead_is_enriched_from_its_account_form_address_and_title(test: ServiceTest) {
    let engines = events::lead::Account {
        domain: Some("engines.example".into()),
        industry: Some("Industrials".into()),
        country: Some("Saint Paul, Minnesota".into()),
        ..account(&test, "Engines")
    };
    test.deliver(&AccountCreated { current: engines }).await;
    let current = Lead {
        title: Some("Head of Revenue Operations".into()),
        country: Some("Sweden".into()),
        employees: Some("16034".into()),
        ..lead(&test, "ada@engines.example")
    };
    test.deliver(&LeadCaptured { current: current.clone() }).await;
    let lead = read(&test, current.id).await;
    assert_eq!(lead["enrichment"]["status"], json!("COMPLETE"));
    assert_eq!(
        found(&lead),
        json!([
            ["industry", "Industrials", "account_base"],
            ["country", "US", "account_base"],
            ["employees", "10001+", "form"],
            ["company_domain", "engines.example", "account_base"],
            ["seniority", "Head", "title_parser"],
            ["department", "Sales", "title_parser"],
        ])
    );
    let calls = lead["enrichment"]["calls"].as_array().unwrap();
    assert!(calls.contains(&json!({ "provider": "form", "field": "country", "outcome": "SKIPPED", "value": null })));
    assert!(
        calls.contains(&json!({ "provider": "account_base", "field": "employees", "outcome": "MISS", "value": null }))
    );
    assert!(calls.contains(&json!({ "provider": "form", "field": "employees", "outcome": "HIT", "value": "10001+" })));

    let published = test.published::<LeadEnriched>().await;
    assert_eq!(published.len(), 1);
    assert_eq!(
        (published[0].lead, published[0].lead_version, published[0].status),
        (current.id, 1, RunStatus::Complete)
    );
    assert_eq!(json!(published[0].run), lead["enrichment"]["id"]);
    assert_eq!((published[0].fields[0].value.as_str(), published[0].fields[0].confidence), ("Industrials", 0.9));
    assert_eq!(published[0].fields[0].observed_at, test.clock.now());
}

on_both_engines!(SERVICE, a_run_that_finds_nothing_is_told_too);
async fn a_run_that_finds_nothing_is_told_too(test: ServiceTest) {
    let current = lead(&test, "ada@gmail.com");
    test.deliver(&LeadCaptured { current: current.clone() }).await;
    assert_eq!(read(&test, current.id).await["enrichment"]["status"], json!("EMPTY"));
    let published = test.published::<LeadEnriched>().await;
    assert_eq!((published[0].status, published[0].fields.len()), (RunStatus::Empty, 0));
}

on_both_engines!(SERVICE, only_an_update_that_tells_providers_something_starts_a_run);
async fn only_an_update_that_tells_providers_something_starts_a_run(test: ServiceTest) {
    let first = lead(&test, "ada@gmail.com");
    test.deliver(&LeadCaptured { current: first.clone() }).await;
    let second = Lead { version: 2, source: "Partner".into(), ..first.clone() };
    test.deliver(&LeadUpdated { previous: first.clone(), current: second.clone() }).await;
    assert_eq!(read(&test, first.id).await["enrichment"]["leadVersion"], json!(1));
    let third = Lead { version: 3, company_domain: Some("engines.example".into()), ..second.clone() };
    test.deliver(&LeadUpdated { previous: second, current: third }).await;
    let lead = read(&test, first.id).await;
    assert_eq!(lead["enrichment"]["leadVersion"], json!(3));
    assert_eq!(found(&lead), json!([["company_domain", "engines.example", "form"]]));
    assert_eq!(test.published::<LeadEnriched>().await.len(), 2);
}

on_both_engines!(SERVICE, captured_may_come_after_updated);
async fn captured_may_come_after_updated(test: ServiceTest) {
    let first = lead(&test, "ada@engines.example");
    let second = Lead { version: 2, title: Some("CTO".into()), ..first.clone() };
    test.deliver(&LeadUpdated { previous: first.clone(), current: second }).await;
    test.deliver(&LeadCaptured { current: first.clone() }).await;
    let lead = read(&test, first.id).await;
    assert_eq!((&lead["verification"]["verdict"], &lead["enrichment"]["leadVersion"]), (&json!("VALID"), &json!(2)));
    assert_eq!((test.published::<LeadEnriched>().await.len(), test.published::<EmailVerified>().await.len()), (1, 1));
}

on_both_engines!(SERVICE, an_event_that_is_handled_twice_has_one_effect);
async fn an_event_that_is_handled_twice_has_one_effect(test: ServiceTest) {
    let envelope = captured(&test, lead(&test, "ada@engines.example"));
    // Past the inbox, as a replay from the lead service's outbox would come.
    for _ in 0..2 {
        let mut tx = test.service.context.db.of(test.actor.workspace).begin().await.unwrap();
        test.service.inboxes()[0].handler().apply.handle(&mut tx, &envelope).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!((test.published::<LeadEnriched>().await.len(), test.published::<EmailVerified>().await.len()), (1, 1));
}

on_both_engines!(SERVICE, a_stored_run_plays_again_with_the_same_outcome);
async fn a_stored_run_plays_again_with_the_same_outcome(test: ServiceTest) {
    let engines = account(&test, "Engines");
    test.deliver(&AccountCreated {
        current: events::lead::Account { industry: Some("Industrials".into()), ..engines.clone() },
    })
    .await;
    let current = Lead { account: Some(engines.id), title: Some("CFO".into()), ..lead(&test, "ada@engines.de") };
    test.deliver(&LeadCaptured { current }).await;
    let event = test.published::<LeadEnriched>().await.remove(0);
    let run = store::runs::by_ids(&test.service.context.db, &test.actor, &[event.run]).await.unwrap().remove(0);
    let again = run.replay().expect("the waterfall has the version it had");
    assert_eq!((again.status, again.fields, again.calls), (run.status, run.fields, run.calls));
    assert_eq!(run.inputs_hash, kernel::inputs_hash(&serde_json::to_value(&run.inputs).unwrap()));
}

on_both_engines!(SERVICE, a_full_batch_costs_a_few_statements_an_event);
async fn a_full_batch_costs_a_few_statements_an_event(test: ServiceTest) {
    let envelopes: Vec<Envelope> =
        (0..128).map(|number| captured(&test, lead(&test, &format!("ada{number}@engines.example")))).collect();
    let (statements, ()) = test.statements(test.deliver_envelopes(&envelopes)).await;
    assert_eq!(test.published::<LeadEnriched>().await.len(), 128);
    assert!(statements <= 7 * 128, "{statements}");
}

fn captured(test: &ServiceTest, current: Lead) -> Envelope {
    let actor = Actor::system(test.actor.workspace, "lead");
    Envelope::wrap("lead", test.clock.id(), test.clock.now(), &actor, None, &LeadCaptured { current }).unwrap()
}
