//! An account with several domains.

use events::lead::{AccountDomainsChanged, AccountUpdated};
use kernel::{BuiltInRole, Object, access::FieldRule};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{
    leads::capture,
    visitors::{form, post_json},
};

const ADD: &str = "mutation($input: AddAccountDomainInput!) { addAccountDomain(input: $input) {
    account { domain domains version } errors { code field } } }";
const REMOVE: &str = "mutation($input: RemoveAccountDomainInput!) { removeAccountDomain(input: $input) {
    account { domain domains } errors { code field } } }";

/// Makes an account, and gives its id.
pub async fn account(test: &ServiceTest, input: Value) -> Value {
    const CREATE: &str = "mutation($input: CreateAccountInput!) { createAccount(input: $input) {
        account { id } errors { code field } } }";
    let made = test.graphql(CREATE, json!({ "input": input })).await["createAccount"].take();
    assert_eq!(made["errors"], json!([]));
    made["account"]["id"].clone()
}

async fn add(test: &ServiceTest, account: &Value, domain: &str, primary: bool) -> Value {
    let input = json!({ "accountId": account, "domain": domain, "primary": primary });
    test.graphql(ADD, json!({ "input": input })).await["addAccountDomain"].take()
}

async fn remove(test: &ServiceTest, account: &Value, domain: &str) -> Value {
    let input = json!({ "accountId": account, "domain": domain });
    test.graphql(REMOVE, json!({ "input": input })).await["removeAccountDomain"].take()
}

on_both_engines!(SERVICE, leads_of_every_domain_find_the_account);
async fn leads_of_every_domain_find_the_account(test: ServiceTest) {
    let waiting = capture(&test, json!({ "email": "ada@engines.co.example" })).await;
    assert_eq!(waiting["lead"]["account"], json!(null));
    let engines = account(&test, json!({ "name": "Engines", "domain": "engines.example" })).await;
    let added = add(&test, &engines, "https://www.Engines.co.example/about", false).await;
    let domains = json!(["engines.example", "engines.co.example"]);
    assert_eq!(added["account"], json!({ "domain": "engines.example", "domains": domains, "version": 1 }));
    let linked = test.graphql("{ leads { edges { node { account { name } } } } }", json!({})).await;
    assert_eq!(linked["leads"]["edges"][0]["node"]["account"]["name"], "Engines", "the one that waited");
    let later = capture(&test, json!({ "email": "ben@engines.co.example" })).await;
    assert_eq!(later["lead"]["account"]["name"], "Engines");
    let found = "{ accounts(filter: { domain: \"ENGINES.co.example\" }) { totalCount edges { node { id } } } }";
    let found = test.graphql(found, json!({})).await;
    assert_eq!(found["accounts"], json!({ "totalCount": 1, "edges": [{ "node": { "id": engines } }] }));
    let [AccountDomainsChanged { previous, current, .. }] = &test.published::<AccountDomainsChanged>().await[..] else {
        panic!("one event")
    };
    assert_eq!(
        (previous.len(), current.as_slice()),
        (1, ["engines.example", "engines.co.example"].map(str::to_owned).as_slice())
    );
    // Again it changes nothing.
    assert_eq!(add(&test, &engines, "engines.co.example", false).await, added);
    assert_eq!(test.published::<AccountDomainsChanged>().await.len(), 1);
}

on_both_engines!(SERVICE, no_domain_of_an_account_can_be_had_by_another);
async fn no_domain_of_an_account_can_be_had_by_another(test: ServiceTest) {
    const CREATE: &str = "mutation { createAccount(input: { name: \"Looms\", domain: \"engines.co.example\" }) {
        account { id } errors { code field } } }";
    let engines = account(&test, json!({ "name": "Engines", "domain": "engines.example" })).await;
    add(&test, &engines, "engines.co.example", false).await;
    let taken = json!([{ "code": "ALREADY_EXISTS", "field": "domain" }]);
    let refused = test.graphql(CREATE, json!({})).await;
    assert_eq!(refused["createAccount"], json!({ "account": null, "errors": taken }));
    let mills = account(&test, json!({ "name": "Mills" })).await;
    assert_eq!(add(&test, &mills, "engines.co.example", false).await["errors"], taken);
    let update = "mutation($id: ID!) { updateAccount(input: { id: $id, domain: \"engines.co.example\" }) { errors { code field } } }";
    assert_eq!(test.graphql(update, json!({ "id": mills })).await["updateAccount"]["errors"], taken);
    let shown = test.graphql("query($id: ID!) { account(id: $id) { domain domains } }", json!({ "id": mills })).await;
    assert_eq!(shown["account"], json!({ "domain": null, "domains": [] }));
}

on_both_engines!(SERVICE, the_primary_domain_moves_and_passes_on);
async fn the_primary_domain_moves_and_passes_on(test: ServiceTest) {
    const UPDATE: &str =
        "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { account { domain domains } } }";
    let update =
        async |input: Value| test.graphql(UPDATE, json!({ "input": input })).await["updateAccount"]["account"].take();
    let engines = account(&test, json!({ "name": "Engines" })).await;
    let shown = |domains: &[&str]| json!({ "domain": domains.first(), "domains": domains });
    let first = add(&test, &engines, "a.example", false).await;
    assert_eq!(first["account"]["domain"], "a.example", "the first one is the primary one");
    add(&test, &engines, "b.example", true).await;
    let removed = remove(&test, &engines, "b.example").await;
    assert_eq!(removed["account"], shown(&["a.example"]));
    add(&test, &engines, "b.example", false).await;
    assert_eq!(
        update(json!({ "id": engines, "domain": "b.example" })).await,
        shown(&["b.example", "a.example"]),
        "one of its own"
    );
    assert_eq!(
        update(json!({ "id": engines, "domain": "c.example" })).await,
        shown(&["c.example", "a.example"]),
        "a new one"
    );
    assert_eq!(update(json!({ "id": engines, "domain": null })).await, shown(&["a.example"]));
    assert_eq!(update(json!({ "id": engines, "domain": null })).await, shown(&[]), "the last one");
    assert_eq!(update(json!({ "id": engines, "domain": null })).await, shown(&[]));
    add(&test, &engines, "a.example", false).await;
    assert_eq!(remove(&test, &engines, "a.example").await["account"], shown(&[]));
    let told = test.published::<AccountDomainsChanged>().await;
    let last: Vec<_> = told.iter().map(|event| event.current.clone()).collect();
    let told_of = |domains: &[&str]| last.contains(&domains.iter().map(|domain| (*domain).to_owned()).collect());
    assert!(told_of(&["c.example", "a.example"]) && told_of(&["a.example"]) && told_of(&[]), "{last:?}");
    assert!(told.windows(2).all(|pair| pair[0].current == pair[1].previous), "each begins where the last one ended");
    let looms = account(&test, json!({ "name": "Looms", "domain": "b.example" })).await;
    assert_eq!(add(&test, &looms, "a.example", false).await["errors"], json!([]), "what is gone is free");
    assert!(
        test.published::<AccountUpdated>().await.iter().all(|event| event.current.version > event.previous.version)
    );
}

on_both_engines!(SERVICE, an_import_knows_an_account_by_any_of_its_domains);
async fn an_import_knows_an_account_by_any_of_its_domains(test: ServiceTest) {
    const IMPORT: &str =
        "mutation($input: ImportRowsInput!) { importAccounts(input: $input) { outcomes { outcome } errors { code } } }";
    let engines = account(&test, json!({ "name": "Engines", "domain": "engines.example" })).await;
    add(&test, &engines, "engines.co.example", false).await;
    let cells = |cells: [&str; 3]| json!({ "row": 1, "cells": cells });
    let input = json!({ "headers": ["Name", "Domain", "Industry"], "rows": [cells(["Engines Europe", "engines.co.example", "Energy"])] });
    let imported = test.graphql(IMPORT, json!({ "input": input })).await;
    assert_eq!(imported["importAccounts"], json!({ "outcomes": [{ "outcome": "UPDATED" }], "errors": [] }));
    let shown = "{ accounts { edges { node { name industry domains } } } }";
    let node = json!({ "name": "Engines", "industry": "Energy", "domains": ["engines.example", "engines.co.example"] });
    assert_eq!(test.graphql(shown, json!({})).await["accounts"]["edges"], json!([{ "node": node }]));
}

on_both_engines!(SERVICE, who_may_not_see_or_write_the_domain_does_neither);
async fn who_may_not_see_or_write_the_domain_does_neither(test: ServiceTest) {
    let engines = account(&test, json!({ "name": "Engines", "domain": "engines.example" })).await;
    let mut grants = BuiltInRole::Admin.grants();
    grants.fields.push(FieldRule { object: Object::Account, field: "domain".into(), hidden: true });
    let user = test.user_with(grants);
    let read = "query($id: ID!) { account(id: $id) { domain domains } }";
    let read = test.graphql_as(&user, read, json!({ "id": engines })).await;
    assert_eq!(read["data"]["account"], json!({ "domain": null, "domains": [] }));
    let input = json!({ "input": { "accountId": engines, "domain": "b.example" } });
    for (mutation, query) in [("addAccountDomain", ADD), ("removeAccountDomain", REMOVE)] {
        let refused = test.graphql_as(&user, query, input.clone()).await;
        let code = &refused["errors"][0]["extensions"]["code"];
        assert!(code == "FORBIDDEN" || refused["data"][mutation]["errors"][0]["code"] == "FORBIDDEN", "{refused}");
    }
    let stranger = test.graphql_as(&test.stranger(), ADD, input).await;
    assert_eq!(stranger["data"]["addAccountDomain"]["errors"], json!([{ "code": "NOT_FOUND", "field": "accountId" }]));
}

on_both_engines!(SERVICE, a_visitor_teaches_an_account_no_domain);
async fn a_visitor_teaches_an_account_no_domain(test: ServiceTest) {
    const DOMAINS: &str = "query($id: ID!) { account(id: $id) { domain domains }
        leads(filter: { underAccount: $id }) { totalCount } }";
    let field = |slug: &str, lead_field: &str| json!({ "slug": slug, "label": slug, "leadField": lead_field });
    let mut fields = vec![field("company", "COMPANY"), field("site", "COMPANY_DOMAIN")];
    fields.push(json!({ "slug": "email", "label": "E-mail", "kind": "EMAIL", "required": true, "leadField": "EMAIL" }));
    let (_, path) = form(&test, json!({ "fields": fields })).await;
    let engines = account(&test, json!({ "name": "Engines" })).await;
    let looms = account(&test, json!({ "name": "Looms", "domain": "looms.example" })).await;
    add(&test, &looms, "looms.co.example", false).await;
    for company in ["Engines", "Looms"] {
        let site = format!("visitors-of-{}.example", company.to_lowercase());
        let given = json!({ "email": format!("eve@{site}"), "company": company, "site": site, "consent": "yes" });
        assert!(post_json(&test, &path, given, &[]).await.status.is_success());
    }
    test.settle().await;
    let shown = async |id: &Value| {
        let mut data = test.graphql(DOMAINS, json!({ "id": id })).await;
        json!([data["account"]["domain"].take(), data["account"]["domains"].take(), data["leads"]["totalCount"].take()])
    };
    let nothing = json!([null, [], 1]);
    assert_eq!(shown(&engines).await, nothing, "the lead is theirs by its name");
    assert_eq!(shown(&looms).await, json!(["looms.example", ["looms.example", "looms.co.example"], 1]));
    // Whoever may write teaches it.
    capture(&test, json!({ "email": "a@engines.example", "company": "Engines", "companyDomain": "engines.example" }))
        .await;
    assert_eq!(shown(&engines).await, json!(["engines.example", ["engines.example"], 2]));
}

on_both_engines!(SERVICE, an_account_that_is_imported_again_keeps_its_domains);
async fn an_account_that_is_imported_again_keeps_its_domains(test: ServiceTest) {
    const IMPORT: &str =
        "mutation($input: ImportRowsInput!) { importAccounts(input: $input) { outcomes { outcome } errors { code } } }";
    let import = async |domain: &str| {
        let rows = json!([{ "row": 1, "cells": ["r1", "Engines", domain] }]);
        let input = json!({ "headers": ["Record ID", "Company name", "Company Domain Name"], "rows": rows });
        test.graphql(IMPORT, json!({ "input": input })).await["importAccounts"].take()
    };
    let done = |outcome: &str| json!({ "outcomes": [{ "outcome": outcome }], "errors": [] });
    let waiting = capture(&test, json!({ "email": "ada@b.example" })).await;
    assert_eq!(waiting["lead"]["account"], json!(null));
    assert_eq!(import("a.example").await, done("CREATED"));
    assert_eq!(import("b.example").await, done("UPDATED"));
    let shown = "{ accounts { edges { node { domain domains } } } leads { edges { node { account { name } } } } }";
    let found = test.graphql(shown, json!({})).await;
    let node = json!({ "domain": "a.example", "domains": ["a.example", "b.example"] });
    assert_eq!(found["accounts"]["edges"], json!([{ "node": node }]));
    assert_eq!(found["leads"]["edges"][0]["node"]["account"]["name"], "Engines", "the lead that waited");
    assert_eq!(import("a.example").await, done("UPDATED"), "another row than the last");
    assert_eq!(test.graphql(shown, json!({})).await["accounts"], found["accounts"]);
    let [AccountDomainsChanged { current, .. }] = &test.published::<AccountDomainsChanged>().await[..] else {
        panic!("one event")
    };
    assert_eq!(current.len(), 2);
}

on_both_engines!(SERVICE, a_domain_that_is_removed_and_made_primary_at_once_stays_whole);
async fn a_domain_that_is_removed_and_made_primary_at_once_stays_whole(test: ServiceTest) {
    const UPDATE: &str = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { errors { code } } }";
    const SHOW: &str = "query($id: ID!) { account(id: $id) { domain domains } }";
    for round in 0..8 {
        let [one, two] = ["one", "two"].map(|name| format!("{name}{round}.example"));
        let engines = account(&test, json!({ "name": format!("Engines {round}"), "domain": one })).await;
        add(&test, &engines, &two, false).await;
        let first = test.graphql(UPDATE, json!({ "input": { "id": engines, "domain": two } }));
        futures::join!(remove(&test, &engines, &two), first);
        let shown = test.graphql(SHOW, json!({ "id": engines })).await;
        assert_eq!(shown["account"]["domain"], shown["account"]["domains"][0]);
    }
}
