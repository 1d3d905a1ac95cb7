//! Accounts above and below accounts.

use events::lead::AccountHierarchyChanged;
use kernel::{
    Action, Actor, Object,
    access::{Grant, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{account_domains::account, leads::capture};

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

on_both_engines!(SERVICE, a_page_of_accounts_costs_no_statement_for_each);
async fn a_page_of_accounts_costs_no_statement_for_each(test: ServiceTest) {
    const PAGE: &str = "query($first: Int) { accounts(first: $first) { edges { node { domains parent { name }
        ultimateParent { name } children { totalCount edges { node { name } } } rollup { accounts lastTouchAt }
        sizeSegment { value } tier plan { version stakeholders { contact { email } } } relationshipHealth { strength } } } } }";
    tree(&test).await;
    let cost = async |first: i32| test.statements(test.graphql(PAGE, json!({ "first": first }))).await.0;
    assert_eq!(cost(2).await, cost(4).await);
}
