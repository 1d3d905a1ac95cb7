//! Accounts through the gateway: groups of companies, their sizes, and those that matter most.

use anyhow::Result;
use pipewright_tests::{Deployment, Topology};
use serde_json::{Value, json};

async fn account(platform: &Deployment, input: Value) -> Result<Value> {
    const CREATE: &str = "mutation($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }";
    Ok(platform.graphql(CREATE, json!({ "input": input })).await?["createAccount"]["account"]["id"].take())
}

async fn capture(platform: &Deployment, input: Value) -> Result<Value> {
    const CAPTURE: &str =
        "mutation($input: CaptureLeadInput!) { captureLead(input: $input) { lead { id account { id } } } }";
    Ok(platform.graphql(CAPTURE, json!({ "input": input })).await?["captureLead"]["lead"].take())
}

#[tokio::test]
async fn a_group_of_companies_adds_up_to_its_ultimate_parent() -> Result<()> {
    const LINK: &str = "mutation($child: ID!, $parent: ID, $domain: String!) {
        linkAccounts(input: { childId: $child, parentId: $parent }) { errors { code } }
        addAccountDomain(input: { accountId: $child, domain: $domain }) { account { domains } errors { code } } }";
    const OPEN: &str = "mutation($input: CreateOpportunityInput!) { createOpportunity(input: $input) {
        opportunity { account { ultimateParent { name } } } errors { code } } }";
    const SHOW: &str = "query($id: ID!) { account(id: $id) { children { edges { node { name parent { name } } } }
        rollup { accounts openOpportunities openPipeline { amount { minor currency } } lastTouchAt } }
        accounts(filter: { underParent: $id }) { totalCount } leads(filter: { underAccount: $id }) { totalCount } }";
    let platform = Deployment::start(Topology::OneProcess).await?;
    let group = account(&platform, json!({ "name": "Group" })).await?;
    let engines = account(&platform, json!({ "name": "Engines", "domain": "engines.example" })).await?;
    let linked =
        platform.graphql(LINK, json!({ "child": engines, "parent": group, "domain": "engines.co.example" })).await?;
    assert_eq!(linked["linkAccounts"]["errors"], json!([]));
    assert_eq!(linked["addAccountDomain"]["account"]["domains"], json!(["engines.example", "engines.co.example"]));
    let lead = capture(&platform, json!({ "email": "ada@engines.co.example" })).await?;
    assert_eq!(lead["account"]["id"], engines, "by the second domain");
    let amount = json!({ "minor": 10_000, "currency": "EUR" });
    let opened = json!({ "name": "Looms", "accountId": engines, "amount": amount });
    let opened = platform.graphql(OPEN, json!({ "input": opened })).await?;
    assert_eq!(opened["createOpportunity"]["opportunity"]["account"]["ultimateParent"], json!({ "name": "Group" }));

    // The mail that the lead gets, and the opportunity, are told by other services.
    let added_up = |data: &Value| {
        let rollup = &data["account"]["rollup"];
        rollup["openOpportunities"] == 1 && rollup["lastTouchAt"].is_string()
    };
    let shown = platform.until("added up", SHOW, json!({ "id": group }), added_up).await?;
    assert_eq!(shown["account"]["rollup"]["openPipeline"], json!([{ "amount": amount }]));
    assert_eq!(shown["account"]["rollup"]["accounts"], 2);
    let child = json!({ "name": "Engines", "parent": { "name": "Group" } });
    assert_eq!(shown["account"]["children"]["edges"], json!([{ "node": child }]));
    assert_eq!((&shown["accounts"]["totalCount"], &shown["leads"]["totalCount"]), (&json!(1), &json!(1)));
    let circle =
        platform.graphql(LINK, json!({ "child": group, "parent": engines, "domain": "group.example" })).await?;
    assert_eq!(circle["linkAccounts"]["errors"], json!([{ "code": "INVALID_INPUT" }]));
    Ok(())
}

#[tokio::test]
async fn an_account_is_mid_market_by_the_claim_of_a_provider() -> Result<()> {
    const SIZE: &str = "query($id: ID!) { account(id: $id) { sizeSegment { value because { value bandsVersion claim { provider } } } } }";
    const BANDS: &str =
        "mutation { updateSegmentBands(input: { midMarketFrom: 20, enterpriseFrom: 100, marginPercent: 10 }) {
        segmentBands { version } errors { code } } }";
    let platform = Deployment::start(Topology::OneProcess).await?;
    let engines = account(&platform, json!({ "name": "Engines", "domain": "engines.example" })).await?;
    capture(&platform, json!({ "email": "ada@engines.example", "employees": "51-200" })).await?;
    let sized = |value: &'static str| move |data: &Value| data["account"]["sizeSegment"]["value"] == value;
    let shown = platform.until("sized", SIZE, json!({ "id": engines }), sized("MID_MARKET")).await?;
    let because = json!({ "value": "51-200", "bandsVersion": 1, "claim": { "provider": "form" } });
    assert_eq!(shown["account"]["sizeSegment"]["because"], because);
    let set = platform.graphql(BANDS, json!({})).await?;
    assert_eq!(set["updateSegmentBands"], json!({ "segmentBands": { "version": 2 }, "errors": [] }));
    let shown = platform.until("sized anew", SIZE, json!({ "id": engines }), sized("ENTERPRISE")).await?;
    assert_eq!(shown["account"]["sizeSegment"]["because"]["bandsVersion"], 2);
    Ok(())
}

#[tokio::test]
async fn a_key_account_that_hangs_on_one_contact_raises_an_alert() -> Result<()> {
    const SET: &str = "mutation($id: ID!, $who: ID!) { setAccountPlan(input: { accountId: $id, tier: KEY, goals: [\"Renew\"],
        stakeholders: [{ contactId: $who, role: \"champion\" }] }) { account { tier plan { goals } } errors { code } } }";
    const CONTACT: &str = "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }";
    const TOUCH: &str = "mutation($input: RecordTouchInput!) { recordTouch(input: $input) { errors { code } } }";
    const HEALTH: &str =
        "query($id: ID!) { account(id: $id) { relationshipHealth { people { contact { email } strength } } } }";
    const ALERTS: &str = "{ keyAccountAlerts { edges { node { kind account { name } twoWayContacts } } } }";
    let platform = Deployment::start(Topology::OneProcess).await?;
    let engines = account(&platform, json!({ "name": "Engines" })).await?;
    let mut contacts = Vec::new();
    for email in ["ada@engines.example", "ben@engines.example"] {
        let input = json!({ "email": email, "accountId": engines });
        contacts
            .push(platform.graphql(CONTACT, json!({ "input": input })).await?["createContact"]["contact"]["id"].take());
    }
    let touch = async |contact: &Value| {
        let input = json!({ "contactId": contact, "kind": "MEETING" });
        platform.graphql(TOUCH, json!({ "input": input })).await
    };
    touch(&contacts[0]).await?;
    let set = platform.graphql(SET, json!({ "id": engines, "who": contacts[0] })).await?;
    assert_eq!(set["setAccountPlan"]["account"], json!({ "tier": "KEY", "plan": { "goals": ["Renew"] } }));
    let raised = |data: &Value| data["keyAccountAlerts"]["edges"][0].is_object();
    let alerts = platform.until("an alert", ALERTS, json!({}), raised).await?;
    let alert = json!({ "kind": "SINGLE_THREADED", "account": { "name": "Engines" }, "twoWayContacts": 1 });
    assert_eq!(alerts["keyAccountAlerts"]["edges"], json!([{ "node": alert }]));
    touch(&contacts[1]).await?;
    let over = |data: &Value| data["keyAccountAlerts"]["edges"] == json!([]);
    platform.until("attended to", ALERTS, json!({}), over).await?;
    let known = platform.graphql(HEALTH, json!({ "id": engines })).await?;
    let people = known["account"]["relationshipHealth"]["people"].as_array().map(Vec::len);
    assert_eq!(people, Some(2), "who is known there: {known}");
    Ok(())
}
