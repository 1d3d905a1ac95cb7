//! What is wrong is said in one way.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, View};

#[tokio::test]
async fn what_is_wrong_is_a_problem_with_code_and_field() -> Result<()> {
    let view = View::open_with(&[("PIPEWRIGHT__GATEWAY__MAX_BODY_BYTES", "2000")]).await?;
    let lead = view.post("leads", json!({ "email": "ada@engines.example" })).await?;
    let path = format!("leads/{}", lead.body["id"].as_str().context("an id")?);

    view.get("leads?first=0").await?.assert_problem(400, "INVALID_INPUT", Some("first"));
    view.get("leads?first=many").await?.assert_problem(400, "INVALID_INPUT", Some("first"));
    view.get("leads?after=nowhere").await?.assert_problem(400, "INVALID_CURSOR", Some("after"));
    view.get("leads?status=SOMETIMES").await?.assert_problem(400, "INVALID_INPUT", Some("status"));
    view.get("leads?colour=red").await?.assert_problem(400, "INVALID_INPUT", Some("colour"));
    view.get("leads?first=1&first=2").await?.assert_problem(400, "INVALID_INPUT", Some("first"));
    view.get(&format!("{path}?first=1")).await?.assert_problem(400, "INVALID_INPUT", Some("first"));
    view.get("leads/acct_01m83fx8fqeg7bczqka5bf7cgr").await?.assert_problem(400, "INVALID_ID", Some("id"));
    view.get("leads/lead_01m83fx8q5eehb3rv20fx7nb7k").await?.assert_problem(404, "NOT_FOUND", Some("id"));
    view.get("shoes").await?.assert_problem(404, "NOT_FOUND", None);
    view.get("/rest/v2/leads").await?.assert_problem(404, "NOT_FOUND", None);

    view.post("leads", json!({})).await?.assert_problem(400, "REQUIRED", Some("email"));
    view.post("leads", json!({ "email": null })).await?.assert_problem(400, "REQUIRED", Some("email"));
    view.post("leads", json!({ "email": 7 })).await?.assert_problem(400, "INVALID_INPUT", Some("email"));
    view.post("leads", json!({ "email": "ada" })).await?.assert_problem(400, "INVALID_EMAIL", Some("email"));
    view.post("leads", json!({ "mail": "a@b.example" })).await?.assert_problem(400, "INVALID_INPUT", Some("mail"));
    view.post("leads", json!(["ada@engines.example"])).await?.assert_problem(400, "INVALID_INPUT", None);
    let deal = json!({ "name": "Looms", "accountId": "acct_01m83fx8fqeg7bczqka5bf7cgr", "amount": { "minor": 1.5, "currency": "EUR" } });
    view.post("opportunities", deal).await?.assert_problem(400, "INVALID_INPUT", Some("amount.minor"));
    let version = view.patch(&path, json!({ "version": 1 }), None).await?;
    version.assert_problem(400, "INVALID_INPUT", Some("version"));
    let nobody = view.patch("leads/lead_01m83fx8q5eehb3rv20fx7nb7k", json!({ "title": "x" }), None).await?;
    nobody.assert_problem(404, "NOT_FOUND", Some("id"));

    let text = view.client.post(format!("{}/rest/v1/leads", view.platform.url())).bearer_auth(view.platform.key());
    let form = Answer::of(text.try_clone().context("a request")?.body("email=ada").send().await?).await?;
    form.assert_problem(415, "UNSUPPORTED_MEDIA_TYPE", None);
    let json = text.header("content-type", "application/json; charset=utf-8");
    let broken = Answer::of(json.try_clone().context("a request")?.body("{\"email\": ").send().await?).await?;
    broken.assert_problem(400, "BAD_REQUEST", None);
    let huge = Answer::of(json.body(vec![b' '; 2001]).send().await?).await?;
    huge.assert_problem(413, "PAYLOAD_TOO_LARGE", None);

    let description = view.send(Method::POST, "/openapi.json", &[], Some(json!({}))).await?;
    description.assert_problem(405, "METHOD_NOT_ALLOWED", None);
    let delete = view.send(Method::DELETE, &path, &[], None).await?;
    delete.assert_problem(405, "METHOD_NOT_ALLOWED", None);
    assert_eq!(delete.header("allow"), "GET, HEAD, PATCH, OPTIONS");
    let options = view.send(Method::OPTIONS, "leads", &[], None).await?;
    assert_eq!((options.status.as_u16(), options.header("allow")), (204, "GET, HEAD, POST, OPTIONS"));
    let head = view.send(Method::HEAD, "leads", &[], None).await?;
    assert_eq!((head.status.as_u16(), &head.body), (200, &Value::Null));
    Ok(())
}

#[tokio::test]
async fn what_is_said_twice_is_refused_and_changes_nothing() -> Result<()> {
    let view = View::open().await?;
    let lead = view.post("leads", json!({ "email": "ada@engines.example", "title": "Countess" })).await?;
    let path = lead.header("location");
    let url = format!("{}{path}", view.platform.url());
    for (body, field) in [
        (r#"{"title":"a","title":"b"}"#, "title"),
        (r#"{"title":"a","\u0074itle":"a"}"#, "title"),
        (r#"{"title":{"a":1,"a":1}}"#, "title.a"),
    ] {
        let asked = view.client.patch(&url).bearer_auth(view.platform.key()).header("content-type", "application/json");
        Answer::of(asked.body(body).send().await?).await?.assert_problem(400, "INVALID_INPUT", Some(field));
    }
    let key = format!("Bearer {}", view.platform.key());
    for (name, values) in [("authorization", [key.as_str(), "Bearer other"]), ("idempotency-key", ["one", "other"])] {
        let asked = view.client.post(format!("{}/rest/v1/leads", view.platform.url()));
        let asked = if name == "authorization" { asked } else { asked.bearer_auth(view.platform.key()) };
        let asked = values.iter().fold(asked, |asked, value| asked.header(name, *value));
        let refused = Answer::of(asked.json(&json!({ "email": "bob@looms.example" })).send().await?).await?;
        refused.assert_problem(400, "BAD_REQUEST", None);
    }
    assert_eq!(view.get(path).await?.body["title"], json!("Countess"));
    assert_eq!(view.get("leads").await?.body["totalCount"], json!(1));
    Ok(())
}

#[tokio::test]
async fn what_is_nowhere_and_a_wrong_method_have_a_code_outside_the_view_too() -> Result<()> {
    let view = View::open().await?;
    for (method, path, status, code) in [
        (Method::GET, "/nowhere", 404, "NOT_FOUND"),
        (Method::POST, "/auth/nowhere", 404, "NOT_FOUND"),
        (Method::GET, "/auth/sign-in", 405, "METHOD_NOT_ALLOWED"),
        (Method::DELETE, "/audit.jsonl", 405, "METHOD_NOT_ALLOWED"),
    ] {
        let answer = view.send(method, path, &[], None).await?;
        let told = &answer.body["errors"][0]["extensions"];
        assert_eq!((answer.status.as_u16(), told["code"].as_str()), (status, Some(code)), "{path}: {}", answer.body);
        assert_eq!(told["requestId"].as_str(), Some(answer.header("x-request-id")), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("allow").is_empty(), status == 404, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_that_is_sent_breaks_the_server_or_is_answered_in_other_words() -> Result<()> {
    let view = View::with_data().await?;
    let nasty = [
        "",
        "%00",
        "%FF",
        "%2e%2e",
        "%F0%9F%A6%86",
        "a".repeat(5_000).as_str(),
        "-1",
        "null",
        "lead_",
        "\"'--",
        "{id}",
    ]
    .map(str::to_owned);
    let bodies = [
        json!(null),
        json!([]),
        json!("lead"),
        json!({ "email": "\u{0}@\u{0}.example" }),
        json!({ "email": "a@b.example", "firstName": "x".repeat(10_000) }),
        json!({ "email": "a@b.example", "companyDomain": "http://[::1" }),
        json!({ "name": "", "accountId": "" }),
        json!({ "name": "x", "accountId": "acct_zzzz", "amount": { "minor": i64::MIN, "currency": "\u{202e}" } }),
        json!({ "title": { "deep": [[[[[[{}]]]]]] } }),
        json!({ "version": "1", "id": {} }),
    ];
    let mut asked = 0;
    for resource in ["leads", "accounts", "contacts", "opportunities"] {
        for text in &nasty {
            let paths = [
                format!("{resource}/{text}"),
                format!("{resource}?after={text}"),
                format!("{resource}?first={text}"),
                format!("{resource}?accountId={text}&email={text}&status={text}&domain={text}"),
                format!("{resource}?{text}={text}"),
            ];
            for path in paths {
                assert_sound(&path, &view.get(&path).await.with_context(|| path.clone())?);
                asked += 1;
            }
            let tagged = view.patch(&format!("{resource}/{text}"), json!({ "name": "x" }), Some("\"x\", *")).await?;
            assert_sound(text, &tagged);
        }
        for body in &bodies {
            for answer in [
                view.post(resource, body.clone()).await?,
                view.patch(&format!("{resource}/lead_01m83fx8q5eehb3rv20fx7nb7k"), body.clone(), None).await?,
            ] {
                assert_sound(&body.to_string(), &answer);
                asked += 1;
            }
        }
    }
    assert!(asked > 250, "{asked}");
    assert_eq!(view.get("leads").await?.status, 200);
    Ok(())
}

/// An answer, or a problem that is the client's.
fn assert_sound(about: &str, answer: &Answer) {
    let about = about.chars().take(200).collect::<String>();
    assert!(answer.status.as_u16() < 500, "{about}: {} {}", answer.status, answer.body);
    let kind = if answer.status.is_success() { "application/json" } else { "application/problem+json" };
    assert_eq!(answer.header("content-type"), kind, "{about}: {} {}", answer.status, answer.body);
}
