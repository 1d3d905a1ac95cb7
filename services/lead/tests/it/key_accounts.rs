//! Plans of accounts, and key accounts that are neglected.

use chrono::TimeDelta;
use events::{
    cadence::MessageSent,
    lead::{AccountKeyAttended, AccountKeyNeglected, AccountPlanChanged, ContactTouched, Neglect},
};
use kernel::{
    Action, LeadId, Object,
    access::{Grant, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{account_domains::account, hierarchy::link, leads::capture};

const SET: &str = "mutation($input: SetAccountPlanInput!) { setAccountPlan(input: $input) { account { tier plan {
    version goals risks whitespace stakeholders { role contact { email } } } } errors { code field } } }";
const RULES: &str = "mutation($input: UpdateKeyAccountRulesInput!) { updateKeyAccountRules(input: $input) {
    keyAccountRules { version untouchedDays minContacts withinDays } errors { code field } } }";
const TOUCH: &str =
    "mutation($input: RecordTouchInput!) { recordTouch(input: $input) { contact { email } errors { code field } } }";

async fn set_plan(test: &ServiceTest, input: Value) -> Value {
    test.graphql(SET, json!({ "input": input })).await["setAccountPlan"].take()
}

async fn contact(test: &ServiceTest, email: &str, account: &Value) -> Value {
    const CREATE: &str = "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }";
    let input = json!({ "email": email, "accountId": account });
    test.graphql(CREATE, json!({ "input": input })).await["createContact"]["contact"]["id"].take()
}

async fn touch(test: &ServiceTest, input: Value) -> Value {
    let touched = test.graphql(TOUCH, json!({ "input": input })).await["recordTouch"]["errors"].take();
    test.settle().await;
    touched
}

/// What is amiss with which account, in the order of the kinds' names.
async fn alerts(test: &ServiceTest) -> Vec<(String, String)> {
    const ALERTS: &str = "{ keyAccountAlerts { edges { node { kind account { name } } } } }";
    let found = test.graphql(ALERTS, json!({})).await;
    let edges = found["keyAccountAlerts"]["edges"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut alerts: Vec<_> =
        edges.iter().map(|edge| (text(&edge["node"]["account"]["name"]), text(&edge["node"]["kind"]))).collect();
    alerts.sort();
    alerts
}

fn found(of: &str, kinds: &[&str]) -> Vec<(String, String)> {
    kinds.iter().map(|kind| (of.to_owned(), (*kind).to_owned())).collect()
}

on_both_engines!(SERVICE, an_account_has_a_tier_and_a_plan);
async fn an_account_has_a_tier_and_a_plan(test: ServiceTest) {
    let engines = account(&test, json!({ "name": "Engines" })).await;
    let ada = contact(&test, "ada@engines.example", &engines).await;
    let stakeholders = json!([{ "contactId": ada, "role": "champion" }]);
    let goals = json!(["Renew", " ", "Grow"]);
    let input = json!({ "accountId": engines, "tier": "A", "goals": goals, "stakeholders": stakeholders });
    let set = set_plan(&test, input).await;
    let champion = json!([{ "role": "champion", "contact": { "email": "ada@engines.example" } }]);
    let plan =
        json!({ "version": 1, "goals": ["Renew", "Grow"], "risks": [], "whitespace": [], "stakeholders": champion });
    assert_eq!(set, json!({ "account": { "tier": "A", "plan": plan }, "errors": [] }));
    // What is left out stays, and what stays as it is makes no version.
    let set = set_plan(&test, json!({ "accountId": engines, "version": 1, "tier": null, "risks": ["A merger"] })).await;
    let plan = json!({ "version": 2, "goals": ["Renew", "Grow"], "risks": ["A merger"], "whitespace": [], "stakeholders": champion });
    assert_eq!(set["account"], json!({ "tier": null, "plan": plan }));
    set_plan(&test, json!({ "accountId": engines, "risks": ["A merger"] })).await;
    assert_eq!(test.published::<AccountPlanChanged>().await.len(), 2);

    let nobody = json!([{ "contactId": test.clock.id::<kernel::ContactId>(), "role": "champion" }]);
    for (input, code, field) in [
        (json!({ "accountId": engines, "version": 1, "goals": [] }), "CONFLICT", json!(null)),
        (json!({ "accountId": engines, "stakeholders": nobody }), "NOT_FOUND", json!("stakeholders.contactId")),
        (json!({ "accountId": engines, "goals": vec!["More"; 51] }), "TOO_LONG", json!("goals")),
        (json!({ "accountId": test.clock.id::<kernel::AccountId>(), "tier": "KEY" }), "NOT_FOUND", json!("accountId")),
    ] {
        assert_eq!(set_plan(&test, input).await["errors"], json!([{ "code": code, "field": field }]));
    }
    account(&test, json!({ "name": "Looms" })).await;
    set_plan(&test, json!({ "accountId": engines, "tier": "B" })).await;
    let listed = test.graphql("{ accounts(filter: { tier: B }) { edges { node { name } } } }", json!({})).await;
    assert_eq!(listed["accounts"]["edges"], json!([{ "node": { "name": "Engines" } }]));
}

on_both_engines!(SERVICE, a_key_account_that_nobody_touches_raises_one_alert_until_somebody_does);
async fn a_key_account_that_nobody_touches_raises_one_alert_until_somebody_does(test: ServiceTest) {
    let group = account(&test, json!({ "name": "Group" })).await;
    let engines = account(&test, json!({ "name": "Engines", "domain": "engines.example" })).await;
    link(&test, &engines, &group).await;
    let ada = contact(&test, "ada@engines.example", &engines).await;
    let ben = contact(&test, "ben@group.example", &group).await;
    // Each answered, one of them below.
    assert_eq!(touch(&test, json!({ "contactId": ada, "kind": "MEETING" })).await, json!([]));
    touch(&test, json!({ "contactId": ben, "kind": "CALL" })).await;
    set_plan(&test, json!({ "accountId": group, "tier": "KEY" })).await;
    test.settle().await;
    assert_eq!(alerts(&test).await, []);
    test.clock.advance(TimeDelta::days(29));
    test.settle().await;
    assert_eq!(alerts(&test).await, []);
    test.clock.advance(TimeDelta::days(2));
    test.settle().await;
    assert_eq!(alerts(&test).await, found("Group", &["UNTOUCHED"]));
    test.clock.advance(TimeDelta::days(2));
    test.settle().await;
    let told = test.published::<AccountKeyNeglected>().await;
    assert_eq!((told.len(), told[0].neglect, told[0].because.two_way_contacts), (1, Neglect::Untouched, 2));

    // A mail to a lead below is a touch too.
    let lead = capture(&test, json!({ "email": "eve@engines.example" })).await["lead"]["id"].take();
    let lead: LeadId = lead.as_str().unwrap().parse().unwrap();
    let (message, enrollment, sent_at) = (test.clock.id(), test.clock.id(), test.clock.now());
    test.deliver(&MessageSent { message, enrollment, lead, step: 1, sent_at }).await;
    assert_eq!(alerts(&test).await, []);
    let attended = test.published::<AccountKeyAttended>().await;
    assert_eq!((attended.len(), attended[0].alert), (1, told[0].alert));
    let all = "{ keyAccountAlerts(includeClosed: true) { edges { node { closedAt twoWayContacts } } } }";
    let all = test.graphql(all, json!({})).await;
    let node = &all["keyAccountAlerts"]["edges"][0]["node"];
    assert_eq!((node["closedAt"].is_string(), &node["twoWayContacts"]), (true, &json!(2)));
    // Neglected anew, it is another episode.
    test.clock.advance(TimeDelta::days(31));
    test.settle().await;
    assert_eq!(test.published::<AccountKeyNeglected>().await.len(), 2);
}

on_both_engines!(SERVICE, a_key_account_with_one_who_answers_hangs_on_a_single_thread);
async fn a_key_account_with_one_who_answers_hangs_on_a_single_thread(test: ServiceTest) {
    let engines = account(&test, json!({ "name": "Engines" })).await;
    let [ada, ben] = [contact(&test, "ada@e.example", &engines).await, contact(&test, "ben@e.example", &engines).await];
    let two_way = |contact: &Value, two_way: bool| json!({ "contactId": contact, "kind": "EMAIL", "twoWay": two_way });
    touch(&test, two_way(&ada, true)).await;
    touch(&test, two_way(&ben, false)).await;
    assert_eq!(alerts(&test).await, [], "no key account");
    set_plan(&test, json!({ "accountId": engines, "tier": "KEY" })).await;
    test.settle().await;
    assert_eq!(alerts(&test).await, found("Engines", &["SINGLE_THREADED"]), "Ben has not answered");
    touch(&test, two_way(&ada, true)).await;
    assert_eq!(alerts(&test).await, found("Engines", &["SINGLE_THREADED"]), "still one");
    touch(&test, two_way(&ben, true)).await;
    assert_eq!(alerts(&test).await, []);

    let rules = test.graphql(RULES, json!({ "input": { "minContacts": 3, "version": 1 } })).await;
    let current = json!({ "version": 2, "untouchedDays": 30, "minContacts": 3, "withinDays": 90 });
    assert_eq!(rules["updateKeyAccountRules"], json!({ "keyAccountRules": current, "errors": [] }));
    test.settle().await;
    assert_eq!(alerts(&test).await, found("Engines", &["SINGLE_THREADED"]), "by the new rules");
    set_plan(&test, json!({ "accountId": engines, "tier": "A" })).await;
    assert_eq!(alerts(&test).await, [], "no key account any more");
    let bad = test.graphql(RULES, json!({ "input": { "withinDays": 0 } })).await;
    assert_eq!(bad["updateKeyAccountRules"]["errors"], json!([{ "code": "INVALID_INPUT", "field": "withinDays" }]));
}

on_both_engines!(SERVICE, an_account_is_known_by_who_answered_and_how_lately);
async fn an_account_is_known_by_who_answered_and_how_lately(test: ServiceTest) {
    const HEALTH: &str = "query($id: ID!) { account(id: $id) { relationshipHealth { strength people {
        contact { email } strength twoWayTouches because } } } }";
    const CONVERT: &str =
        "mutation($id: ID!, $account: ID!) { convertLead(input: { id: $id, accountId: $account }) { contact { id } } }";
    let engines = account(&test, json!({ "name": "Engines" })).await;
    let lead = capture(&test, json!({ "email": "ada@e.example" })).await["lead"]["id"].take();
    let (message, enrollment, sent_at) = (test.clock.id(), test.clock.id(), test.clock.now());
    let lead_id: LeadId = lead.as_str().unwrap().parse().unwrap();
    test.deliver(&MessageSent { message, enrollment, lead: lead_id, step: 1, sent_at }).await;
    let converted = test.graphql(CONVERT, json!({ "id": lead, "account": engines })).await;
    let ada = &converted["convertLead"]["contact"]["id"];
    let health = async || test.graphql(HEALTH, json!({ "id": engines })).await["account"]["relationshipHealth"].take();
    let person = |strength: f64, answers: i64, because: &str| json!({ "contact": { "email": "ada@e.example" }, "strength": strength, "twoWayTouches": answers, "because": because });
    let unanswered = person(0.0, 0, "never answered; last touched 0 days ago");
    assert_eq!(health().await, json!({ "strength": 0.0, "people": [unanswered] }), "the mail to the lead that she was");
    touch(&test, json!({ "contactId": ada, "kind": "CALL" })).await;
    assert_eq!(health().await, json!({ "strength": 0.5, "people": [person(0.5, 1, "answered once, 0 days ago")] }));
    test.clock.advance(TimeDelta::days(60));
    assert_eq!(health().await, json!({ "strength": 0.25, "people": [person(0.25, 1, "answered once, 60 days ago")] }));
}

on_both_engines!(SERVICE, a_touch_is_noted_once_for_a_key_and_never_before_it_happens);
async fn a_touch_is_noted_once_for_a_key_and_never_before_it_happens(test: ServiceTest) {
    let engines = account(&test, json!({ "name": "Engines" })).await;
    let ada = contact(&test, "ada@e.example", &engines).await;
    let input = json!({ "contactId": ada, "kind": "CALL", "idempotencyKey": "a-key" });
    assert_eq!(touch(&test, input.clone()).await, json!([]));
    assert_eq!(touch(&test, input).await, json!([]));
    assert_eq!(test.published::<ContactTouched>().await.len(), 1);
    let other = json!({ "contactId": ada, "kind": "MEETING", "idempotencyKey": "a-key" });
    assert_eq!(touch(&test, other).await, json!([{ "code": "IDEMPOTENCY_MISMATCH", "field": "idempotencyKey" }]));
    let tomorrow = test.clock.now() + TimeDelta::days(1);
    let early = json!({ "contactId": ada, "kind": "CALL", "at": tomorrow });
    assert_eq!(touch(&test, early).await, json!([{ "code": "INVALID_INPUT", "field": "at" }]));
}

on_both_engines!(SERVICE, alerts_and_stakeholders_are_shown_to_who_may_read_them);
async fn alerts_and_stakeholders_are_shown_to_who_may_read_them(test: ServiceTest) {
    const ALERTS: &str = "{ keyAccountAlerts { edges { node { twoWayContacts lastTouchAt } } } }";
    let engines = account(&test, json!({ "name": "Engines" })).await;
    let ada = contact(&test, "ada@e.example", &engines).await;
    let stakeholders = json!([{ "contactId": ada, "role": "champion" }]);
    touch(&test, json!({ "contactId": ada, "kind": "CALL" })).await;
    set_plan(&test, json!({ "accountId": engines, "tier": "KEY", "stakeholders": stakeholders })).await;
    test.settle().await;
    let grant =
        |object, scope| Grant { object, scope, actions: [Action::Read].into_iter().collect(), only: Vec::new() };
    let reads = |scope| Grants { grants: vec![grant(Object::Account, scope)], fields: Vec::new() };
    let (own, all) = (test.user_with(reads(Scope::Own)), test.user_with(reads(Scope::All)));
    let shown = async |actor| {
        let mut answer = test.graphql_as(actor, ALERTS, json!({})).await;
        answer["data"]["keyAccountAlerts"]["edges"].take()
    };
    assert_eq!(shown(&own).await, json!([]));
    let uncounted = json!([{ "node": { "twoWayContacts": null, "lastTouchAt": null } }]);
    assert_eq!(shown(&all).await, uncounted, "not out of contacts that one may not read");
    let counted = shown(&test.actor).await;
    assert_eq!(counted[0]["node"]["twoWayContacts"], 1);
    assert!(counted[0]["node"]["lastTouchAt"].is_string());
    let plan = "query($id: ID!) { account(id: $id) { plan { stakeholders { role contact { email } } } } }";
    let shown = test.graphql_as(&all, plan, json!({ "id": engines })).await;
    let nobody = json!([{ "role": "champion", "contact": null }]);
    assert_eq!(shown["data"]["account"]["plan"]["stakeholders"], nobody);
    let refused = test.graphql_as(&all, SET, json!({ "input": { "accountId": engines, "tier": "A" } })).await;
    let code = refused["data"]["setAccountPlan"]["errors"][0]["code"].as_str();
    assert_eq!(code.or(refused["errors"][0]["extensions"]["code"].as_str()), Some("FORBIDDEN"), "{refused}");
}

on_both_engines!(SERVICE, nobody_takes_away_stakeholders_or_counts_touches_that_they_may_not_read);
async fn nobody_takes_away_stakeholders_or_counts_touches_that_they_may_not_read(test: ServiceTest) {
    const CREATE: &str =
        "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } errors { code } } }";
    const CONVERT: &str =
        "mutation($id: ID!, $account: ID!) { convertLead(input: { id: $id, accountId: $account }) { contact { id } } }";
    const HEALTH: &str = "query($id: ID!) { account(id: $id) { relationshipHealth { people { twoWayTouches } } } }";
    let engines = account(&test, json!({ "name": "Engines" })).await;
    let ada = contact(&test, "ada@e.example", &engines).await;
    let stakeholder = |contact: &Value, role: &str| json!({ "contactId": contact, "role": role });
    set_plan(&test, json!({ "accountId": engines, "stakeholders": [stakeholder(&ada, "champion")] })).await;
    let grant = |object, scope, actions: &[Action]| Grant {
        object,
        scope,
        actions: actions.iter().copied().collect(),
        only: Vec::new(),
    };
    let write = [Action::Create, Action::Read, Action::Update];
    let grants = vec![grant(Object::Account, Scope::All, &write), grant(Object::Contact, Scope::Own, &write)];
    let user = test.user_with(Grants { grants, fields: Vec::new() });
    let input = json!({ "email": "ben@e.example", "accountId": engines });
    let mut made = test.graphql_as(&user, CREATE, json!({ "input": input })).await;
    let ben = made["data"]["createContact"]["contact"]["id"].take();
    let input = json!({ "accountId": engines, "stakeholders": [stakeholder(&ben, "buyer")] });
    let set = test.graphql_as(&user, SET, json!({ "input": input })).await;
    let roles =
        json!([{ "role": "buyer", "contact": { "email": "ben@e.example" } }, { "role": "champion", "contact": null }]);
    assert_eq!(set["data"]["setAccountPlan"]["account"]["plan"]["stakeholders"], roles, "{set}");
    set_plan(&test, json!({ "accountId": engines, "stakeholders": [] })).await;
    let plan = "query($id: ID!) { account(id: $id) { plan { stakeholders { role } } } }";
    let shown = test.graphql(plan, json!({ "id": engines })).await;
    assert_eq!(shown["account"]["plan"]["stakeholders"], json!([]), "who sees all takes all away");

    // A lead that became a contact: its touches are told to who may read it.
    let lead = capture(&test, json!({ "email": "eve@e.example" })).await["lead"]["id"].take();
    let (message, enrollment, sent_at) = (test.clock.id(), test.clock.id(), test.clock.now());
    let lead_id: LeadId = lead.as_str().unwrap().parse().unwrap();
    test.deliver(&MessageSent { message, enrollment, lead: lead_id, step: 1, sent_at }).await;
    test.graphql(CONVERT, json!({ "id": lead, "account": engines })).await;
    let reads = |object| grant(object, Scope::All, &[Action::Read]);
    let no_leads = Grants { grants: vec![reads(Object::Account), reads(Object::Contact)], fields: Vec::new() };
    let shown = test.graphql_as(&test.user_with(no_leads), HEALTH, json!({ "id": engines })).await;
    assert_eq!(shown["data"]["account"]["relationshipHealth"]["people"], json!([]));
    let shown = test.graphql(HEALTH, json!({ "id": engines })).await;
    assert_eq!(shown["account"]["relationshipHealth"]["people"], json!([{ "twoWayTouches": 0 }]));
}
