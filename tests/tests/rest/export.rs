//! Whole lists, a line an object, for who may export them.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use crate::View;

/// Made by the admin: a role that reads every lead and exports what is one's own.
async fn exporter(view: &View, user: &Value) -> Result<String> {
    const ROLE: &str =
        "mutation($input: CreateRoleInput!) { createRole(input: $input) { role { id } errors { message } } }";
    const GIVE: &str = "mutation($user: ID!, $role: ID!) {
        updateUser(input: { id: $user, customRoleId: $role }) { errors { message } } }";
    let grants = [("READ", "ALL"), ("EXPORT", "OWN")]
        .map(|(action, scope)| json!({ "action": action, "object": "LEAD", "scope": scope }));
    let input = json!({ "name": "Exporter", "base": "ACCOUNT_EXECUTIVE", "grants": grants });
    let role = view.platform.graphql(ROLE, json!({ "input": input })).await?["createRole"]["role"]["id"].take();
    let given = view.platform.graphql(GIVE, json!({ "user": user, "role": role })).await?;
    assert_eq!(given["updateUser"]["errors"], json!([]));
    view.key_of(user).await
}

/// The lines of an export, as JSON.
async fn lines(view: &View, path: &str, authorization: &str) -> Result<Vec<Value>> {
    let url = format!("{}/rest/v1/{path}", view.platform.url());
    let answer = view.client.get(url).header("authorization", authorization).send().await?;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/jsonl");
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"leads.jsonl\"");
    let text = answer.text().await?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// What the export has once it has so many: the lead service hears a little later who owns what.
async fn ids_when(view: &View, authorization: &str, many: usize) -> Result<Vec<Value>> {
    let mut pace = interval(Duration::from_millis(50));
    let all = async {
        loop {
            pace.tick().await;
            let exported = lines(view, "leads.jsonl", authorization).await?;
            if exported.len() == many {
                return Ok(exported.into_iter().map(|mut lead| lead["id"].take()).collect());
            }
        }
    };
    timeout(Duration::from_secs(30), all).await.context("the export has other leads than its reader owns")?
}

#[tokio::test]
async fn a_whole_list_comes_out_a_line_each() -> Result<()> {
    let view = View::open_with(&[("PIPEWRIGHT__GATEWAY__LIST_SIZE", "50")]).await?;
    let file = view.platform.data_dir().join("leads.csv");
    let rows: String = (0..120).map(|number| format!("ada{number}@engines.example,Ada,Engines\n")).collect();
    std::fs::write(&file, format!("Email,First Name,Company\n{rows}"))?;
    view.platform.import(&["leads", &file.display().to_string(), "--json"]).await?;
    view.post("leads", json!({ "email": "bob@looms.example", "source": "Web" })).await?;
    let admin = format!("Bearer {}", view.platform.key());
    let all = lines(&view, "leads.jsonl", &admin).await?;
    let emails: std::collections::BTreeSet<_> = all.iter().map(|lead| lead["email"].to_string()).collect();
    assert_eq!((all.len(), emails.len()), (121, 121));
    let one = view.get(&format!("leads/{}", all[7]["id"].as_str().context("an id")?)).await?;
    assert_eq!(one.body["email"], all[7]["email"]);
    let web = lines(&view, "leads.jsonl?source=Web", &admin).await?;
    assert_eq!(web.iter().map(|lead| &lead["email"]).collect::<Vec<_>>(), ["bob@looms.example"]);
    view.get("leads.jsonl?first=3").await?.assert_problem(400, "INVALID_INPUT", Some("first"));
    view.get("looms.jsonl").await?.assert_problem(404, "NOT_FOUND", None);
    let head = view.send(reqwest::Method::HEAD, "leads.jsonl", &[], None).await?;
    assert_eq!((head.status.as_u16(), head.header("content-type")), (200, "application/jsonl"));
    let posted = view.post("leads.jsonl", json!({})).await?;
    posted.assert_problem(405, "METHOD_NOT_ALLOWED", None);
    assert_eq!(posted.header("allow"), "GET, HEAD, OPTIONS");
    Ok(())
}

#[tokio::test]
async fn a_whole_list_comes_out_as_a_sheet_that_runs_nothing() -> Result<()> {
    let view = View::open_with(&[("PIPEWRIGHT__GATEWAY__LIST_SIZE", "50")]).await?;
    for number in 0..60 {
        let company = if number == 0 { "=cmd|' /C calc'!A0".to_owned() } else { format!("Engines, No. {number}") };
        let lead =
            json!({ "email": format!("ada{number}@engines.example"), "company": company, "phone": "+49 30 1234567" });
        view.post("leads", lead).await?;
    }
    let answer = view.client.get(format!("{}/rest/v1/leads.csv", view.platform.url()));
    let answer = answer.bearer_auth(view.platform.key()).send().await?;
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"leads.csv\"");
    let text = answer.text().await?;
    let mut rows = text.split_terminator("\r\n");
    let names: Vec<&str> = rows.next().context("a head")?.split(',').collect();
    assert!(["id", "email", "company", "account.id"].iter().all(|name| names.contains(name)), "{names:?}");
    let rows: Vec<&str> = rows.collect();
    assert_eq!(rows.len(), 60, "one head for all pages");
    assert_eq!(rows.iter().filter(|row| row.contains("'=cmd|' /C calc'!A0")).count(), 1);
    assert!(rows.iter().any(|row| row.contains("\"Engines, No. 59\"")));
    let refused =
        view.send(reqwest::Method::GET, "leads.csv", &[("authorization", &view.reader().await?)], None).await?;
    refused.assert_problem(403, "FORBIDDEN", None);
    Ok(())
}

#[tokio::test]
async fn nobody_exports_what_they_may_only_read() -> Result<()> {
    const ROUTED: &str = "{ leads(first: 50) { edges { node { id routing { owner { user { id } } } } } } }";
    let view = View::open().await?;
    for number in 0..8 {
        view.post("leads", json!({ "email": format!("ada{number}@engines.example"), "company": "Engines" })).await?;
    }
    let leads = |data: &Value| data["leads"]["edges"].as_array().cloned().unwrap_or_default();
    let owner = |edge: &Value| edge["node"]["routing"]["owner"]["user"]["id"].clone();
    let routed = |data: &Value| leads(data).iter().all(|edge| !owner(edge).is_null());
    let data = view.platform.until("every lead routed", ROUTED, json!({}), routed).await?;
    let rep = owner(&leads(&data)[0]);
    let key = exporter(&view, &rep).await?;
    let mut own: Vec<Value> =
        leads(&data).iter().filter(|edge| owner(edge) == rep).map(|edge| edge["node"]["id"].clone()).collect();
    let mut exported = ids_when(&view, &key, own.len()).await?;
    exported.sort_by_key(Value::to_string);
    own.sort_by_key(Value::to_string);
    assert_eq!(exported, own);
    let read = view.send(reqwest::Method::GET, "leads", &[("authorization", &key)], None).await?;
    assert_eq!(read.body["totalCount"], json!(8), "reading is not narrowed");

    let key = view.reader().await?;
    let refused = view.send(reqwest::Method::GET, "leads.jsonl", &[("authorization", &key)], None).await?;
    refused.assert_problem(403, "FORBIDDEN", None);
    let anybody = view.send(reqwest::Method::GET, "leads.jsonl", &[("authorization", "Bearer no")], None).await?;
    anybody.assert_problem(401, "UNAUTHENTICATED", None);
    Ok(())
}
