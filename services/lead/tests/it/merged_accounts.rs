//! What becomes of an account's domains, tree, sums, size and alerts while it is merged away, and after.

use chrono::TimeDelta;
use events::{
    lead::{AccountDomainsChanged, AccountHierarchyChanged, AccountKeyAttended, AccountSegmentChanged},
    pipeline::{OpportunityCreated, OpportunityUpdated},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{account_domains::account, hierarchy::link, leads::capture, rollup::opportunity, sizes::claims};

const MERGE: &str = "mutation($input: MergeAccountsInput!) { mergeAccounts(input: $input) {
    account { domain domains } merge { id } errors { code field message } } }";
const UNMERGE: &str = "mutation($id: ID!) { unmerge(input: { mergeId: $id }) { errors { code message } } }";
const SHOW: &str = "query($id: ID!) { account(id: $id) { domain domains } }";
const TREE: &str = "query($id: ID!) { account(id: $id) { name parent { name } ultimateParent { name }
    children { totalCount edges { node { name } } } rollup { accounts openOpportunities openPipeline { amount { minor } } lastTouchAt } }
    accounts(filter: { underParent: $id }) { totalCount } right: accounts(filter: { underParent: $id, includeDescendants: false }) { totalCount }
    leads(filter: { underAccount: $id }) { totalCount } own: leads(filter: { underAccount: $id, includeDescendants: false }) { totalCount } }";

async fn try_merge(test: &ServiceTest, survivor: &Value, other: &Value) -> Value {
    let input = json!({ "survivorId": survivor, "otherIds": [other] });
    test.graphql(MERGE, json!({ "input": input })).await["mergeAccounts"].take()
}

/// Gives the merge's id.
async fn merge(test: &ServiceTest, survivor: &Value, other: &Value) -> Value {
    let mut merged = try_merge(test, survivor, other).await;
    assert_eq!(merged["errors"], json!([]));
    merged["merge"]["id"].take()
}

async fn unmerge(test: &ServiceTest, merge: &Value) {
    let undone = test.graphql(UNMERGE, json!({ "id": merge })).await;
    assert_eq!(undone["unmerge"]["errors"], json!([]));
}

async fn show(test: &ServiceTest, id: &Value) -> Value {
    test.graphql(SHOW, json!({ "id": id })).await["account"].take()
}

async fn tree(test: &ServiceTest, id: &Value) -> Value {
    test.graphql(TREE, json!({ "id": id })).await
}

async fn named(test: &ServiceTest, name: &str) -> Value {
    account(test, json!({ "name": name })).await
}

/// Runs a mutation that takes one input, and gives its errors' codes.
async fn refused(test: &ServiceTest, mutation: &str, input: &str, value: Value) -> Value {
    let text = format!("mutation($input: {input}!) {{ {mutation}(input: $input) {{ errors {{ code }} }} }}");
    test.graphql(&text, json!({ "input": value })).await[mutation]["errors"].take()
}

on_both_engines!(SERVICE, a_survivor_answers_for_every_domain_until_they_go_back);
async fn a_survivor_answers_for_every_domain_until_they_go_back(test: ServiceTest) {
    const IMPORT: &str =
        "mutation($input: ImportRowsInput!) { importAccounts(input: $input) { outcomes { outcome } errors { code } } }";
    const FIND: &str =
        "query($domain: String!) { accounts(filter: { domain: $domain }) { totalCount edges { node { id } } } }";
    let engines = account(&test, json!({ "name": "Engines" })).await;
    let looms = account(&test, json!({ "name": "Looms", "domain": "looms.example" })).await;
    let second = json!({ "accountId": looms, "domain": "looms.co.example" });
    assert_eq!(refused(&test, "addAccountDomain", "AddAccountDomainInput", second.clone()).await, json!([]));
    let id = merge(&test, &engines, &looms).await;
    let both = json!({ "domain": "looms.example", "domains": ["looms.example", "looms.co.example"] });
    assert_eq!(show(&test, &engines).await, both);

    let lead = capture(&test, json!({ "email": "ada@looms.co.example" })).await["lead"].take();
    assert_eq!(lead["account"]["name"], "Engines");
    let found = test.graphql(FIND, json!({ "domain": "looms.co.example" })).await;
    assert_eq!(found["accounts"], json!({ "totalCount": 1, "edges": [{ "node": { "id": engines } }] }));
    let row = json!({ "row": 1, "cells": ["Looms Europe", "looms.co.example", "Textiles"] });
    let input = json!({ "headers": ["Name", "Domain", "Industry"], "rows": [row] });
    let imported = test.graphql(IMPORT, json!({ "input": input })).await;
    assert_eq!(imported["importAccounts"], json!({ "outcomes": [{ "outcome": "UPDATED" }], "errors": [] }));
    let industry = test.graphql("query($id: ID!) { account(id: $id) { industry } }", json!({ "id": engines })).await;
    assert_eq!(industry["account"]["industry"], "Textiles", "the survivor's blank");
    let mills = named(&test, "Mills").await;
    let taken = json!({ "accountId": mills, "domain": "looms.co.example" });
    let exists = json!([{ "code": "ALREADY_EXISTS" }]);
    assert_eq!(refused(&test, "addAccountDomain", "AddAccountDomainInput", taken).await, exists);
    let gone = json!({ "accountId": engines, "domain": "looms.co.example" });
    let conflict = json!([{ "code": "CONFLICT" }]);
    assert_eq!(refused(&test, "removeAccountDomain", "RemoveAccountDomainInput", gone).await, conflict);

    // One of its own, and one of the other's to the front.
    test.clock.advance(TimeDelta::seconds(1));
    let own = json!({ "accountId": engines, "domain": "engines.example" });
    assert_eq!(refused(&test, "addAccountDomain", "AddAccountDomainInput", own).await, json!([]));
    let front = json!({ "id": engines, "domain": "looms.co.example" });
    assert_eq!(refused(&test, "updateAccount", "UpdateAccountInput", front).await, json!([]));
    assert_eq!(show(&test, &engines).await["domains"], json!(["looms.co.example", "looms.example", "engines.example"]));
    unmerge(&test, &id).await;
    assert_eq!(show(&test, &looms).await, both);
    assert_eq!(
        show(&test, &engines).await,
        json!({ "domain": "engines.example", "domains": ["engines.example"] }),
        "goes on with its own"
    );
    let lead = capture(&test, json!({ "email": "ben@looms.co.example" })).await["lead"].take();
    assert_eq!(lead["account"]["name"], "Looms");
}

on_both_engines!(SERVICE, domains_come_back_in_any_order_of_merges);
async fn domains_come_back_in_any_order_of_merges(test: ServiceTest) {
    let [one, two] = [named(&test, "One").await, named(&test, "Two").await];
    let three = account(&test, json!({ "name": "Three", "domain": "three.example" })).await;
    let first = merge(&test, &two, &three).await;
    let second = merge(&test, &one, &two).await;
    let shown = json!({ "domain": "three.example", "domains": ["three.example"] });
    let none = json!({ "domain": null, "domains": [] });
    assert_eq!(show(&test, &one).await, shown, "as far as a chain goes");
    unmerge(&test, &first).await;
    assert_eq!([show(&test, &one).await, show(&test, &three).await], [none.clone(), shown.clone()]);
    let lead = capture(&test, json!({ "email": "ada@three.example" })).await["lead"].take();
    assert_eq!(lead["account"]["name"], "Three");
    unmerge(&test, &second).await;
    assert_eq!([show(&test, &two).await, show(&test, &three).await], [none, shown]);
}

on_both_engines!(SERVICE, what_is_below_a_merged_account_stands_below_the_survivor);
async fn what_is_below_a_merged_account_stands_below_the_survivor(test: ServiceTest) {
    let [group, engines, looms] =
        [named(&test, "Group").await, named(&test, "Engines").await, named(&test, "Looms").await];
    let shuttles = account(&test, json!({ "name": "Shuttles", "domain": "shuttles.example" })).await;
    link(&test, &engines, &group).await;
    link(&test, &shuttles, &looms).await;
    capture(&test, json!({ "email": "ada@shuttles.example" })).await;
    let id = merge(&test, &engines, &looms).await;
    let low = tree(&test, &shuttles).await;
    assert_eq!(low["account"]["parent"], json!({ "name": "Engines" }));
    assert_eq!(low["account"]["ultimateParent"], json!({ "name": "Group" }));
    let middle = tree(&test, &engines).await;
    let children = json!({ "totalCount": 1, "edges": [{ "node": { "name": "Shuttles" } }] });
    assert_eq!(middle["account"]["children"], children);
    assert_eq!(middle["right"]["totalCount"], 1);
    let top = tree(&test, &group).await;
    assert_eq!(top["account"]["rollup"]["accounts"], 3, "Looms is Engines");
    assert_eq!([&top["accounts"]["totalCount"], &top["right"]["totalCount"]], [&json!(2), &json!(1)]);
    assert_eq!(top["leads"]["totalCount"], 1);
    let circle = link(&test, &group, &shuttles).await;
    assert_eq!(circle[0]["code"], "INVALID_INPUT");
    assert!(circle[0]["message"].as_str().unwrap().ends_with("Group > Engines > Shuttles > Group"), "{circle}");

    unmerge(&test, &id).await;
    assert_eq!(tree(&test, &shuttles).await["account"]["ultimateParent"], json!({ "name": "Looms" }));
    let top = tree(&test, &group).await;
    assert_eq!([&top["account"]["rollup"]["accounts"], &top["leads"]["totalCount"]], [&json!(2), &json!(0)]);
}

on_both_engines!(SERVICE, no_merge_puts_an_account_above_itself);
async fn no_merge_puts_an_account_above_itself(test: ServiceTest) {
    let [group, engines, boilers] =
        [named(&test, "Group").await, named(&test, "Engines").await, named(&test, "Boilers").await];
    link(&test, &engines, &group).await;
    link(&test, &boilers, &engines).await;
    let merged = try_merge(&test, &boilers, &group).await;
    let error = &merged["errors"][0];
    assert_eq!([&error["code"], &error["field"]], [&json!("INVALID_INPUT"), &json!("otherIds")]);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("below itself") && message.ends_with("Boilers > Engines > Boilers"), "{message}");
    assert_eq!(tree(&test, &group).await["account"]["name"], "Group", "nothing is merged");

    // The other way around it has what was below it below itself.
    let id = merge(&test, &group, &boilers).await;
    assert_eq!(tree(&test, &group).await["account"]["rollup"]["accounts"], 2);
    // Meanwhile the tree is turned over.
    link(&test, &engines, &json!(null)).await;
    link(&test, &group, &engines).await;
    unmerge(&test, &id).await;
    assert_eq!(tree(&test, &boilers).await["account"]["parent"], json!({ "name": "Engines" }));
    assert_eq!(tree(&test, &group).await["account"]["ultimateParent"], json!({ "name": "Engines" }));
}

on_both_engines!(SERVICE, an_account_that_would_come_back_below_itself_stands_at_the_top);
async fn an_account_that_would_come_back_below_itself_stands_at_the_top(test: ServiceTest) {
    let [looms, parent, child, engines] = [
        named(&test, "Looms").await,
        named(&test, "Parent").await,
        named(&test, "Child").await,
        named(&test, "Engines").await,
    ];
    link(&test, &looms, &parent).await;
    link(&test, &child, &looms).await;
    let id = merge(&test, &engines, &looms).await;
    // Above Child is Engines now, which is not below Parent.
    assert_eq!(link(&test, &parent, &child).await, json!([]));
    unmerge(&test, &id).await;
    let back = tree(&test, &looms).await;
    assert_eq!((&back["account"]["parent"], &back["accounts"]["totalCount"]), (&json!(null), &json!(2)));
    assert_eq!(tree(&test, &parent).await["account"]["ultimateParent"], json!({ "name": "Looms" }));
    let told = test.published::<AccountHierarchyChanged>().await;
    let last = told.last().unwrap();
    assert_eq!((json!(last.account), json!(last.previous), last.current), (looms, parent, None));
}

on_both_engines!(SERVICE, no_merge_makes_a_tree_too_deep);
async fn no_merge_makes_a_tree_too_deep(test: ServiceTest) {
    let mut lines = [Vec::new(), Vec::new()];
    for (at, levels) in [15, 7].into_iter().enumerate() {
        for level in 0..levels {
            let made = named(&test, &format!("Line {at} level {level}")).await;
            if let Some(above) = lines[at].last() {
                assert_eq!(link(&test, &made, above).await, json!([]));
            }
            lines[at].push(made);
        }
    }
    let refused = try_merge(&test, &lines[0][14], &lines[1][0]).await;
    assert_eq!(refused["errors"][0]["message"], "a hierarchy has at most 20 levels");
    merge(&test, &lines[0][13], &lines[1][0]).await;
    assert_eq!(tree(&test, &lines[0][0]).await["account"]["rollup"]["accounts"], 21);
}

on_both_engines!(SERVICE, a_rollup_counts_what_hangs_on_merged_accounts_once);
async fn a_rollup_counts_what_hangs_on_merged_accounts_once(test: ServiceTest) {
    let engines = named(&test, "Engines").await;
    let looms = account(&test, json!({ "name": "Looms", "domain": "looms.example" })).await;
    let [own, theirs] = [&engines, &looms].map(|id| opportunity(&test.clock, id.as_str().unwrap().parse().unwrap()));
    for current in [&own, &theirs] {
        test.deliver(&OpportunityCreated { current: current.clone() }).await;
    }
    let contact = contact(&test, "ada@looms.example", &looms).await;
    touch(&test, &contact).await;
    let rollup = async |id: &Value| tree(&test, id).await["account"]["rollup"].take();
    let (before, there) = (rollup(&engines).await, rollup(&looms).await);
    assert_eq!((&before["openOpportunities"], &before["lastTouchAt"]), (&json!(1), &json!(null)));
    let id = merge(&test, &engines, &looms).await;
    let both = rollup(&engines).await;
    assert_eq!(both["openPipeline"], json!([{ "amount": { "minor": 20_000 } }]));
    let counts = (&both["accounts"], &both["openOpportunities"], &both["lastTouchAt"]);
    assert_eq!(counts, (&json!(1), &json!(2), &there["lastTouchAt"]));
    // The pipeline service has it follow, and tells of it when it changes.
    let mut followed = theirs.clone();
    (followed.version, followed.account) = (2, own.account);
    test.deliver(&OpportunityUpdated { previous: theirs, current: followed }).await;
    assert_eq!(rollup(&engines).await, both, "not twice");
    unmerge(&test, &id).await;
    assert_eq!([rollup(&engines).await, rollup(&looms).await], [before, there]);
}

async fn contact(test: &ServiceTest, email: &str, account: &Value) -> Value {
    const CREATE: &str = "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }";
    let input = json!({ "email": email, "accountId": account });
    test.graphql(CREATE, json!({ "input": input })).await["createContact"]["contact"]["id"].take()
}

async fn touch(test: &ServiceTest, contact: &Value) {
    let input = json!({ "contactId": contact, "kind": "CALL" });
    assert_eq!(refused(test, "recordTouch", "RecordTouchInput", input).await, json!([]));
    test.settle().await;
}

fn sorted(mut list: Value) -> Value {
    list.as_array_mut().unwrap().sort_by_key(Value::to_string);
    list
}

/// Which account is neglected how, and whether that is over.
async fn alerts(test: &ServiceTest) -> Value {
    const ALERTS: &str =
        "{ keyAccountAlerts(includeClosed: true) { edges { node { kind closedAt account { name } } } } }";
    let mut found = test.graphql(ALERTS, json!({})).await["keyAccountAlerts"]["edges"].take();
    for edge in found.as_array_mut().unwrap() {
        let closed = edge["node"]["closedAt"].is_string();
        *edge = json!([edge["node"]["account"]["name"], edge["node"]["kind"], closed]);
    }
    found
}

on_both_engines!(SERVICE, alerts_rest_while_their_account_is_merged_away);
async fn alerts_rest_while_their_account_is_merged_away(test: ServiceTest) {
    const HEALTH: &str =
        "query($id: ID!) { account(id: $id) { relationshipHealth { people { contact { email } twoWayTouches } } } }";
    const MERGE_CONTACTS: &str = "mutation($one: ID!, $other: ID!) { mergeContacts(input: { survivorId: $one, otherIds: [$other] }) { errors { code } } }";
    let [engines, looms] = [named(&test, "Engines").await, named(&test, "Looms").await];
    let [ada, a] = [contact(&test, "ada@looms.example", &looms).await, contact(&test, "a@looms.example", &looms).await];
    touch(&test, &ada).await;
    touch(&test, &a).await;
    let plan = json!({ "accountId": looms, "tier": "KEY" });
    refused(&test, "setAccountPlan", "SetAccountPlanInput", plan).await;
    test.settle().await;
    assert_eq!(alerts(&test).await, json!([]));
    let merged = test.graphql(MERGE_CONTACTS, json!({ "one": ada, "other": a })).await;
    assert_eq!(merged["mergeContacts"]["errors"], json!([]));
    test.clock.advance(TimeDelta::hours(2));
    test.settle().await;
    let single = json!([["Looms", "SINGLE_THREADED", false]]);
    assert_eq!(alerts(&test).await, single, "two that are one are one person");

    let id = merge(&test, &engines, &looms).await;
    assert_eq!(alerts(&test).await, json!([]));
    assert_eq!(test.published::<AccountKeyAttended>().await.len(), 1);
    test.clock.advance(TimeDelta::days(40));
    test.settle().await;
    assert_eq!(alerts(&test).await, json!([]), "nobody looks at it");
    let tiers = test.graphql("{ accounts(filter: { tier: KEY }) { totalCount } }", json!({})).await;
    assert_eq!(tiers["accounts"]["totalCount"], 0);
    let health = test.graphql(HEALTH, json!({ "id": engines })).await;
    let person = json!({ "contact": { "email": "ada@looms.example" }, "twoWayTouches": 2 });
    assert_eq!(health["account"]["relationshipHealth"]["people"], json!([person]));

    // A key account in its place counts its people.
    let plan = json!({ "accountId": engines, "tier": "KEY" });
    refused(&test, "setAccountPlan", "SetAccountPlanInput", plan).await;
    test.settle().await;
    let both = json!([["Engines", "SINGLE_THREADED", false], ["Engines", "UNTOUCHED", false]]);
    assert_eq!(sorted(alerts(&test).await), both);
    let again = json!({ "accountId": engines, "tier": null });
    refused(&test, "setAccountPlan", "SetAccountPlanInput", again).await;
    unmerge(&test, &id).await;
    test.settle().await;
    let open: Vec<Value> =
        alerts(&test).await.as_array().unwrap().iter().filter(|alert| alert[2] == false).cloned().collect();
    assert_eq!(open.len(), 2, "untouched and on one thread: {open:?}");
    assert!(open.iter().all(|alert| alert[0] == "Looms"));
}

on_both_engines!(SERVICE, the_size_of_a_survivor_follows_and_that_of_the_other_rests);
async fn the_size_of_a_survivor_follows_and_that_of_the_other_rests(test: ServiceTest) {
    const SIZE: &str = "query($id: ID!) { account(id: $id) { sizeSegment { value } } }";
    let size = async |id: &Value| test.graphql(SIZE, json!({ "id": id })).await["account"]["sizeSegment"].take();
    let engines = named(&test, "Engines").await;
    let looms = account(&test, json!({ "name": "Looms", "employees": "5000" })).await;
    assert_eq!(size(&engines).await, json!(null));
    let id = merge(&test, &engines, &looms).await;
    assert_eq!(size(&engines).await["value"], "ENTERPRISE", "the head count that it took");
    let bands = json!({ "midMarketFrom": 100, "enterpriseFrom": 10_000, "marginPercent": 10 });
    assert_eq!(refused(&test, "updateSegmentBands", "UpdateSegmentBandsInput", bands).await, json!([]));
    test.settle().await;
    assert_eq!(size(&engines).await["value"], "MID_MARKET");
    let told = test.published::<AccountSegmentChanged>().await;
    let of_looms = told.iter().filter(|event| json!(event.account) == looms).count();
    assert_eq!((told.len(), of_looms), (3, 1), "none of what is merged away");
    unmerge(&test, &id).await;
    assert_eq!(size(&engines).await, json!(null));
    assert_eq!(size(&looms).await["value"], "MID_MARKET", "by the bands that hold now");
}

/// Every order of three.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

on_both_engines!(SERVICE, every_account_has_its_domains_back_in_any_order);
async fn every_account_has_its_domains_back_in_any_order(test: ServiceTest) {
    for (round, order) in ORDERS.into_iter().enumerate() {
        let name = |of: &str| format!("{of} {round}");
        let domain = |of: &str| format!("{of}{round}.example");
        let [a, b] = [named(&test, &name("A")).await, named(&test, &name("B")).await];
        let c = account(&test, json!({ "name": name("C"), "domain": domain("c") })).await;
        let d = account(&test, json!({ "name": name("D"), "domain": domain("d") })).await;
        let first = merge(&test, &b, &c).await;
        let second = merge(&test, &b, &d).await;
        let front = json!({ "id": b, "domain": domain("d") });
        assert_eq!(refused(&test, "updateAccount", "UpdateAccountInput", front).await, json!([]));
        let merges = [first, second, merge(&test, &a, &b).await];
        assert_eq!(show(&test, &a).await["domain"], domain("d"));
        for at in order {
            unmerge(&test, &merges[at]).await;
        }
        let own = |domain: String| json!({ "domain": domain, "domains": [domain] });
        let none = json!({ "domain": null, "domains": [] });
        let shown = [show(&test, &a).await, show(&test, &b).await, show(&test, &c).await, show(&test, &d).await];
        assert_eq!(shown, [none.clone(), none, own(domain("c")), own(domain("d"))], "{order:?}");
    }
}

on_both_engines!(SERVICE, domains_that_come_and_go_by_a_merge_are_told);
async fn domains_that_come_and_go_by_a_merge_are_told(test: ServiceTest) {
    let engines = account(&test, json!({ "name": "Engines", "domain": "engines.example" })).await;
    let looms = account(&test, json!({ "name": "Looms", "domain": "looms.example" })).await;
    let id = merge(&test, &engines, &looms).await;
    unmerge(&test, &id).await;
    let told = test.published::<AccountDomainsChanged>().await;
    let told: Vec<_> = told.iter().map(|event| json!([event.account, event.previous, event.current])).collect();
    let (one, both) = (json!(["engines.example"]), json!(["engines.example", "looms.example"]));
    assert_eq!(told[0], json!([engines, one, both]));
    assert!(told[1..].contains(&json!([engines, both, one])), "{told:?}");
    assert!(told[1..].contains(&json!([looms, [], ["looms.example"]])), "{told:?}");
    assert_eq!(told.len(), 3);
}

on_both_engines!(SERVICE, what_is_asked_for_by_an_account_that_is_merged_away_is_of_the_survivor);
async fn what_is_asked_for_by_an_account_that_is_merged_away_is_of_the_survivor(test: ServiceTest) {
    let [engines, looms] = [named(&test, "Engines").await, named(&test, "Looms").await];
    let shuttles = account(&test, json!({ "name": "Shuttles", "domain": "shuttles.example" })).await;
    link(&test, &shuttles, &engines).await;
    capture(&test, json!({ "email": "ada@shuttles.example" })).await;
    merge(&test, &engines, &looms).await;
    let [asked, survivor] = [tree(&test, &looms).await, tree(&test, &engines).await];
    assert_eq!((&asked, &asked["accounts"]["totalCount"]), (&survivor, &json!(1)));
    assert_eq!([&asked["right"]["totalCount"], &asked["leads"]["totalCount"]], [&json!(1), &json!(1)]);
}

on_both_engines!(SERVICE, a_claim_about_a_merged_account_goes_back_with_it);
async fn a_claim_about_a_merged_account_goes_back_with_it(test: ServiceTest) {
    const SIZE: &str = "query($id: ID!) { account(id: $id) { sizeSegment { value } } }";
    let size = async |id: &Value| test.graphql(SIZE, json!({ "id": id })).await["account"]["sizeSegment"].take();
    let engines = named(&test, "Engines").await;
    let looms = account(&test, json!({ "name": "Looms", "domain": "looms.example" })).await;
    let lead = capture(&test, json!({ "email": "ada@looms.example" })).await["lead"]["id"].take();
    let id = merge(&test, &engines, &looms).await;
    claims(&test, lead.as_str().unwrap().parse().unwrap(), "5000", 0.9).await;
    assert_eq!(size(&engines).await["value"], "ENTERPRISE", "of one of its people");
    unmerge(&test, &id).await;
    assert_eq!(size(&engines).await, json!(null));
    assert_eq!(size(&looms).await["value"], "ENTERPRISE");
    merge(&test, &engines, &looms).await;
    assert_eq!(size(&engines).await["value"], "ENTERPRISE");
}

on_both_engines!(SERVICE, an_account_comes_back_under_bands_that_are_newer_as_if_they_had_always_been);
async fn an_account_comes_back_under_bands_that_are_newer_as_if_they_had_always_been(test: ServiceTest) {
    const SIZE: &str = "query($id: ID!) { account(id: $id) { sizeSegment { value } } }";
    let engines = named(&test, "Engines").await;
    let looms = account(&test, json!({ "name": "Looms", "employees": "105" })).await;
    let id = merge(&test, &engines, &looms).await;
    test.clock.advance(TimeDelta::seconds(1));
    // Within the margin of what it was.
    let bands = json!({ "midMarketFrom": 110, "enterpriseFrom": 1000, "marginPercent": 10 });
    assert_eq!(refused(&test, "updateSegmentBands", "UpdateSegmentBandsInput", bands).await, json!([]));
    test.settle().await;
    unmerge(&test, &id).await;
    let size = test.graphql(SIZE, json!({ "id": looms })).await;
    assert_eq!(size["account"]["sizeSegment"]["value"], "SMB");
}

on_both_engines!(SERVICE, who_comes_back_too_deep_leaves_the_tree_of_its_top);
async fn who_comes_back_too_deep_leaves_the_tree_of_its_top(test: ServiceTest) {
    let mut line: Vec<Value> = Vec::new();
    for level in 1..=20 {
        let made = named(&test, &format!("Level {level}")).await;
        if let Some(above) = line.last() {
            assert_eq!(link(&test, &made, above).await, json!([]));
        }
        line.push(made);
    }
    let [engines, low] = [named(&test, "Engines").await, named(&test, "Low").await];
    let id = merge(&test, &engines, &line[18]).await;
    assert_eq!(link(&test, &low, &line[19]).await, json!([]), "the third level now");
    unmerge(&test, &id).await;
    assert_eq!(tree(&test, &line[18]).await["account"]["parent"], json!(null));
    let told = test.published::<AccountHierarchyChanged>().await;
    let last = told.last().unwrap();
    let was = json!([last.account, last.previous, last.previous_ultimate, last.current_ultimate]);
    assert_eq!(was, json!([line[18], line[17], line[0], line[18]]));
}
