//! What visitors give becomes leads.

use axum::http::StatusCode;
use chrono::TimeDelta;
use events::lead::{CaptureConfirmationRequested, CaptureConfirmed, CaptureReceived, FormChanged, LeadCaptured};
use kernel::BuiltInRole;
use pipewright_lead::{
    SERVICE,
    app::{App, Submitted},
    domain::capture::Given,
    store,
};
use platform::{Db, execute};
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::visitors::{browse, form, leads, post_json, send};

const ADA: &str =
    "email=Ada%40Engines.example&name=Ada&company=Engines&text=%3DHYPERLINK%28%22x%22%29&size=Large&consent=yes";

async fn submissions(test: &ServiceTest, form: &Value) -> Value {
    const READ: &str = "query($id: ID!) { form(id: $id) { submissions { captured waiting unconfirmed spam } } }";
    test.graphql(READ, json!({ "id": form })).await["form"]["submissions"].take()
}

/// What the service does, without its pages and jobs.
fn app(test: &ServiceTest) -> App {
    let context = &test.service.context;
    let (db, outbox, clock) = (context.db.clone(), context.outbox.clone(), test.clock.clone());
    App { db, outbox, clock, public_url: "https://crm.example".into() }
}

on_both_engines!(SERVICE, a_submission_becomes_a_lead_that_shows_where_it_came_from);
async fn a_submission_becomes_a_lead_that_shows_where_it_came_from(test: ServiceTest) {
    let (id, path) = form(&test, json!({})).await;
    let from = [("referer", "https://www.example.com/demo?utm_source=linkedin&utm_campaign=spring+sale&person=ada")];
    let answer = browse(&test, "POST", &path, &from, ADA).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.body.contains("<h1>Thank you</h1>"), "{}", answer.body);

    let lead = leads(&test).await["ada@engines.example"].take();
    assert_eq!((&lead["firstName"], &lead["source"]), (&json!("Ada"), &json!("Website")));
    assert_eq!(lead["message"], json!("=HYPERLINK(\"x\")"), "a formula is text");
    let utm = json!({ "source": "linkedin", "medium": null, "campaign": "spring sale", "term": null, "content": null });
    let consent = json!({ "purpose": "newsletter", "text": "Write to me.", "version": 1,
        "page": "https://www.example.com/demo", "confirmedAt": null });
    let captured = json!([{ "at": test.clock.now(), "utm": utm, "consent": consent,
        "answers": [{ "label": "How big?", "value": "Large" }], "form": { "name": "Demo" }, "page": null, "variant": null }]);
    let mut shown = lead["captures"].clone();
    shown[0]["at"] = captured[0]["at"].clone();
    assert_eq!(shown, captured);
    let told = test.published::<CaptureReceived>().await.remove(0);
    assert_eq!(
        (told.created, told.consent.unwrap().evidence.page.unwrap()),
        (true, "https://www.example.com/demo".into())
    );
    let counted = json!({ "captured": 1, "waiting": 0, "unconfirmed": 0, "spam": 0 });
    assert_eq!(submissions(&test, &id).await, counted);
}

on_both_engines!(SERVICE, a_program_is_answered_in_json_and_pages_of_listed_origins_may_send);
async fn a_program_is_answered_in_json_and_pages_of_listed_origins_may_send(test: ServiceTest) {
    let (_, path) = form(&test, json!({ "allowedOrigins": ["https://www.example.com"] })).await;
    let answer = post_json(&test, &path, json!({ "email": "ada@engines.example", "consent": true }), &[]).await;
    assert_eq!((answer.status, &answer.json()["confirmationRequired"]), (StatusCode::ACCEPTED, &json!(false)));

    let asks = [("origin", "https://www.example.com"), ("access-control-request-method", "POST")];
    let listed = browse(&test, "OPTIONS", &path, &asks, "").await;
    assert_eq!(listed.header("access-control-allow-origin"), "https://www.example.com");
    assert!(listed.header("access-control-allow-headers").contains("idempotency-key"));
    let foreign = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    assert_eq!(browse(&test, "OPTIONS", &path, &foreign, "").await.header("access-control-allow-origin"), "");

    let grace = json!({ "email": "grace@looms.example" });
    let refused = post_json(&test, &path, grace.clone(), &foreign[..1]).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::FORBIDDEN, &json!("FORBIDDEN")));
    assert_eq!(leads(&test).await["grace@looms.example"], json!(null));
    for origin in ["https://www.example.com", "https://crm.example"] {
        assert_eq!(post_json(&test, &path, grace.clone(), &[("origin", origin)]).await.status, StatusCode::ACCEPTED);
    }
}

on_both_engines!(SERVICE, what_was_kept_before_a_crash_becomes_a_lead_once);
async fn what_was_kept_before_a_crash_becomes_a_lead_once(test: ServiceTest) {
    let (id, path) = form(&test, json!({})).await;
    let app = app(&test);
    let known = store::forms::by_slug(&app.db, path.strip_prefix("/f/").unwrap()).await.unwrap().unwrap();
    let given = Given::from_form(ADA.as_bytes()).unwrap();
    // Nobody gets to the second half.
    app.keep_capture(&known, Submitted { given, idempotency_key: None, page_url: None }).await.unwrap();
    assert_eq!(submissions(&test, &id).await["waiting"], json!(1));
    assert_eq!(leads(&test).await, json!({}));
    for _ in 0..2 {
        test.settle().await;
    }
    assert_eq!(test.published::<LeadCaptured>().await.len(), 1);
    assert_eq!(test.published::<CaptureReceived>().await.len(), 1);
    assert_eq!(submissions(&test, &id).await["captured"], json!(1));
}

on_both_engines!(SERVICE, what_comes_while_leads_cannot_be_made_is_answered_and_made_a_lead_later);
async fn what_comes_while_leads_cannot_be_made_is_answered_and_made_a_lead_later(test: ServiceTest) {
    let (id, path) = form(&test, json!({})).await;
    let db = &test.service.context.db;
    rename(db, "alter table segment rename to segment_away").await;
    let answer = post_json(&test, &path, json!({ "email": "ada@engines.example" }), &[]).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    assert!(test.published::<LeadCaptured>().await.is_empty());
    // It is tried again, and then waits a while.
    assert!(app(&test).process_due().await.unwrap());
    assert!(!app(&test).process_due().await.unwrap());
    assert_eq!(submissions(&test, &id).await["waiting"], json!(1));
    rename(db, "alter table segment_away rename to segment").await;
    test.clock.advance(TimeDelta::seconds(2));
    test.settle().await;
    assert_eq!(submissions(&test, &id).await["captured"], json!(1));
    assert!(leads(&test).await["ada@engines.example"].is_object());
}

async fn rename(db: &Db, sql: &'static str) {
    let mut tx = db.everywhere().begin().await.unwrap();
    if db.engine() == platform::db::Engine::Postgres {
        // Only who owns a table renames it.
        execute!(tx, sqlx::query("reset role")).unwrap();
    }
    execute!(tx, sqlx::query(sql)).unwrap();
    tx.commit().await.unwrap();
}

on_both_engines!(SERVICE, the_same_submission_again_is_the_first);
async fn the_same_submission_again_is_the_first(test: ServiceTest) {
    let (id, path) = form(&test, json!({})).await;
    let key = [("idempotency-key", "signup-1")];
    let ada = json!({ "email": "ada@engines.example" });
    let first = post_json(&test, &path, ada.clone(), &key).await.json();
    assert_eq!(post_json(&test, &path, ada.clone(), &key).await.json(), first);
    let other = post_json(&test, &path, json!({ "email": "eve@engines.example" }), &key).await;
    assert_eq!((other.status, &other.json()["code"]), (StatusCode::CONFLICT, &json!("IDEMPOTENCY_MISMATCH")));
    // A button that is pressed twice; and somebody who goes back and mends what they typed.
    for name in ["Grace", "Grace", "Gracie"] {
        let answer = browse(&test, "POST", &path, &[], &format!("email=g%40looms.example&name={name}&_nonce=n1")).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(submissions(&test, &id).await["captured"], json!(3));
    assert_eq!(leads(&test).await.as_object().unwrap().len(), 2);
}

on_both_engines!(SERVICE, whoever_fills_what_nobody_sees_is_thanked_and_becomes_no_lead);
async fn whoever_fills_what_nobody_sees_is_thanked_and_becomes_no_lead(test: ServiceTest) {
    let (id, path) = form(&test, json!({ "doubleOptIn": true })).await;
    let person = browse(&test, "POST", &path, &[], "email=ada%40engines.example").await;
    let robot =
        browse(&test, "POST", &path, &[], "email=bot%40engines.example&homepage=https%3A%2F%2Fspam.example").await;
    assert_eq!((robot.status, &robot.body), (person.status, &person.body), "it learns nothing");
    assert_eq!(submissions(&test, &id).await, json!({ "captured": 0, "waiting": 0, "unconfirmed": 1, "spam": 1 }));
    assert_eq!(test.published::<CaptureConfirmationRequested>().await.len(), 1);
}

#[tokio::test]
async fn too_many_submissions_from_one_address_wait() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let (_, path) = form(&test, json!({})).await;
    let ada = json!({ "email": "ada@engines.example" });
    for _ in 0..10 {
        assert_eq!(post_json(&test, &path, ada.clone(), &[]).await.status, StatusCode::ACCEPTED);
    }
    let refused = post_json(&test, &path, ada.clone(), &[]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "6"));
    assert_eq!(refused.json()["code"], json!("RATE_LIMITED"));
    test.clock.advance(TimeDelta::seconds(6));
    assert_eq!(post_json(&test, &path, ada, &[]).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_the_field_and_what_was_typed_is_kept() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let (_, path) = form(&test, json!({})).await;
    let page = browse(&test, "POST", &path, &[], "email=nobody&name=%3Cb%3EAda&utm_source=x&_nonce=n").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    for part in [
        "role=\"alert\"",
        "<a href=\"#f-email\">",
        "<label for=\"f-email\">",
        "aria-invalid=\"true\" aria-describedby=\"e-email\"",
        "<p class=\"error\" id=\"e-email\">",
        "value=\"nobody\"",
        "value=\"&lt;b&gt;Ada\"",
        "<input type=\"hidden\" name=\"utm_source\" value=\"x\">",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    assert!(!page.body.contains("<b>Ada") && !page.body.contains("<script"));
    let problem = post_json(&test, &path, json!({ "email": "nobody", "size": "Huge" }), &[]).await;
    assert_eq!(problem.header("content-type"), "application/problem+json");
    let said = problem.json();
    assert_eq!(
        (&said["code"], &said["field"], &said["status"]),
        (&json!("INVALID_EMAIL"), &json!("email"), &json!(400))
    );
    assert_eq!(said["errors"][1]["field"], json!("size"));
    assert_eq!(leads(&test).await, json!({}));
}

#[tokio::test]
async fn a_body_that_cannot_be_meant_is_refused_with_a_code() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let (_, path) = form(&test, json!({})).await;
    let form_encoded = "application/x-www-form-urlencoded";
    let large = format!("email=ada%40engines.example&text={}", "x".repeat(10 << 20));
    for (content_type, body, status, code) in [
        (form_encoded, large.into_bytes(), 413, "PAYLOAD_TOO_LARGE"),
        (form_encoded, b"email=a%40b.example&name=L%F6w".to_vec(), 400, "INVALID_ENCODING"),
        ("application/json", b"{\"email\": \"L\xf6w\"}".to_vec(), 400, "INVALID_ENCODING"),
        ("application/json; charset=latin1", b"{}".to_vec(), 400, "INVALID_ENCODING"),
        ("application/json", b"[1]".to_vec(), 400, "BAD_REQUEST"),
        ("application/json", b"{\"email\": {}}".to_vec(), 400, "INVALID_INPUT"),
        ("text/plain", b"email=a".to_vec(), 415, "UNSUPPORTED_MEDIA_TYPE"),
    ] {
        let headers = [("accept", "application/json"), ("content-type", content_type)];
        let answer = send(&test, "POST", &path, &headers, body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (status, &json!(code)), "{}", answer.body);
    }
    let latin = [("accept", "application/json")];
    let named = send(&test, "POST", &path, &latin, b"email=a%40b.example&name=L%F6w".to_vec()).await;
    assert_eq!(named.json()["field"], json!("name"));
    test.clock.advance(TimeDelta::minutes(1));
    let hidden = json!({ "email": "a\u{200b}da@engines.example", "name": "A\u{202e}da" });
    assert_eq!(post_json(&test, &path, hidden, &[]).await.status, StatusCode::ACCEPTED);
    assert_eq!(leads(&test).await["ada@engines.example"]["firstName"], json!("Ada"));
}

on_both_engines!(SERVICE, an_address_becomes_a_lead_once_its_owner_has_confirmed_it);
async fn an_address_becomes_a_lead_once_its_owner_has_confirmed_it(test: ServiceTest) {
    let (id, path) = form(&test, json!({ "doubleOptIn": true })).await;
    let answer = post_json(&test, &path, json!({ "email": "ada@engines.example", "consent": true }), &[]).await;
    assert_eq!(answer.json()["confirmationRequired"], json!(true));
    test.settle().await;
    assert_eq!(leads(&test).await, json!({}));
    let asked = test.published::<CaptureConfirmationRequested>().await.remove(0);
    assert_eq!(asked.expires_at, test.clock.now() + TimeDelta::days(7));

    // A scanner follows the link, and nothing happens.
    let page = browse(&test, "GET", &asked.url, &[], "").await;
    assert!(page.body.contains("<form method=\"post\">") && !page.body.contains("engines.example"), "{}", page.body);
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(submissions(&test, &id).await["unconfirmed"], json!(1));
    test.clock.advance(TimeDelta::days(6));
    for _ in 0..2 {
        let page = browse(&test, "POST", &asked.url, &[], "").await;
        assert!(page.status == StatusCode::OK && page.body.contains("is confirmed"), "{}", page.body);
    }
    let lead = leads(&test).await["ada@engines.example"].take();
    assert!(lead["captures"][0]["consent"]["confirmedAt"].is_string(), "{lead}");
    assert_eq!(test.published::<CaptureConfirmed>().await.len(), 1);
    assert_eq!(test.published::<LeadCaptured>().await.len(), 1);
    let unknown = browse(&test, "POST", "/f/confirm/0123456789abcdef0123456789abcdef", &[], "").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

on_both_engines!(SERVICE, a_link_that_is_older_than_a_week_confirms_nothing);
async fn a_link_that_is_older_than_a_week_confirms_nothing(test: ServiceTest) {
    let (_, path) = form(&test, json!({ "doubleOptIn": true })).await;
    post_json(&test, &path, json!({ "email": "ada@engines.example" }), &[]).await;
    let asked = test.published::<CaptureConfirmationRequested>().await.remove(0);
    test.clock.advance(TimeDelta::days(7) + TimeDelta::seconds(1));
    assert_eq!(browse(&test, "POST", &asked.url, &[], "").await.status, StatusCode::GONE);
    test.settle().await;
    assert_eq!(leads(&test).await, json!({}));
}

on_both_engines!(SERVICE, who_knows_an_address_changes_nothing_of_its_lead_and_who_has_it_fills_blanks);
async fn who_knows_an_address_changes_nothing_of_its_lead_and_who_has_it_fills_blanks(test: ServiceTest) {
    let capture = "mutation { captureLead(input: { email: \"ada@engines.example\", firstName: \"Ada\" }) { created } }";
    test.graphql(capture, json!({})).await;
    let given = json!({ "email": "ada@engines.example", "name": "Mallory", "company": "Mallory Ltd" });
    let (_, path) = form(&test, json!({})).await;
    post_json(&test, &path, given.clone(), &[]).await;
    let lead = leads(&test).await["ada@engines.example"].take();
    assert_eq!((&lead["company"], lead["captures"].as_array().unwrap().len()), (&json!(null), 1));

    let (_, path) = form(&test, json!({ "doubleOptIn": true })).await;
    post_json(&test, &path, given, &[]).await;
    let asked = test.published::<CaptureConfirmationRequested>().await.remove(0);
    browse(&test, "POST", &asked.url, &[], "").await;
    let lead = leads(&test).await["ada@engines.example"].take();
    assert_eq!((&lead["firstName"], &lead["company"]), (&json!("Ada"), &json!("Mallory Ltd")));
}

on_both_engines!(SERVICE, a_form_is_made_once_changed_and_deleted);
async fn a_form_is_made_once_changed_and_deleted(test: ServiceTest) {
    const UPDATE: &str = "mutation($input: UpdateFormInput!) { updateForm(input: $input) {
        form { version name active consent { text version } redirectUrl snippet } errors { code field } } }";
    let (id, path) = form(&test, json!({ "idempotencyKey": "f1" })).await;
    assert_eq!(form(&test, json!({ "idempotencyKey": "f1" })).await, (id.clone(), path.clone()));
    let update = async |input: Value| {
        let mut input = input;
        input["id"] = id.clone();
        test.graphql(UPDATE, json!({ "input": input })).await["updateForm"].take()
    };
    let consent = json!({ "purpose": "newsletter", "text": "Write to me every week." });
    let changed = update(json!({ "version": 1, "consent": consent, "name": "News" })).await;
    let text = json!({ "text": "Write to me every week.", "version": 2 });
    assert_eq!((&changed["form"]["version"], &changed["form"]["consent"]), (&json!(2), &text));
    let snippet = changed["form"]["snippet"].as_str().unwrap();
    assert!(
        snippet.contains(&format!("action=\"{path}\"")) && snippet.contains("<label for=\"f-email\">"),
        "{snippet}"
    );
    assert!(!snippet.contains("script") && !snippet.contains("src="), "{snippet}");

    for (wrong, code, field) in [
        (json!({ "version": 1, "name": "Old" }), "CONFLICT", json!(null)),
        (json!({ "redirectUrl": "https://evil.example/" }), "INVALID_INPUT", json!("redirectUrl")),
        (json!({ "allowedOrigins": ["*"] }), "INVALID_INPUT", json!("allowedOrigins")),
        (json!({ "fields": [] }), "INVALID_INPUT", json!("fields")),
        (json!({ "name": " " }), "REQUIRED", json!("name")),
    ] {
        assert_eq!(update(wrong).await["errors"], json!([{ "code": code, "field": field }]));
    }
    let thanks =
        json!({ "allowedOrigins": ["https://www.example.com"], "redirectUrl": "https://www.example.com/thanks" });
    assert_eq!(update(thanks).await["errors"], json!([]));
    let sent_on = browse(&test, "POST", &path, &[], ADA).await;
    assert_eq!((sent_on.status, sent_on.header("location")), (StatusCode::SEE_OTHER, "https://www.example.com/thanks"));

    update(json!({ "active": false })).await;
    assert_eq!(browse(&test, "GET", &path, &[], "").await.status, StatusCode::NOT_FOUND);
    let delete = "mutation($id: ID!) { deleteForm(input: { id: $id }) { deletedId errors { code } } }";
    assert_eq!(test.graphql(delete, json!({ "id": id })).await["deleteForm"]["deletedId"], id);
    assert_eq!(leads(&test).await["ada@engines.example"]["captures"][0]["form"], json!(null), "its captures stay");
    assert_eq!(test.published::<FormChanged>().await.len(), 5);
}

#[tokio::test]
async fn forms_are_made_by_those_who_may_change_every_lead() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let (id, _) = form(&test, json!({})).await;
    let rep = test.user(BuiltInRole::AccountExecutive);
    let delete = "mutation($id: ID!) { deleteForm(input: { id: $id }) { deletedId errors { code } } }";
    let refused = test.graphql_as(&rep, delete, json!({ "id": id })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], json!("FORBIDDEN"), "{refused}");
    let stranger = test.stranger();
    let read = "query($id: ID!) { form(id: $id) { id } forms { edges { node { id } } } }";
    let seen = test.graphql_as(&stranger, read, json!({ "id": id })).await;
    assert_eq!(seen["data"], json!({ "form": null, "forms": { "edges": [] } }));
    let gone = test.graphql_as(&stranger, delete, json!({ "id": id })).await;
    assert_eq!(gone["data"]["deleteForm"]["errors"], json!([{ "code": "NOT_FOUND" }]));
}

on_both_engines!(SERVICE, many_leads_with_their_captures_cost_no_more_statements_than_two);
async fn many_leads_with_their_captures_cost_no_more_statements_than_two(test: ServiceTest) {
    let (_, path) = form(&test, json!({})).await;
    for number in 0..40 {
        test.clock.advance(TimeDelta::seconds(10));
        let given = json!({ "email": format!("p{number}@engines.example") });
        assert_eq!(post_json(&test, &path, given, &[]).await.status, StatusCode::ACCEPTED);
    }
    let query = "query($first: Int) { leads(first: $first) { edges { node { captures { id form { name submissions { captured } } } } } } }";
    let read = async |first: i64| {
        let (statements, data) = test.statements(test.graphql(query, json!({ "first": first }))).await;
        assert_eq!(data["leads"]["edges"][1]["node"]["captures"][0]["form"]["submissions"]["captured"], json!(40));
        statements
    };
    assert_eq!((read(2).await, read(40).await), (4, 4), "leads, captures, forms, their numbers");
}

#[tokio::test]
async fn our_own_pages_may_submit_though_a_proxy_asks_by_another_name() {
    let configure =
        |config: &mut platform::config::Config| config.mail.public_url = "https://www.engines.example/".into();
    let test = ServiceTest::configured(SERVICE, configure).await;
    let (_, url) = form(&test, json!({})).await;
    let path = url.strip_prefix("https://www.engines.example").unwrap();
    for (origin, status) in [
        ("https://www.engines.example", StatusCode::OK),
        ("https://www.engines", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
    ] {
        assert_eq!(browse(&test, "POST", path, &[("origin", origin)], ADA).await.status, status, "{origin}");
    }
}
