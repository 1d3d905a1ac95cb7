//! Pages that visitors come to.

use axum::http::StatusCode;
use events::lead::{LandingPageChanged, PageConverted};
use kernel::BuiltInRole;
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::visitors::{browse, form, leads};

const CREATE: &str = "mutation($input: CreateLandingPageInput!) { createLandingPage(input: $input) {
    landingPage { id url version } errors { code field } } }";
const STATS: &str =
    "query($id: ID!) { pageStats(pageId: $id) { variant views conversions rate interval { low high } } }";

fn variant(name: &str, form: &Value) -> Value {
    json!({ "name": name, "weight": 1, "blocks": [
        { "kind": "HERO", "heading": format!("Engines <{name}>"), "text": "They think." },
        { "kind": "HEADING", "text": "Why" },
        { "kind": "TEXT", "text": "One.\n\nTwo." },
        { "kind": "LIST", "items": ["Fast", "Exact"] },
        { "kind": "QUOTE", "text": "A marvel.", "by": "Ada" },
        { "kind": "FORM", "formId": form },
    ] })
}

async fn create(test: &ServiceTest, input: Value) -> Value {
    test.graphql(CREATE, json!({ "input": input })).await["createLandingPage"].take()
}

/// A published page at `/p/engines`, in two variants.
async fn page(test: &ServiceTest) -> Value {
    let (form, _) = form(test, json!({})).await;
    let variants = [variant("plain", &form), variant("bold", &form)];
    let input =
        json!({ "slug": "engines", "title": "Engines", "language": "en-GB", "published": true, "variants": variants });
    let mut made = create(test, input).await;
    assert_eq!(made["errors"], json!([]));
    assert_eq!(made["landingPage"]["url"], json!("/p/engines"));
    made["landingPage"]["id"].take()
}

/// The value of an input that nobody sees.
fn hidden<'a>(html: &'a str, name: &str) -> &'a str {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name} in {html}"));
    rest.split('"').next().unwrap()
}

on_both_engines!(SERVICE, a_page_is_small_accessible_and_needs_no_script);
async fn a_page_is_small_accessible_and_needs_no_script(test: ServiceTest) {
    page(&test).await;
    let shown = browse(&test, "GET", "/p/engines?utm_source=li%22nkedin&utm_medium=ad", &[], "").await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.body.len() < 50_000, "{} bytes", shown.body.len());
    let policy = shown.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("script"), "{policy}");
    for part in [
        "<html lang=\"en-GB\">",
        "width=device-width",
        "<title>Engines</title>",
        "&gt;</h1><p class=\"lead\">They think.</p>",
        "<h2>Why</h2><p>One.</p><p>Two.</p><ul><li>Fast</li><li>Exact</li></ul>",
        "<blockquote><p>A marvel.</p><footer>— Ada</footer></blockquote>",
        "<label for=\"f-email\">E-mail</label>",
        "autocomplete=\"email\"",
        ":focus-visible",
        "name=\"utm_source\" value=\"li&quot;nkedin\"",
    ] {
        assert!(shown.body.contains(part), "{part} in {}", shown.body);
    }
    assert_eq!(shown.body.matches("<h1>").count(), 1);
    for foreign in ["<script", "<img", "src=", "http-equiv", "@import", "url("] {
        assert!(!shown.body.contains(foreign), "{foreign} in {}", shown.body);
    }
}

on_both_engines!(SERVICE, a_visitor_sees_one_variant_is_counted_once_and_converts);
async fn a_visitor_sees_one_variant_is_counted_once_and_converts(test: ServiceTest) {
    let id = page(&test).await;
    let first = browse(&test, "GET", "/p/engines?utm_campaign=spring", &[], "").await;
    let cookie = first.header("set-cookie");
    assert!(cookie.contains("Path=/p/engines") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let seen = hidden(&first.body, "_variant").to_owned();
    for _ in 0..5 {
        let again = browse(&test, "GET", "/p/engines", &[("cookie", &cookie)], "").await;
        assert_eq!((hidden(&again.body, "_variant"), again.header("set-cookie")), (seen.as_str(), ""));
    }
    let action = first.body.split_once("action=\"").unwrap().1.split('"').next().unwrap();
    let (page_id, nonce) = (hidden(&first.body, "_page"), hidden(&first.body, "_nonce"));
    let campaign = hidden(&first.body, "utm_campaign");
    let body =
        format!("email=ada%40engines.example&_page={page_id}&_variant={seen}&_nonce={nonce}&utm_campaign={campaign}");
    let from = [("origin", "https://crm.example"), ("referer", "https://crm.example/p/engines")];
    // The button is pressed twice.
    for _ in 0..2 {
        assert_eq!(browse(&test, "POST", action, &from, &body).await.status, StatusCode::OK);
    }
    let capture = leads(&test).await["ada@engines.example"]["captures"].take();
    assert_eq!((&capture[0]["page"]["slug"], &capture[0]["variant"]), (&json!("engines"), &json!(seen)));
    assert_eq!(capture[0]["utm"]["campaign"], json!("spring"));
    let stats = test.graphql(STATS, json!({ "id": id })).await["pageStats"].take();
    assert_eq!(stats.as_array().unwrap().len(), 2);
    let of = |name: &str| stats.as_array().unwrap().iter().find(|row| row["variant"] == json!(name)).unwrap().clone();
    let (saw, other) = (of(&seen), of(if seen == "bold" { "plain" } else { "bold" }));
    assert_eq!((&saw["views"], &saw["conversions"], &saw["rate"]), (&json!(1), &json!(1), &json!(1.0)));
    assert_eq!(
        (&other["views"], &other["rate"], &other["interval"]),
        (&json!(0), &json!(null), &json!({ "low": 0.0, "high": 1.0 }))
    );
    let converted = test.published::<PageConverted>().await;
    assert_eq!((converted.len(), &converted[0].variant), (1, &seen));
}

on_both_engines!(SERVICE, a_look_ahead_is_no_visit_and_takes_none_from_the_one_that_follows);
async fn a_look_ahead_is_no_visit_and_takes_none_from_the_one_that_follows(test: ServiceTest) {
    let id = page(&test).await;
    let views = async || {
        let stats = test.graphql(STATS, json!({ "id": id })).await["pageStats"].take();
        stats.as_array().unwrap().iter().map(|row| row["views"].as_i64().unwrap()).sum::<i64>()
    };
    for ahead in [("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch")] {
        let shown = browse(&test, "GET", "/p/engines", &[ahead], "").await;
        assert_eq!((shown.status, shown.header("set-cookie")), (StatusCode::OK, ""));
    }
    assert_eq!(views().await, 0);
    assert_ne!(browse(&test, "GET", "/p/engines", &[], "").await.header("set-cookie"), "");
    assert_eq!(views().await, 1);
}

on_both_engines!(SERVICE, what_visitors_made_of_a_page_is_told_to_who_reads_every_lead);
async fn what_visitors_made_of_a_page_is_told_to_who_reads_every_lead(test: ServiceTest) {
    let id = page(&test).await;
    let read = async |role: BuiltInRole| test.graphql_as(&test.user(role), STATS, json!({ "id": id })).await;
    for role in [BuiltInRole::AccountExecutive, BuiltInRole::SalesEngineer] {
        assert_eq!(read(role).await["errors"][0]["extensions"]["code"], "FORBIDDEN", "{role:?}");
    }
    for role in [BuiltInRole::ReadOnly, BuiltInRole::Manager] {
        assert_eq!(read(role).await["data"]["pageStats"].as_array().map(Vec::len), Some(2), "{role:?}");
    }
}

on_both_engines!(SERVICE, a_page_whose_form_is_gone_is_taken_down_and_not_put_up_again);
async fn a_page_whose_form_is_gone_is_taken_down_and_not_put_up_again(test: ServiceTest) {
    const UPDATE: &str = "mutation($input: UpdateLandingPageInput!) { updateLandingPage(input: $input) {
        landingPage { published } errors { code field } } }";
    let id = page(&test).await;
    let forms = test.graphql("{ forms { edges { node { id } } } }", json!({})).await;
    let delete = "mutation($id: ID!) { deleteForm(input: { id: $id }) { errors { code } } }";
    test.graphql(delete, json!({ "id": forms["forms"]["edges"][0]["node"]["id"] })).await;
    let publish = async |published: bool| {
        let input = json!({ "id": id, "published": published });
        test.graphql(UPDATE, json!({ "input": input })).await["updateLandingPage"].take()
    };
    assert_eq!(publish(false).await, json!({ "landingPage": { "published": false }, "errors": [] }));
    assert_eq!(publish(true).await["errors"], json!([{ "code": "NOT_FOUND", "field": "variants" }]));
}

on_both_engines!(SERVICE, who_asks_not_to_be_followed_gets_no_cookie);
async fn who_asks_not_to_be_followed_gets_no_cookie(test: ServiceTest) {
    page(&test).await;
    for signal in ["dnt", "sec-gpc"] {
        let variants: Vec<String> = futures::future::join_all((0..3).map(|_| async {
            let shown = browse(&test, "GET", "/p/engines", &[(signal, "1"), ("user-agent", "Test")], "").await;
            assert_eq!(shown.header("set-cookie"), "");
            hidden(&shown.body, "_variant").to_owned()
        }))
        .await;
        assert!(variants.iter().all(|variant| *variant == variants[0]), "{variants:?}");
    }
}

on_both_engines!(SERVICE, a_page_that_is_not_published_is_not_there);
async fn a_page_that_is_not_published_is_not_there(test: ServiceTest) {
    let id = page(&test).await;
    let update = "mutation($input: UpdateLandingPageInput!) { updateLandingPage(input: $input) {
        landingPage { version published title } errors { code field } } }";
    let input = json!({ "id": id, "version": 1, "published": false });
    let updated = test.graphql(update, json!({ "input": input })).await["updateLandingPage"].take();
    assert_eq!(updated["landingPage"], json!({ "version": 2, "published": false, "title": "Engines" }));
    let stale = test.graphql(update, json!({ "input": input })).await["updateLandingPage"].take();
    assert_eq!(stale["errors"], json!([{ "code": "CONFLICT", "field": null }]));
    assert_eq!(browse(&test, "GET", "/p/engines", &[], "").await.status, StatusCode::NOT_FOUND);
    let delete = "mutation($id: ID!) { deleteLandingPage(input: { id: $id }) { deletedId errors { code } } }";
    assert_eq!(test.graphql(delete, json!({ "id": id })).await["deleteLandingPage"]["deletedId"], id);
    assert_eq!(test.published::<LandingPageChanged>().await.len(), 3);
}

on_both_engines!(SERVICE, a_page_that_cannot_be_served_is_refused_and_says_why);
async fn a_page_that_cannot_be_served_is_refused_and_says_why(test: ServiceTest) {
    page(&test).await;
    let (form, _) = form(&test, json!({})).await;
    let with = |blocks: Value| json!([{ "name": "a", "blocks": blocks }]);
    let text = with(json!([{ "kind": "TEXT", "text": "x" }]));
    let gone = with(json!([{ "kind": "FORM", "formId": "form_01h455vb4pex5vsknk084sn02q" }]));
    // Each of these is six bytes where it is shown.
    let heavy = with(json!([{ "kind": "TEXT", "text": "\"".repeat(15_000) }]));
    for (slug, variants, code, field) in [
        ("engines", text.clone(), "ALREADY_EXISTS", "slug"),
        ("No Slug", text.clone(), "INVALID_INPUT", "slug"),
        ("empty", json!([]), "INVALID_INPUT", "variants"),
        ("gone", gone, "NOT_FOUND", "variants"),
        ("heavy", heavy, "TOO_LONG", "variants"),
        ("blank", with(json!([{ "kind": "HERO", "heading": "x" }])), "REQUIRED", "variants"),
        (
            "twice",
            with(json!([{ "kind": "FORM", "formId": form }, { "kind": "FORM", "formId": form }])),
            "INVALID_INPUT",
            "variants",
        ),
    ] {
        let refused = create(&test, json!({ "slug": slug, "title": "T", "variants": variants })).await;
        assert_eq!(refused["errors"], json!([{ "code": code, "field": field }]), "{slug}");
    }
    let input = json!({ "slug": "once", "title": "T", "variants": text, "idempotencyKey": "p1" });
    assert_eq!(create(&test, input.clone()).await, create(&test, input).await);
}
