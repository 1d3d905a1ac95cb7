//! Accounts above and below accounts.

use events::{cadence::MessageSent, lead::AccountHierarchyChanged, pipeline::OpportunityCreated};
use kernel::{
    Action, Actor, Object,
    access::{Grant, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{account_domains::account, leads::capture, rollup::opportunity};

const LINK: &str = "mutation($child: ID!, $parent: ID) { linkAccounts(input: { childId: $child, parentId: $parent }) {
    account { name } errors { code field message } } }";

/// Puts an account below another; gives the errors.
pub async fn link(test: &ServiceTest, child: &Value, parent: &Value) -> Value {
    test.graphql(LINK, json!({ "child": child, "parent": parent })).await["linkAccounts"]["errors"].take()
}

/// Group, which is above Engines, which is above Boilers and Pistons.
async fn tree(test: &ServiceTest) -> [Value; 4] {
    let mut made = Vec::new();
    for name in ["Group", "Engines", "Boilers", "Pistons"] {
        made.push(account(test, json!({ "name": name, "domain": format!("{name}.example") })).await);
    }
    for (child, parent) in [(1, 0), (2, 1), (3, 1)] {
        assert_eq!(link(test, &made[child], &made[parent]).await, json!([]));
    }
    made.try_into().unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    let nodes = list["edges"].as_array().unwrap().iter().map(|edge| &edge["node"]);
    let mut names: Vec<&str> = nodes.map(|node| node["name"].as_str().or(node["email"].as_str()).unwrap()).collect();
    names.sort_unstable();
    names
}

on_both_engines!(SERVICE, an_account_shows_who_is_above_and_below_it);
async fn an_account_shows_who_is_above_and_below_it(test: ServiceTest) {
    const SHOW: &str = "query($id: ID!) { account(id: $id) { parent { name } ancestors { name } ultimateParent { name }
        children { totalCount edges { node { name } } } } }";
    let [group, engines, boilers, _] = tree(&test).await;
    let show = async |id: &Value| test.graphql(SHOW, json!({ "id": id })).await["account"].take();
    let top = show(&group).await;
    assert_eq!([&top["parent"], &top["ultimateParent"]], [&json!(null), &json!({ "name": "Group" })]);
    assert_eq!((names(&top["children"]), &top["children"]["totalCount"]), (vec!["Engines"], &json!(1)));
    let middle = show(&engines).await;
    assert_eq!(
        (names(&middle["children"]), &middle["children"]["totalCount"]),
        (vec!["Boilers", "Pistons"], &json!(2))
    );
    let low = show(&boilers).await;
    assert_eq!(low["parent"], json!({ "name": "Engines" }));
    assert_eq!(low["ancestors"], json!([{ "name": "Engines" }, { "name": "Group" }]));
    assert_eq!(low["ultimateParent"], json!({ "name": "Group" }));
    // Out of the tree again.
    assert_eq!(link(&test, &engines, &json!(null)).await, json!([]));
    assert_eq!(show(&boilers).await["ultimateParent"], json!({ "name": "Engines" }));
    let told = test.published::<AccountHierarchyChanged>().await;
    let last = told.last().unwrap();
    assert_eq!((told.len(), last.current, json!(last.previous_ultimate)), (4, None, group));
    assert_eq!(link(&test, &engines, &json!(null)).await, json!([]));
    assert_eq!(test.published::<AccountHierarchyChanged>().await.len(), 4, "nothing changed");
}

on_both_engines!(SERVICE, a_circle_is_refused_and_shown);
async fn a_circle_is_refused_and_shown(test: ServiceTest) {
    let [group, engines, boilers, _] = tree(&test).await;
    let refused = link(&test, &group, &boilers).await;
    assert_eq!((&refused[0]["code"], &refused[0]["field"]), (&json!("INVALID_INPUT"), &json!("parentId")));
    let message = refused[0]["message"].as_str().unwrap();
    assert!(message.ends_with("Group > Engines > Boilers > Group"), "{message}");
    let itself = link(&test, &engines, &engines).await;
    assert!(itself[0]["message"].as_str().unwrap().ends_with("Engines > Engines"), "{itself}");
    let nobody = link(&test, &engines, &json!(test.clock.id::<kernel::AccountId>())).await;
    assert_eq!((&nobody[0]["code"], &nobody[0]["field"]), (&json!("NOT_FOUND"), &json!("parentId")));
}

on_both_engines!(SERVICE, a_hierarchy_is_not_deeper_than_twenty_levels);
async fn a_hierarchy_is_not_deeper_than_twenty_levels(test: ServiceTest) {
    let mut above = account(&test, json!({ "name": "Level 1" })).await;
    for level in 2..=20 {
        let below = account(&test, json!({ "name": format!("Level {level}") })).await;
        assert_eq!(link(&test, &below, &above).await, json!([]));
        above = below;
    }
    let more = account(&test, json!({ "name": "Level 21" })).await;
    let refused = link(&test, &more, &above).await;
    assert_eq!((&refused[0]["code"], &refused[0]["field"]), (&json!("INVALID_INPUT"), &json!("parentId")));
}

on_both_engines!(SERVICE, two_links_at_once_close_no_circle);
async fn two_links_at_once_close_no_circle(test: ServiceTest) {
    for round in 0..5 {
        let one = account(&test, json!({ "name": format!("One {round}") })).await;
        let other = account(&test, json!({ "name": format!("Other {round}") })).await;
        let (there, back) = futures::join!(link(&test, &one, &other), link(&test, &other, &one));
        let refused = [there, back].iter().filter(|errors| **errors != json!([])).count();
        assert_eq!(refused, 1, "one of the two");
    }
}

on_both_engines!(SERVICE, filters_take_in_what_is_below);
async fn filters_take_in_what_is_below(test: ServiceTest) {
    const BELOW: &str = "query($id: ID!, $all: Boolean) {
        accounts(filter: { underParent: $id, includeDescendants: $all }) { totalCount edges { node { name } } }
        leads(filter: { underAccount: $id, includeDescendants: $all }) { edges { node { email } } }
        contacts(filter: { underAccount: $id, includeDescendants: $all }) { edges { node { email } } } }";
    const CONTACT: &str = "mutation($input: CreateContactInput!) { createContact(input: $input) { errors { code } } }";
    let [group, _, boilers, _] = tree(&test).await;
    for email in ["ada@group.example", "ben@boilers.example", "eve@elsewhere.example"] {
        capture(&test, json!({ "email": email })).await;
    }
    for (email, account) in [("c@group.example", &group), ("c@boilers.example", &boilers)] {
        test.graphql(CONTACT, json!({ "input": { "email": email, "accountId": account } })).await;
    }
    let all = test.graphql(BELOW, json!({ "id": group, "all": true })).await;
    assert_eq!(names(&all["accounts"]), ["Boilers", "Engines", "Pistons"]);
    assert_eq!(all["accounts"]["totalCount"], 3);
    assert_eq!(names(&all["leads"]), ["ada@group.example", "ben@boilers.example"]);
    assert_eq!(names(&all["contacts"]), ["c@boilers.example", "c@group.example"]);
    let own = test.graphql(BELOW, json!({ "id": group, "all": false })).await;
    assert_eq!(names(&own["accounts"]), ["Engines"]);
    assert_eq!(names(&own["leads"]), ["ada@group.example"]);
    assert_eq!(names(&own["contacts"]), ["c@group.example"]);
    let default = "query($id: ID!) { accounts(filter: { underParent: $id }) { totalCount } }";
    assert_eq!(
        test.graphql(default, json!({ "id": group })).await["accounts"]["totalCount"],
        3,
        "unless told otherwise"
    );
}

/// Reads and updates their own accounts alone.
fn owner(test: &ServiceTest) -> Actor {
    let actions = [Action::Create, Action::Read, Action::Update].into_iter().collect();
    let grant = Grant { object: Object::Account, scope: Scope::Own, actions, only: Vec::new() };
    test.user_with(Grants { grants: vec![grant], fields: Vec::new() })
}

on_both_engines!(SERVICE, what_one_may_not_read_of_a_hierarchy_is_not_shown);
async fn what_one_may_not_read_of_a_hierarchy_is_not_shown(test: ServiceTest) {
    const CREATE: &str = "mutation { createAccount(input: { name: \"Valves\" }) { account { id } } }";
    const SHOW: &str =
        "query($id: ID!, $top: ID!) { account(id: $id) { parent { name } ancestors { name } ultimateParent { name }
        rollup { accounts } } accounts(filter: { underParent: $top }) { totalCount } }";
    let [group, engines, _, _] = tree(&test).await;
    let user = owner(&test);
    let made = test.graphql_as(&user, CREATE, json!({})).await;
    let valves = &made["data"]["createAccount"]["account"]["id"];
    let refused = test.graphql_as(&user, LINK, json!({ "child": valves, "parent": engines })).await;
    assert_eq!(refused["data"]["linkAccounts"]["errors"][0]["code"], "NOT_FOUND");
    assert_eq!(link(&test, valves, &engines).await, json!([]));
    let shown = test.graphql_as(&user, SHOW, json!({ "id": valves, "top": group })).await;
    let nothing = json!({ "parent": null, "ancestors": [], "ultimateParent": null, "rollup": { "accounts": 1 } });
    assert_eq!(shown["data"], json!({ "account": nothing, "accounts": { "totalCount": 0 } }));
}

on_both_engines!(SERVICE, who_may_change_one_end_alone_links_nothing);
async fn who_may_change_one_end_alone_links_nothing(test: ServiceTest) {
    const CREATE: &str = "mutation($name: String!) { createAccount(input: { name: $name }) { account { id } } }";
    let grant = |scope, actions: &[Action]| Grant {
        object: Object::Account,
        scope,
        actions: actions.iter().copied().collect(),
        only: Vec::new(),
    };
    let grants = vec![grant(Scope::All, &[Action::Read]), grant(Scope::Own, &[Action::Create, Action::Update])];
    let user = test.user_with(Grants { grants, fields: Vec::new() });
    let made = async |name: &str| {
        let mut made = test.graphql_as(&user, CREATE, json!({ "name": name })).await;
        made["data"]["createAccount"]["account"]["id"].take()
    };
    let (valves, works) = (made("Valves").await, made("Works").await);
    let engines = account(&test, json!({ "name": "Engines" })).await;
    let linked = async |parent: &Value| {
        let answer = test.graphql_as(&user, LINK, json!({ "child": valves, "parent": parent })).await;
        let code = &answer["data"]["linkAccounts"]["errors"][0]["code"];
        if code.is_null() { answer["errors"][0]["extensions"]["code"].clone() } else { code.clone() }
    };
    assert_eq!(linked(&engines).await, "FORBIDDEN", "below what is not theirs");
    assert_eq!(linked(&works).await, json!(null), "both are theirs");
    assert_eq!(link(&test, &valves, &engines).await, json!([]));
    assert_eq!(linked(&json!(null)).await, "FORBIDDEN", "out of what is not theirs");
    assert_eq!(linked(&works).await, "FORBIDDEN");
}

on_both_engines!(SERVICE, of_a_tree_counts_what_one_may_read);
async fn of_a_tree_counts_what_one_may_read(test: ServiceTest) {
    const CREATE: &str = "mutation { createAccount(input: { name: \"Mine\" }) { account { id } } }";
    const SHOW: &str = "query($id: ID!) { account(id: $id) { children { totalCount edges { node { name } } }
        rollup { accounts openOpportunities lastTouchAt } }
        accounts(filter: { underParent: $id }) { totalCount } leads(filter: { underAccount: $id }) { totalCount } }";
    let grant = |object, scope, actions: &[Action]| Grant {
        object,
        scope,
        actions: actions.iter().copied().collect(),
        only: Vec::new(),
    };
    let own = grant(Object::Account, Scope::Own, &[Action::Create, Action::Read, Action::Update]);
    let reads = |object| grant(object, Scope::All, &[Action::Read]);
    let grants = vec![own, reads(Object::Lead), reads(Object::Contact), reads(Object::Opportunity)];
    let user = test.user_with(Grants { grants, fields: Vec::new() });
    let mut made = test.graphql_as(&user, CREATE, json!({})).await;
    let mine = made["data"]["createAccount"]["account"]["id"].take();
    let hidden = account(&test, json!({ "name": "Hidden", "domain": "hidden.example" })).await;
    assert_eq!(link(&test, &hidden, &mine).await, json!([]));
    let lead = capture(&test, json!({ "email": "ada@hidden.example" })).await["lead"]["id"].take();
    let lead = lead.as_str().unwrap().parse().unwrap();
    let (message, enrollment, sent_at) = (test.clock.id(), test.clock.id(), test.clock.now());
    test.deliver(&MessageSent { message, enrollment, lead, step: 1, sent_at }).await;
    let current = opportunity(&test.clock, hidden.as_str().unwrap().parse().unwrap());
    test.deliver(&OpportunityCreated { current }).await;
    let shown = test.graphql_as(&user, SHOW, json!({ "id": mine })).await;
    let nothing = json!({ "children": { "totalCount": 0, "edges": [] },
        "rollup": { "accounts": 1, "openOpportunities": 0, "lastTouchAt": null } });
    let none = json!({ "totalCount": 0 });
    assert_eq!(shown["data"], json!({ "account": nothing, "accounts": none, "leads": none }));
    let all = test.graphql(SHOW, json!({ "id": mine })).await;
    assert_eq!((&all["account"]["rollup"]["accounts"], &all["leads"]["totalCount"]), (&json!(2), &json!(1)));
    assert_eq!(all["account"]["rollup"]["openOpportunities"], 1);
    assert!(all["account"]["rollup"]["lastTouchAt"].is_string());
}

on_both_engines!(SERVICE, a_page_of_accounts_costs_no_statement_for_each);
async fn a_page_of_accounts_costs_no_statement_for_each(test: ServiceTest) {
    const PAGE: &str = "query($first: Int) { accounts(first: $first) { edges { node { domains parent { name }
        ultimateParent { name } children { totalCount edges { node { name } } } rollup { accounts lastTouchAt }
        sizeSegment { value } tier plan { version stakeholders { contact { email } } } relationshipHealth { strength } } } } }";
    const PLAN: &str = "mutation($id: ID!, $email: EmailAddress!) { createContact(input: { email: $email, accountId: $id }) { contact { id } } }";
    const SET: &str = "mutation($id: ID!, $who: ID!) {
        setAccountPlan(input: { accountId: $id, tier: KEY, stakeholders: [{ contactId: $who, role: \"champion\" }] }) { errors { code } }
        recordTouch(input: { contactId: $who, kind: CALL }) { errors { code } } }";
    for (at, account) in tree(&test).await.iter().enumerate() {
        let email = format!("champion{at}@elsewhere.example");
        let made = test.graphql(PLAN, json!({ "id": account, "email": email })).await;
        let set = json!({ "id": account, "who": made["createContact"]["contact"]["id"] });
        assert_eq!(test.graphql(SET, set).await["recordTouch"]["errors"], json!([]));
    }
    let cost = async |first: i32| test.statements(test.graphql(PAGE, json!({ "first": first }))).await.0;
    assert_eq!(cost(2).await, cost(4).await);
}
