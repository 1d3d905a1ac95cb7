//! Timelines go along with the records that are merged, and come back with them.

use events::{
    enrichment::{EmailVerified, Verdict},
    lead::{Account, AccountUnmerged, CaptureReceived, Lead, LeadCaptured, LeadUpdated, Redirect, Utm},
};
use kernel::{Actor, BuiltInRole, FormId};
use pipewright_search::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{
    families::{accounts_merged, at, leads_merged, leads_unmerged},
    objects::{hear_account, hear_lead, lead},
    stories::{every, timeline, timelines, titles},
};

const CAPTURED: &str = "The lead was captured from test";
const MERGED: &str = "Leads were merged into one";
const UNMERGED: &str = "A merge of leads was taken back";

/// One lead, and another that says more of the same person.
async fn two_leads(test: &ServiceTest) -> (Lead, Lead) {
    let one = hear_lead(test, "Hedda Weaver", "hedda@looms.example", "Looms").await;
    let other = hear_lead(test, "Hedda Weaver", "weaver@looms.example", "Looms").await;
    let (country, previous) = (Some("DE".to_owned()), other.clone());
    let other = Lead { version: 2, country, ..other };
    test.deliver(&LeadUpdated { previous, current: other.clone() }).await;
    (one, other)
}

async fn seen(test: &ServiceTest, actor: &Actor, lead: &Lead) -> Value {
    let mut answer = timelines(test, actor, "", ("Lead", &[lead.id.to_string()])).await;
    answer["data"]["_entities"][0]["timeline"].take()
}

on_both_engines!(SERVICE, a_survivor_tells_of_all_that_it_is_and_each_tells_its_own_again);
async fn a_survivor_tells_of_all_that_it_is_and_each_tells_its_own_again(test: ServiceTest) {
    let (one, other) = two_leads(&test).await;
    test.deliver(&leads_merged(&test.clock, &at(&other, 3), &one)).await;
    let told = timeline(&test, "Lead", one.id).await;
    let mut all = titles(&told);
    all.sort_unstable();
    assert_eq!(all, [MERGED, CAPTURED, CAPTURED, "The lead was changed"]);
    let changed = titles(&told).iter().position(|title| *title == "The lead was changed").unwrap();
    let record = |lead: &Lead| json!({ "__typename": "Lead", "id": lead.id });
    assert_eq!(*every(&told, "records")[changed], json!([record(&other)]), "whose entry it was");
    assert_eq!(every(&told, "changes")[changed][0]["current"], json!("DE"));
    let merge = titles(&told).iter().position(|title| *title == MERGED).unwrap();
    assert_eq!(every(&told, "records")[merge].as_array().unwrap().len(), 2);
    assert_eq!(every(&told, "type")[merge], &json!("LEAD_MERGED"));
    assert_eq!(timeline(&test, "Lead", other.id).await, told, "by the id of what is merged away");

    test.deliver(&leads_unmerged(&test.clock, &at(&other, 4), one.id)).await;
    let mut own = titles(&timeline(&test, "Lead", one.id).await).into_iter().map(str::to_owned).collect::<Vec<_>>();
    own.sort_unstable();
    assert_eq!(own, [UNMERGED, MERGED, CAPTURED], "one entry for the merge and one for taking it back");
    let told = timeline(&test, "Lead", other.id).await;
    let mut theirs = titles(&told);
    theirs.sort_unstable();
    assert_eq!(theirs, [UNMERGED, MERGED, CAPTURED, "The lead was changed"]);
}

on_both_engines!(SERVICE, what_is_at_an_account_that_is_merged_away_stands_on_its_survivors_page);
async fn what_is_at_an_account_that_is_merged_away_stands_on_its_survivors_page(test: ServiceTest) {
    let (here, there) = (hear_account(&test, "Looms", "").await, hear_account(&test, "Looms Ltd", "").await);
    let member = Lead { account: Some(there.id), ..lead(&test.clock, "Hedda Weaver", "hedda@looms.example", "") };
    test.deliver(&LeadCaptured { current: member.clone() }).await;
    assert_eq!(titles(&timeline(&test, "Account", here.id).await), ["The account was made"]);
    test.deliver(&accounts_merged(&test.clock, Account { version: 2, ..there.clone() }, &here)).await;
    let (verdict, verified_at) = (Verdict::Valid, test.clock.now());
    let email = member.email.clone();
    test.deliver(&EmailVerified { lead: member.id, email, verdict, failed: vec![], verified_at }).await;
    let told = timeline(&test, "Account", here.id).await;
    assert_eq!(titles(&told).len(), 5, "two accounts, their merge, the lead, and what came since: {told}");
    assert!(titles(&told).contains(&"The e-mail address is good"), "{told}");

    let restored = vec![Account { version: 3, ..there.clone() }];
    let redirects = vec![Redirect { from: there.id, to: None }];
    test.deliver(&AccountUnmerged { merge: test.clock.id(), survivor: here.id, restored, redirects }).await;
    assert_eq!(titles(&timeline(&test, "Account", here.id).await).len(), 3);
    let told = timeline(&test, "Account", there.id).await;
    assert!(titles(&told).contains(&CAPTURED), "{told}");
    assert_eq!(titles(&told).len(), 5);
}

on_both_engines!(SERVICE, who_may_read_the_survivor_reads_all_of_it_and_nobody_else_any);
async fn who_may_read_the_survivor_reads_all_of_it_and_nobody_else_any(test: ServiceTest) {
    let (one, other) = two_leads(&test).await;
    let (ada, ben) = (test.user(BuiltInRole::AccountExecutive), test.user(BuiltInRole::AccountExecutive));
    test.route(one.id, &ada).await;
    test.route(other.id, &ben).await;
    let changed = Lead { title: Some("Dyer".into()), version: 2, ..one.clone() };
    let mut merge = leads_merged(&test.clock, &at(&other, 3), &one);
    merge.current = changed;
    test.deliver(&merge).await;
    for lead in [&one, &other] {
        assert_eq!(titles(&seen(&test, &ada, lead).await).len(), 6, "as she reads the lead itself, by either id");
        assert!(titles(&seen(&test, &ben, lead).await).is_empty(), "his lead is hers now");
    }
    test.deliver(&leads_unmerged(&test.clock, &at(&other, 4), one.id)).await;
    assert!(titles(&seen(&test, &ada, &other).await).is_empty());
    let told = seen(&test, &ben, &other).await;
    let merge = titles(&told).iter().position(|title| *title == MERGED).unwrap();
    assert_eq!(*every(&told, "records")[merge], json!([{ "__typename": "Lead", "id": other.id }]));
    assert_eq!(*every(&told, "changes")[merge], json!([]), "what it changed of hers");
    assert!(!told.to_string().contains("Dyer"), "{told}");
}

on_both_engines!(SERVICE, a_form_that_was_submitted_is_told_and_not_what_was_given);
async fn a_form_that_was_submitted_is_told_and_not_what_was_given(test: ServiceTest) {
    let current = hear_lead(&test, "Hedda Weaver", "hedda@looms.example", "Looms").await;
    let form: FormId = test.clock.id();
    let received = CaptureReceived {
        capture: test.clock.id(),
        form,
        lead: current.id,
        email: current.email.clone(),
        created: false,
        page: None,
        variant: Some("b".into()),
        utm: Utm { term: Some("weavers".into()), ..Utm::default() },
        consent: None,
        at: test.clock.now(),
    };
    test.deliver(&received).await;
    let told = timeline(&test, "Lead", current.id).await;
    let entry = &told["edges"][0]["node"];
    assert_eq!((&entry["type"], &entry["title"]), (&json!("CAPTURE_RECEIVED"), &json!("A form was submitted")));
    assert_eq!(entry["capture"], json!({ "formId": form, "landingPageId": null, "variant": "b" }));
    assert!(!told.to_string().contains("hedda") && !told.to_string().contains("weavers"), "{told}");
}
