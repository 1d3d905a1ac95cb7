//! A timeline shows nothing that the records themselves would not.

use chrono::TimeDelta;
use events::lead::{Account, AccountUpdated, Lead, LeadCaptured, LeadUpdated};
use kernel::{
    Actor, BuiltInRole, Object,
    access::{Action, FieldRule, Grant, Grants, Scope},
};
use pipewright_search::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::stories::{Story, WHOLE, every, timelines, titles};

async fn seen(test: &ServiceTest, actor: &Actor, kind: &str, id: impl ToString) -> Value {
    let mut answer = timelines(test, actor, "", (kind, &[id.to_string()])).await;
    answer["data"]["_entities"][0]["timeline"].take()
}

fn reads(object: Object, scope: Scope) -> Grant {
    Grant { object, actions: [Action::Read].into(), scope, only: Vec::new() }
}

on_both_engines!(SERVICE, who_may_not_read_a_record_sees_nothing_of_its_timeline);
async fn who_may_not_read_a_record_sees_nothing_of_its_timeline(test: ServiceTest) {
    let story = Story::told(&test, &|_| TimeDelta::zero());
    test.deliver_envelopes(&story.envelopes).await;
    let owner = test.user(BuiltInRole::AccountExecutive);
    test.route(story.lead, &owner).await;
    let other = test.user(BuiltInRole::AccountExecutive);
    assert_eq!(titles(&seen(&test, &owner, "Lead", story.lead).await).len(), 7);
    assert!(titles(&seen(&test, &other, "Lead", story.lead).await).is_empty());
    assert!(titles(&seen(&test, &test.stranger(), "Lead", story.lead).await).is_empty(), "another workspace");
    let nobody = test.user_with(Grants::default());
    for (kind, id) in [("Account", story.account.to_string()), ("Opportunity", story.opportunity.to_string())] {
        assert!(titles(&seen(&test, &nobody, kind, id).await).is_empty());
    }
}

on_both_engines!(SERVICE, an_account_leaves_out_what_happened_to_records_of_others);
async fn an_account_leaves_out_what_happened_to_records_of_others(test: ServiceTest) {
    let story = Story::told(&test, &|_| TimeDelta::zero());
    test.deliver_envelopes(&story.envelopes).await;
    let grants = vec![reads(Object::Account, Scope::All), reads(Object::Lead, Scope::Own)];
    let user = test.user_with(Grants { grants, fields: Vec::new() });
    let told = seen(&test, &user, "Account", story.account).await;
    assert_eq!(titles(&told), [WHOLE[2], WHOLE[8]], "of the lead only that it came to the account");
    let converted = &told["edges"][0]["node"];
    assert_eq!(converted["records"], json!([{ "__typename": "Account", "id": story.account }]));
    assert_eq!(converted["changes"], json!([]), "the lead's are not told");
    test.route(story.lead, &user).await;
    let told = seen(&test, &user, "Account", story.account).await;
    assert_eq!(titles(&told)[1..], [&WHOLE[2..8], &WHOLE[8..]].concat(), "now it is theirs");
}

on_both_engines!(SERVICE, what_a_hidden_field_was_and_is_stays_hidden);
async fn what_a_hidden_field_was_and_is_stays_hidden(test: ServiceTest) {
    let hidden = |object, field: &str| FieldRule { object, field: field.into(), hidden: true };
    let fields = vec![hidden(Object::Lead, "title"), hidden(Object::Account, "industry")];
    let discreet = test.user_with(Grants { fields, ..Grants::everything() });
    let story = Story::told(&test, &|_| TimeDelta::zero());
    test.deliver_envelopes(&story.envelopes[..2]).await;
    let lead = story.envelopes[1].payload::<LeadCaptured>().unwrap().current;
    let (title, country) = (Some("Dyer".to_owned()), Some("DE".to_owned()));
    test.deliver(&LeadUpdated { previous: lead.clone(), current: Lead { version: 2, title, country, ..lead } }).await;
    let account = story.envelopes[0].payload::<events::lead::AccountCreated>().unwrap().current;
    let current = Account { version: 2, industry: Some("Textiles".into()), ..account.clone() };
    test.deliver(&AccountUpdated { previous: account, current }).await;

    let everything = seen(&test, &test.actor, "Account", story.account).await;
    assert!(everything.to_string().contains("Dyer") && everything.to_string().contains("Textiles"), "{everything}");
    let told = seen(&test, &discreet, "Account", story.account).await;
    let country = json!([{ "field": "country", "previous": null, "current": "DE" }]);
    assert_eq!(every(&told, "changes")[..2], [&json!([]), &country]);
}
