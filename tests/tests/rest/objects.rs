//! Reading and writing, held equal to GraphQL.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::{View, document};

#[tokio::test]
async fn every_resource_shows_what_graphql_shows() -> Result<()> {
    let view = View::with_data().await?;
    let document = document();
    let resources = [
        ("leads", "lead", "Lead"),
        ("accounts", "account", "Account"),
        ("contacts", "contact", "Contact"),
        ("opportunities", "opportunity", "Opportunity"),
    ];
    for (path, field, ty) in resources {
        let selection = selection(&document["components"]["schemas"][ty]);
        assert!(selection.contains("id") && selection.contains("version"), "{ty}: {selection}");
        let list = format!(
            "{{ {path}(first: 2) {{ totalCount edges {{ node {{ {selection} }} }} pageInfo {{ endCursor }} }} }}"
        );
        let graphql = view.platform.graphql(&list, json!({})).await?[path].take();
        let nodes: Vec<Value> =
            graphql["edges"].as_array().context("edges")?.iter().map(|edge| edge["node"].clone()).collect();
        let rest = view.get(&format!("{path}?first=2")).await?;
        assert_eq!(rest.status, 200, "{}", rest.body);
        assert_eq!(rest.body["items"], json!(nodes), "{path}");
        assert_eq!(rest.body["totalCount"], graphql["totalCount"], "{path}");
        let next = rest.body["next"].as_str().context("a next page")?;
        assert_eq!(rest.header("link"), format!("<{next}>; rel=\"next\""));
        assert!(next.contains(graphql["pageInfo"]["endCursor"].as_str().context("a cursor")?), "{next}");
        let ids: Vec<Value> = nodes.into_iter().map(|mut node| node["id"].take()).collect();
        assert_eq!(ids.len(), 2, "{path}");
        for id in ids {
            let get = format!("query($id: ID!) {{ {field}(id: $id) {{ {selection} }} }}");
            let graphql = view.platform.graphql(&get, json!({ "id": id })).await?[field].take();
            let rest = view.get(&format!("{path}/{}", id.as_str().context("an id")?)).await?;
            assert_eq!(rest.status, 200, "{}", rest.body);
            assert_eq!(rest.body, graphql, "{path}");
            let named = format!("\"{}.{}-", graphql["id"].as_str().context("an id")?, graphql["version"]);
            assert!(rest.header("etag").starts_with(&named), "{}", rest.header("etag"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_next_pages_lead_through_the_whole_list_once() -> Result<()> {
    let view = View::open().await?;
    for number in 0..5 {
        view.post("leads", json!({ "email": format!("ada{number}@engines.example"), "source": "Web & mail" })).await?;
        view.post("leads", json!({ "email": format!("bob{number}@looms.example") })).await?;
    }
    let mut seen = Vec::new();
    let mut path = "/rest/v1/leads?first=2&source=Web+%26+mail".to_owned();
    for _page in 0..10 {
        let page = view.get(&path).await?;
        assert_eq!((page.status.as_u16(), &page.body["totalCount"]), (200, &json!(5)), "{}", page.body);
        seen.extend(page.body["items"].as_array().context("items")?.iter().map(|lead| lead["email"].clone()));
        match page.body["next"].as_str() {
            Some(next) => next.clone_into(&mut path),
            None => {
                assert_eq!(page.header("link"), "");
                break;
            }
        }
    }
    let expected: Vec<Value> = (0..5).rev().map(|number| json!(format!("ada{number}@engines.example"))).collect();
    assert_eq!(seen, expected);
    Ok(())
}

#[tokio::test]
async fn what_is_made_and_changed_here_is_made_and_changed_there() -> Result<()> {
    let view = View::open().await?;
    let made = view.post("leads", json!({ "email": "ada@engines.example", "firstName": "Ada" })).await?;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["id"].as_str().context("an id")?;
    assert_eq!(made.header("location"), format!("/rest/v1/leads/{id}"));
    assert_eq!(view.get(made.header("location")).await?.body, made.body);
    let again = view.post("leads", json!({ "email": "ada@engines.example", "lastName": "Lovelace" })).await?;
    assert_eq!((again.status.as_u16(), &again.body["id"]), (200, &made.body["id"]), "it was there");

    let path = format!("leads/{id}");
    let read = view.get(&path).await?;
    let changed = view.patch(&path, json!({ "title": "Countess" }), Some(read.header("etag"))).await?;
    assert_eq!((changed.status.as_u16(), &changed.body["title"]), (200, &json!("Countess")), "{}", changed.body);
    let there = "query($id: ID!) { lead(id: $id) { title lastName version } }";
    let there = view.platform.graphql(there, json!({ "id": id })).await?["lead"].take();
    assert_eq!(there, json!({ "title": "Countess", "lastName": "Lovelace", "version": changed.body["version"] }));

    let late = view.patch(&path, json!({ "title": "Baroness" }), Some(read.header("etag"))).await?;
    late.assert_problem(412, "CONFLICT", Some("If-Match"));
    let other = view.patch(&path, json!({ "title": "Baroness" }), Some("\"lead_x.1\"")).await?;
    other.assert_problem(412, "CONFLICT", Some("If-Match"));
    let any = view.patch(&path, json!({ "title": "Baroness" }), Some("*")).await?;
    assert_eq!((any.status.as_u16(), &any.body["title"]), (200, &json!("Baroness")));
    let etag = view.get(&path).await?;
    let known = view.send(Method::GET, &path, &[("if-none-match", etag.header("etag"))], None).await?;
    assert_eq!((known.status.as_u16(), &known.body), (304, &Value::Null));
    let stale = view.send(Method::GET, &path, &[("if-none-match", read.header("etag"))], None).await?;
    assert_eq!(stale.status, 200);

    let account = json!({ "name": "Engines", "domain": "engines.example" });
    let key = [("idempotency-key", "the-first-one")];
    let first = view.send(Method::POST, "accounts", &key, Some(account.clone())).await?;
    let second = view.send(Method::POST, "accounts", &key, Some(account)).await?;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201), "{}", second.body);
    assert_eq!(first.body["id"], second.body["id"]);
    let other = view.send(Method::POST, "accounts", &key, Some(json!({ "name": "Looms" }))).await?;
    other.assert_problem(409, "IDEMPOTENCY_MISMATCH", Some("Idempotency-Key"));

    view.known_to_pipeline(&first.body["id"]).await?;
    let amount = json!({ "minor": 4_200_000, "currency": "EUR" });
    let opportunity = json!({ "name": "Looms", "accountId": first.body["id"], "amount": amount });
    let opportunity = view.post("opportunities", opportunity).await?;
    assert_eq!((opportunity.status.as_u16(), &opportunity.body["amount"]), (201, &amount), "{}", opportunity.body);
    let path = format!("opportunities/{}", opportunity.body["id"].as_str().context("an id")?);
    let renamed = view.patch(&path, json!({ "name": "More looms" }), Some(opportunity.header("etag"))).await?;
    assert_eq!((renamed.status.as_u16(), &renamed.body["name"]), (200, &json!("More looms")), "{}", renamed.body);
    Ok(())
}

/// The header `Authorization` of somebody who has this role.
async fn rae(view: &View, role: Value) -> Result<String> {
    const ROLE: &str = "mutation($input: CreateRoleInput!) {
        createRole(input: $input) { role { id } errors { message } } }";
    const USER: &str = "mutation($role: ID!) { createUser(input: {
        name: \"Rae\", email: \"rae@pipewright.example\", role: SALES_ENGINEER, customRoleId: $role
    }) { user { id } errors { message } } }";
    let role = json!({ "input": role });
    let role = view.platform.graphql(ROLE, role).await?["createRole"]["role"]["id"].take();
    let user = view.platform.graphql(USER, json!({ "role": role })).await?["createUser"]["user"]["id"].take();
    view.key_of(&user).await
}

#[tokio::test]
async fn what_is_there_already_and_not_yours_to_read_is_taken_note_of_and_not_shown() -> Result<()> {
    let view = View::open().await?;
    let lead = json!({ "email": "ada@engines.example", "firstName": "Ada" });
    let made = view.post("leads", lead.clone()).await?;
    assert_eq!(made.status, 201, "{}", made.body);

    let grants = ["READ", "CREATE"].map(|action| json!({ "action": action, "object": "LEAD", "scope": "OWN" }));
    // No seller, or the lead would become theirs.
    let role = json!({ "name": "Own records", "base": "SALES_ENGINEER", "grants": grants });
    let rae = rae(&view, role).await?;
    let rae = [("authorization", rae.as_str())];

    let again = view.send(Method::POST, "leads", &rae, Some(lead)).await?;
    assert_eq!((again.status.as_u16(), &again.body), (204, &Value::Null), "{}", again.body);
    assert_eq!((again.header("location"), again.header("etag")), ("", ""));
    let path = made.header("location");
    view.send(Method::GET, path, &rae, None).await?.assert_problem(404, "NOT_FOUND", Some("id"));
    Ok(())
}

#[tokio::test]
async fn two_who_see_one_version_differently_know_it_by_two_etags() -> Result<()> {
    let view = View::open().await?;
    let grants = [json!({ "action": "READ", "object": "LEAD", "scope": "ALL" })];
    let hidden = [json!({ "object": "LEAD", "field": "phone", "access": "NONE" })];
    let role = json!({ "name": "No phones", "base": "SALES_ENGINEER", "grants": grants, "fieldRules": hidden });
    let rae = rae(&view, role).await?;

    let made = view.post("leads", json!({ "email": "ada@engines.example", "phone": "+4930901820" })).await?;
    let path = made.header("location");
    let whole = view.get(path).await?;
    let part = view.send(Method::GET, path, &[("authorization", &rae)], None).await?;
    assert_eq!((part.status.as_u16(), &part.body["phone"]), (200, &Value::Null), "{}", part.body);
    assert_eq!((&whole.body["version"], whole.body["phone"].is_null()), (&part.body["version"], false));
    assert_ne!(whole.header("etag"), part.header("etag"));
    for answer in [&made, &whole, &part] {
        assert!(answer.header("vary").contains("authorization, x-api-key"), "{}", answer.header("vary"));
    }
    let whole_known = [("authorization", rae.as_str()), ("if-none-match", whole.header("etag"))];
    assert_eq!(view.send(Method::GET, path, &whole_known, None).await?.status, 200, "what one does not see is not it");
    let part_known = [("authorization", rae.as_str()), ("if-none-match", part.header("etag"))];
    let unchanged = view.send(Method::GET, path, &part_known, None).await?;
    assert_eq!((unchanged.status.as_u16(), unchanged.header("vary")), (304, "authorization, x-api-key"));

    let changed = view.patch(path, json!({ "title": "Countess" }), Some(part.header("etag"))).await?;
    assert_eq!(changed.status, 200, "it is the version that counts: {}", changed.body);
    let late = view.patch(path, json!({ "title": "Baroness" }), Some(whole.header("etag"))).await?;
    late.assert_problem(412, "CONFLICT", Some("If-Match"));
    assert_eq!(view.get(path).await?.header("etag"), changed.header("etag"));
    Ok(())
}

#[tokio::test]
async fn a_stale_etag_hides_nothing_else_that_is_wrong() -> Result<()> {
    let view = View::open().await?;
    let lead = view.post("leads", json!({ "email": "ada@engines.example" })).await?;
    let (path, stale) = (lead.header("location"), Some("\"lead_x.1\""));
    view.patch(path, json!({ "tittle": "CTO" }), stale).await?.assert_problem(400, "INVALID_INPUT", Some("tittle"));
    view.patch(path, json!({ "status": null }), stale).await?.assert_problem(400, "REQUIRED", Some("status"));
    let nowhere = "leads/lead_00000000000000000000000000";
    view.patch(nowhere, json!({ "title": "CTO" }), stale).await?.assert_problem(404, "NOT_FOUND", Some("id"));
    let reader = view.reader().await?;
    let headers = [("authorization", reader.as_str()), ("if-match", "\"lead_x.1\"")];
    let refused = view.send(Method::PATCH, path, &headers, Some(json!({ "title": "CTO" }))).await?;
    refused.assert_problem(403, "FORBIDDEN", None);
    Ok(())
}

#[tokio::test]
async fn what_must_not_be_there_is_not_changed() -> Result<()> {
    let view = View::open().await?;
    let lead = view.post("leads", json!({ "email": "ada@engines.example" })).await?;
    let (path, title) = (lead.header("location"), json!({ "title": "Countess" }));
    let now = view.get(path).await?;
    for unwanted in ["*", now.header("etag")] {
        let refused = view.send(Method::PATCH, path, &[("if-none-match", unwanted)], Some(title.clone())).await?;
        refused.assert_problem(412, "CONFLICT", Some("If-None-Match"));
    }
    assert_eq!(view.get(path).await?.body, now.body);
    let nobody = "leads/lead_01m83fx8q5eehb3rv20fx7nb7k";
    let refused = view.send(Method::PATCH, nobody, &[("if-none-match", "*")], Some(title.clone())).await?;
    refused.assert_problem(404, "NOT_FOUND", Some("id"));
    let changed = view.send(Method::PATCH, path, &[("if-none-match", "\"x\"")], Some(title)).await?;
    assert_eq!((changed.status.as_u16(), &changed.body["title"]), (200, &json!("Countess")), "{}", changed.body);
    Ok(())
}

#[tokio::test]
async fn accounts_and_contacts_are_written_here_as_there() -> Result<()> {
    const THERE: &str = "query($account: ID!, $contact: ID!) {
        account(id: $account) { name industry version } contact(id: $contact) { email title version account { id } } }";
    let view = View::open().await?;
    let account = view.post("accounts", json!({ "name": "Engines", "domain": "engines.example" })).await?;
    let key = [("idempotency-key", "ada")];
    let ada = json!({ "email": "Ada@engines.example", "firstName": "Ada", "accountId": account.body["id"] });
    let contact = view.send(Method::POST, "contacts", &key, Some(ada.clone())).await?;
    assert_eq!(contact.status, 201, "{}", contact.body);
    assert_eq!(contact.body["account"]["id"], account.body["id"]);
    let again = view.send(Method::POST, "contacts", &key, Some(ada.clone())).await?;
    assert_eq!((again.status.as_u16(), &again.body), (201, &contact.body));
    let other = view.send(Method::POST, "contacts", &key, Some(json!({ "email": "bob@engines.example" }))).await?;
    other.assert_problem(409, "IDEMPOTENCY_MISMATCH", Some("Idempotency-Key"));
    view.post("contacts", ada).await?.assert_problem(409, "ALREADY_EXISTS", Some("email"));
    let nowhere = json!({ "email": "eve@engines.example", "accountId": "acct_01m83fx8fqeg7bczqka5bf7cgr" });
    view.post("contacts", nowhere).await?.assert_problem(404, "NOT_FOUND", Some("accountId"));

    let (account_path, contact_path) = (account.header("location"), contact.header("location"));
    let renamed = view
        .patch(account_path, json!({ "name": "Looms", "industry": "Textile" }), Some(account.header("etag")))
        .await?;
    assert_eq!((renamed.status.as_u16(), &renamed.body["name"]), (200, &json!("Looms")), "{}", renamed.body);
    let titled = view.patch(contact_path, json!({ "title": "Countess" }), Some(contact.header("etag"))).await?;
    assert_eq!((titled.status.as_u16(), &titled.body["title"]), (200, &json!("Countess")), "{}", titled.body);
    for (path, etag) in [(account_path, account.header("etag")), (contact_path, contact.header("etag"))] {
        let field = if path == account_path { "industry" } else { "title" };
        view.patch(path, json!({ field: "x" }), Some(etag)).await?.assert_problem(412, "CONFLICT", Some("If-Match"));
    }
    let ids = json!({ "account": account.body["id"], "contact": contact.body["id"] });
    assert_eq!(
        view.platform.graphql(THERE, ids).await?,
        json!({
            "account": { "name": "Looms", "industry": "Textile", "version": 2 },
            "contact": { "email": "ada@engines.example", "title": "Countess", "version": 2, "account": { "id": account.body["id"] } },
        })
    );
    let id = account.body["id"].as_str().context("an id")?;
    for (query, count) in
        [(format!("accountId={id}"), 1), ("email=ada@engines.example".into(), 1), ("email=x@engines.example".into(), 0)]
    {
        let found = view.get(&format!("contacts?{query}")).await?;
        assert_eq!((found.status.as_u16(), &found.body["totalCount"]), (200, &json!(count)), "{query}");
    }

    let key = [("idempotency-key", "lead")];
    let lead = json!({ "email": "bob@looms.example" });
    let first = view.send(Method::POST, "leads", &key, Some(lead.clone())).await?;
    let second = view.send(Method::POST, "leads", &key, Some(lead)).await?;
    assert_eq!(
        (first.status.as_u16(), second.status.as_u16()),
        (201, 201),
        "the same answer, and not that it was there"
    );
    assert_eq!(first.body["id"], second.body["id"]);
    Ok(())
}

#[tokio::test]
async fn a_key_may_do_here_what_it_may_do_there() -> Result<()> {
    let view = View::with_data().await?;
    for authorization in ["", "Bearer pw_nobody_has_this_key"] {
        for method in [Method::GET, Method::POST] {
            let refused = view.send(method, "leads", &[("authorization", authorization)], None).await?;
            refused.assert_problem(401, "UNAUTHENTICATED", None);
            assert_eq!(refused.header("www-authenticate"), "Bearer");
        }
    }
    let reader = view.reader().await?;
    let reader = [("authorization", reader.as_str())];
    let read = view.send(Method::GET, "leads", &reader, None).await?;
    assert_eq!((read.status.as_u16(), &read.body["totalCount"]), (200, &json!(3)), "{}", read.body);
    let lead = json!({ "email": "bob@looms.example" });
    view.send(Method::POST, "leads", &reader, Some(lead)).await?.assert_problem(403, "FORBIDDEN", None);
    let path = format!("leads/{}", read.body["items"][0]["id"].as_str().context("an id")?);
    let title = json!({ "title": "Countess" });
    view.send(Method::PATCH, &path, &reader, Some(title)).await?.assert_problem(403, "FORBIDDEN", None);
    Ok(())
}

/// GraphQL's words for what the document says of an object.
fn selection(schema: &Value) -> String {
    let properties = schema["properties"].as_object().map(Map::iter).into_iter().flatten();
    properties
        .map(|(name, property)| match property.get("properties") {
            Some(_) => format!("{name} {{ {} }}", selection(property)),
            None => name.clone(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn of_several_etags_the_one_that_is_there_counts() -> Result<()> {
    let view = View::open().await?;
    let lead = view.post("leads", json!({ "email": "ada@engines.example" })).await?;
    let id = lead.body["id"].as_str().context("an id")?;
    let path = format!("leads/{id}");
    let tags = format!("\"{id}.7\", \"{id}.1\"");
    let changed = view.patch(&path, json!({ "title": "CTO" }), Some(&tags)).await?;
    assert_eq!((changed.status.as_u16(), &changed.body["title"]), (200, &json!("CTO")), "{}", changed.body);
    let lines = [("if-match", format!("\"{id}.1\"")), ("if-match", format!("\"{id}.2\""))];
    let lines = lines.each_ref().map(|(name, tag)| (*name, tag.as_str()));
    let changed = view.send(Method::PATCH, &path, &lines, Some(json!({ "title": "CFO" }))).await?;
    assert_eq!((changed.status.as_u16(), &changed.body["title"]), (200, &json!("CFO")), "{}", changed.body);
    for stale in [tags, format!("\"{id}.+2\""), "\"2\"".to_owned()] {
        let refused = view.patch(&path, json!({ "title": "CEO" }), Some(&stale)).await?;
        refused.assert_problem(412, "CONFLICT", Some("If-Match"));
    }
    view.patch(&path, json!({ "title": "CEO" }), Some("")).await?.assert_problem(
        400,
        "INVALID_INPUT",
        Some("If-Match"),
    );
    let emptied = view.patch(&path, json!({ "title": null }), None).await?;
    assert_eq!((emptied.status.as_u16(), &emptied.body["title"]), (200, &Value::Null), "{}", emptied.body);
    let wrong = view.get("leads?email=nobody").await?;
    assert_eq!(wrong.body["field"], "email", "{}", wrong.body);
    Ok(())
}
