//! What an account adds up to with all below it.

use events::{
    cadence::MessageSent,
    pipeline::{Opportunity, OpportunityCreated, OpportunityState, OpportunityUpdated},
};
use kernel::{
    AccountId, Action, Actor, BuiltInRole, Clock, Currency, Money, Object,
    access::{FieldRule, Grant, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{account_domains::account, hierarchy::link, leads::capture};

const ROLLUP: &str = "query($id: ID!) { account(id: $id) { rollup { accounts openOpportunities
    openPipeline { amount { minor currency } opportunities } lastTouchAt } } }";

/// An open one, worth 100 euro.
pub fn opportunity(clock: &Clock, account: AccountId) -> Opportunity {
    Opportunity {
        id: clock.id(),
        version: 1,
        name: "Looms".into(),
        account,
        contact: None,
        stage: clock.id(),
        stage_name: "Discovery".into(),
        state: OpportunityState::Open,
        amount: Some(Money { minor: 10_000, currency: Currency::EUR }),
        owner: None,
        created_at: clock.now(),
    }
}

async fn rollup(test: &ServiceTest, actor: &Actor, account: &Value) -> Value {
    let answer = test.graphql_as(actor, ROLLUP, json!({ "id": account })).await;
    answer["data"]["account"]["rollup"].clone()
}

fn id(account: &Value) -> AccountId {
    account.as_str().unwrap().parse().unwrap()
}

on_both_engines!(SERVICE, a_parent_adds_up_the_open_pipeline_below_it);
async fn a_parent_adds_up_the_open_pipeline_below_it(test: ServiceTest) {
    let group = account(&test, json!({ "name": "Group" })).await;
    let engines = account(&test, json!({ "name": "Engines" })).await;
    link(&test, &engines, &group).await;
    let [own, below] = [&group, &engines].map(|account| opportunity(&test.clock, id(account)));
    let dollars = Opportunity {
        amount: Some(Money { minor: 500, currency: Currency::USD }),
        ..opportunity(&test.clock, id(&engines))
    };
    let unpriced = Opportunity { amount: None, ..opportunity(&test.clock, id(&engines)) };
    for current in [&own, &below, &dollars, &unpriced] {
        test.deliver(&OpportunityCreated { current: current.clone() }).await;
    }
    let euro = |minor: i64, opportunities: i64| json!({ "amount": { "minor": minor, "currency": "EUR" }, "opportunities": opportunities });
    let dollar = json!({ "amount": { "minor": 500, "currency": "USD" }, "opportunities": 1 });
    let all = rollup(&test, &test.actor, &group).await;
    assert_eq!(all["openPipeline"], json!([euro(20_000, 2), dollar]));
    assert_eq!(
        (&all["accounts"], &all["openOpportunities"], &all["lastTouchAt"]),
        (&json!(2), &json!(4), &json!(null))
    );
    assert_eq!(rollup(&test, &test.actor, &engines).await["openPipeline"], json!([euro(10_000, 1), dollar]));

    // Won, it is no longer open; what comes late changes nothing.
    let won = Opportunity { version: 2, state: OpportunityState::Won, ..below.clone() };
    test.deliver(&OpportunityUpdated { previous: below.clone(), current: won }).await;
    test.deliver(&OpportunityCreated { current: below }).await;
    let all = rollup(&test, &test.actor, &group).await;
    assert_eq!((&all["openPipeline"], &all["openOpportunities"]), (&json!([euro(10_000, 1), dollar]), &json!(3)));

    let mut grants = BuiltInRole::Admin.grants();
    grants.fields.push(FieldRule { object: Object::Opportunity, field: "amount".into(), hidden: true });
    let hidden = rollup(&test, &test.user_with(grants), &group).await;
    assert_eq!((&hidden["openPipeline"], &hidden["openOpportunities"]), (&json!([]), &json!(3)));
    let grant =
        |object, scope| Grant { object, scope, actions: [Action::Read].into_iter().collect(), only: Vec::new() };
    let grants = vec![grant(Object::Account, Scope::All), grant(Object::Opportunity, Scope::Own)];
    let user = test.user_with(Grants { grants, fields: Vec::new() });
    let nothing = rollup(&test, &user, &group).await;
    assert_eq!((&nothing["accounts"], &nothing["openOpportunities"]), (&json!(2), &json!(0)), "none of them is theirs");
}

on_both_engines!(SERVICE, a_mail_to_somebody_below_is_the_last_touch);
async fn a_mail_to_somebody_below_is_the_last_touch(test: ServiceTest) {
    let group = account(&test, json!({ "name": "Group" })).await;
    let engines = account(&test, json!({ "name": "Engines", "domain": "engines.example" })).await;
    link(&test, &engines, &group).await;
    let lead = capture(&test, json!({ "email": "ada@engines.example" })).await["lead"]["id"].take();
    let lead: kernel::LeadId = lead.as_str().unwrap().parse().unwrap();
    let sent = async |days: i64| {
        let sent_at = test.clock.now() - chrono::TimeDelta::days(days);
        let (message, enrollment) = (test.clock.id(), test.clock.id());
        test.deliver(&MessageSent { message, enrollment, lead, step: 1, sent_at }).await;
        json!(sent_at)
    };
    let first = sent(2).await;
    sent(3).await;
    let shown = rollup(&test, &test.actor, &group).await["lastTouchAt"].take();
    let time = |value: &Value| chrono::DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap();
    assert_eq!(time(&shown), time(&first), "whatever comes late");
}

on_both_engines!(SERVICE, an_amount_beyond_all_bounds_is_left_out_of_the_sum);
async fn an_amount_beyond_all_bounds_is_left_out_of_the_sum(test: ServiceTest) {
    let engines = account(&test, json!({ "name": "Engines" })).await;
    let worth = |minor: i64| Opportunity {
        amount: Some(Money { minor, currency: Currency::EUR }),
        ..opportunity(&test.clock, id(&engines))
    };
    for current in [worth(i64::MAX), worth(i64::MAX), worth(700)] {
        test.deliver(&OpportunityCreated { current }).await;
    }
    let all = rollup(&test, &test.actor, &engines).await;
    let told = json!([{ "amount": { "minor": 700, "currency": "EUR" }, "opportunities": 1 }]);
    assert_eq!((&all["openPipeline"], &all["openOpportunities"]), (&told, &json!(3)));
}
