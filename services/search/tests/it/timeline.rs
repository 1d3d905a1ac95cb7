//! What a record's page tells, and in what order.

use chrono::TimeDelta;
use events::{
    Envelope,
    lead::{Lead, LeadCaptured, LeadUpdated},
    pipeline::{Opportunity, OpportunityUpdated},
};
use kernel::Money;
use pipewright_search::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{
    objects::{lead, opportunity},
    stories::{Story, WHOLE, contact_made, every, shuffled, timeline, timelines, titles},
};

/// Routing's clock is an hour behind, cadence's an hour ahead.
fn skew(service: &str) -> TimeDelta {
    match service {
        "routing" => TimeDelta::hours(-1),
        "enrichment" => TimeDelta::minutes(-30),
        _ => TimeDelta::zero(),
    }
}

on_both_engines!(SERVICE, an_account_tells_what_happened_to_its_lead_contact_and_opportunity);
async fn an_account_tells_what_happened_to_its_lead_contact_and_opportunity(test: ServiceTest) {
    let story = Story::told(&test, &skew);
    test.deliver_envelopes(&story.envelopes).await;
    let told = timeline(&test, "Account", story.account).await;
    assert_eq!(titles(&told), WHOLE, "no effect before its cause, though the clocks say so");
    // The contact was a lead before; the opportunity begins with the conversion.
    let told = timeline(&test, "Contact", story.contact).await;
    assert_eq!(titles(&told), WHOLE[..8]);
    assert_eq!(titles(&timeline(&test, "Lead", story.lead).await), WHOLE[2..8]);
    assert_eq!(titles(&timeline(&test, "Opportunity", story.opportunity).await), WHOLE[..3]);
}

on_both_engines!(SERVICE, an_entry_says_who_did_what_and_why);
async fn an_entry_says_who_did_what_and_why(test: ServiceTest) {
    let mut story = Story::told(&test, &skew);
    let user: kernel::UserId = test.clock.id();
    story.envelopes[8].actor = user.to_string();
    test.deliver_envelopes(&story.envelopes).await;
    let told = timeline(&test, "Account", story.account).await;
    let (won, converted, routed) = (&told["edges"][0]["node"], &told["edges"][2]["node"], &told["edges"][5]["node"]);
    assert_eq!(won["actor"], json!({ "name": user, "user": { "id": user } }));
    assert_eq!(won["type"], json!("OPPORTUNITY_STAGE_CHANGED"));
    let changes = json!([{ "field": "stage", "previous": "Discovery", "current": "Won" },
        { "field": "state", "previous": "open", "current": "won" }]);
    assert_eq!(won["changes"], changes);
    assert_eq!(converted["actor"], json!({ "name": "tester", "user": null }));
    let record = |kind: &str, id: String| json!({ "__typename": kind, "id": id });
    let mut about = converted["records"].as_array().unwrap().clone();
    about.sort_by_key(|record| record["__typename"].to_string());
    let expected = [
        record("Account", story.account.to_string()),
        record("Contact", story.contact.to_string()),
        record("Lead", story.lead.to_string()),
        record("Opportunity", story.opportunity.to_string()),
    ];
    assert_eq!(about, expected);
    assert_eq!(routed["causedBy"], told["edges"][6]["node"]["id"]);
    assert_eq!(
        routed["occurredAt"],
        json!(story.envelopes[3].time.to_rfc3339_opts(chrono::SecondsFormat::Secs, false))
    );
    assert!(routed["decision"]["id"].as_str().is_some_and(|id| id.starts_with("dec_")), "{routed}");
}

on_both_engines!(SERVICE, a_record_that_changes_hands_takes_its_history_along);
async fn a_record_that_changes_hands_takes_its_history_along(test: ServiceTest) {
    let story = Story::told(&test, &|_| TimeDelta::zero());
    test.deliver_envelopes(&story.envelopes[..2]).await;
    let (here, there) = (story.account.to_string(), test.clock.id::<kernel::AccountId>());
    assert_eq!(
        titles(&timeline(&test, "Account", &here).await),
        ["The lead was captured from test", "The account was made"]
    );
    let previous = story.envelopes[1].payload::<LeadCaptured>().unwrap().current;
    let moved = |version| Lead { version, account: Some(there), ..previous.clone() };
    test.deliver(&LeadUpdated { previous: previous.clone(), current: moved(3) }).await;
    // What is late changes nothing.
    let late = Lead { version: 2, ..previous.clone() };
    test.deliver(&LeadUpdated { previous: previous.clone(), current: late }).await;
    assert_eq!(titles(&timeline(&test, "Account", &here).await), ["The account was made"]);
    let told = timeline(&test, "Account", there).await;
    assert_eq!(titles(&told), ["The lead was changed", "The lead was changed", "The lead was captured from test"]);
}

on_both_engines!(SERVICE, pages_hold_every_entry_once);
async fn pages_hold_every_entry_once(test: ServiceTest) {
    let story = Story::told(&test, &skew);
    test.deliver_envelopes(&story.envelopes).await;
    test.deliver(&contact_made(&test, story.account, story.contact)).await;
    let whole = timeline(&test, "Account", story.account).await;
    assert_eq!(titles(&whole).len(), WHOLE.len() + 1);
    let (mut pages, mut after) = (Vec::new(), Value::Null);
    loop {
        let arguments = format!("(first: 3, after: {after})");
        let answer = timelines(&test, &test.actor, &arguments, ("Account", &[story.account.to_string()])).await;
        let list = &answer["data"]["_entities"][0]["timeline"];
        pages.extend(every(list, "id").into_iter().cloned());
        after = list["pageInfo"]["endCursor"].clone();
        if list["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(pages.iter().collect::<Vec<_>>(), every(&whole, "id"));
    let chosen = "(types: [MESSAGE_SENT, LEAD_CAPTURED])";
    let answer = timelines(&test, &test.actor, chosen, ("Account", &[story.account.to_string()])).await;
    assert_eq!(titles(&answer["data"]["_entities"][0]["timeline"]), [WHOLE[3], WHOLE[7]]);
    for (arguments, code) in [("(first: 0)", "INVALID_INPUT"), ("(after: \"x\")", "INVALID_CURSOR")] {
        let answer = timelines(&test, &test.actor, arguments, ("Account", &[story.account.to_string()])).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], json!(code), "{answer}");
    }
}

on_both_engines!(SERVICE, a_page_of_many_records_costs_the_statements_of_one);
async fn a_page_of_many_records_costs_the_statements_of_one(test: ServiceTest) {
    let mut leads = Vec::new();
    for number in 0..40 {
        let current = lead(&test.clock, "Hedda Weaver", &format!("hedda{number}@looms.example"), "");
        leads.push(current.id.to_string());
        test.deliver(&LeadCaptured { current }).await;
    }
    let ask = |ids: &[String]| {
        let ids = ids.to_vec();
        let test = &test;
        async move { test.statements(timelines(test, &test.actor, "(first: 1)", ("Lead", &ids))).await }
    };
    let (one, _) = ask(&leads[..1]).await;
    let (many, answer) = ask(&leads).await;
    assert_eq!(one, many);
    for record in answer["data"]["_entities"].as_array().unwrap() {
        assert_eq!(titles(&record["timeline"]), ["The lead was captured from test"]);
    }
}

on_both_engines!(SERVICE, what_an_opportunity_is_worth_is_told_when_it_changes);
async fn what_an_opportunity_is_worth_is_told_when_it_changes(test: ServiceTest) {
    let previous = opportunity(&test.clock, "Looms");
    let amount = Some(Money { minor: 4200, currency: kernel::Currency::EUR });
    let current = Opportunity { version: 2, amount, ..previous.clone() };
    test.deliver(&OpportunityUpdated { previous, current: current.clone() }).await;
    let told = timeline(&test, "Opportunity", current.id).await;
    assert_eq!(every(&told, "changes"), [&json!([{ "field": "amount", "previous": null, "current": "4200 EUR" }])]);
}

#[tokio::test]
async fn an_event_that_would_follow_from_itself_is_refused() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let story = Story::told(&test, &skew);
    let mut ring: Vec<Envelope> = story.envelopes[1..4].to_vec();
    ring[0].causation = Some(ring[2].id);
    let db = &test.service.context.db;
    assert!(pipewright_search::replay(db, &ring).await.is_err());
    assert!(titles(&timeline(&test, "Lead", story.lead).await).is_empty(), "all of the page or nothing");
    let whole = shuffled(&test, &story.envelopes);
    assert_eq!(pipewright_search::replay(db, &whole).await.unwrap(), whole.len());
}
