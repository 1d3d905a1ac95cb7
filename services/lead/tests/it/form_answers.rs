//! What visitors said and agreed to, as they said it.

use axum::http::StatusCode;
use kernel::{
    Action, Actor, Object,
    access::{FieldRule, Grant, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{
    access::role,
    leads::capture,
    merges::MERGE_LEADS,
    visitors::{browse, form, leads, post_json},
};

async fn ask(test: &ServiceTest, form: &Value, consent: Value) {
    const UPDATE: &str = "mutation($input: UpdateFormInput!) { updateForm(input: $input) { errors { code } } }";
    let updated = test.graphql(UPDATE, json!({ "input": { "id": form, "consent": consent } })).await;
    assert_eq!(updated["updateForm"]["errors"], json!([]));
}

on_both_engines!(SERVICE, what_a_known_person_says_otherwise_is_kept_beside_their_lead);
async fn what_a_known_person_says_otherwise_is_kept_beside_their_lead(test: ServiceTest) {
    const ANSWERS: &str = "{ leads { edges { node { captures { answers { label value leadField } } } } } }";
    capture(&test, json!({ "email": "ada@engines.example", "company": "Engines" })).await;
    let (_, path) = form(&test, json!({})).await;
    let given = json!({ "email": "ada@engines.example", "company": "Mills", "text": "Call me", "size": "Large" });
    assert_eq!(post_json(&test, &path, given, &[]).await.status, StatusCode::ACCEPTED);
    let lead = leads(&test).await["ada@engines.example"].take();
    assert_eq!((&lead["company"], &lead["message"]), (&json!("Engines"), &json!(null)), "the lead stays as it was");
    let answer = |label: &str, value: &str, field: Value| json!({ "label": label, "value": value, "leadField": field });
    let size = answer("How big?", "Large", json!(null));
    let company = answer("Company", "Mills", json!("COMPANY"));
    let message = answer("What for?", "Call me", json!("MESSAGE"));
    let shown = test.graphql(ANSWERS, json!({})).await["leads"]["edges"][0]["node"]["captures"].take();
    assert_eq!(shown, json!([{ "answers": [size, company, message] }]));

    let all = Grant { object: Object::Lead, actions: Action::ALL.into(), scope: Scope::All, only: Vec::new() };
    let hidden = FieldRule { object: Object::Lead, field: "company".to_owned(), hidden: true };
    let discreet = test.user_with(Grants { grants: vec![all], fields: vec![hidden] });
    let shown = test.graphql_as(&discreet, ANSWERS, json!({})).await["data"]["leads"]["edges"][0]["node"].take();
    assert_eq!(shown, json!({ "captures": [{ "answers": [size, message] }] }), "what is hidden is so here too");
}

on_both_engines!(SERVICE, what_the_lead_says_too_is_said_once);
async fn what_the_lead_says_too_is_said_once(test: ServiceTest) {
    let (_, path) = form(&test, json!({})).await;
    let given = json!({ "email": "ada@engines.example", "name": "Ada", "company": "Engines" });
    for _ in 0..2 {
        assert_eq!(post_json(&test, &path, given.clone(), &[]).await.status, StatusCode::ACCEPTED);
    }
    let captures = leads(&test).await["ada@engines.example"]["captures"].take();
    assert_eq!((&captures[0]["answers"], &captures[1]["answers"]), (&json!([]), &json!([])));
}

on_both_engines!(SERVICE, consent_is_kept_in_the_text_that_the_visitor_saw);
async fn consent_is_kept_in_the_text_that_the_visitor_saw(test: ServiceTest) {
    let (id, path) = form(&test, json!({})).await;
    let shown = browse(&test, "GET", &path, &[], "").await;
    assert!(shown.body.contains("name=\"consent\" value=\"v1\""), "{}", shown.body);
    let (old, new) = ("Write to me.", "Write to me every week.");
    ask(&test, &id, json!({ "purpose": "newsletter", "text": new })).await;
    for (name, tick, version, text) in [("ada", "v1", 1, old), ("ben", "v2", 2, new), ("eve", "yes", 2, new)] {
        let body = format!("email={name}%40engines.example&consent={tick}");
        assert_eq!(browse(&test, "POST", &path, &[], &body).await.status, StatusCode::OK);
        let kept = leads(&test).await[format!("{name}@engines.example")]["captures"][0]["consent"].take();
        assert_eq!((&kept["version"], &kept["text"]), (&json!(version), &json!(text)), "{name}");
    }
    let unknown = browse(&test, "POST", &path, &[], "email=joe%40engines.example&consent=v9").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(unknown.body.contains("id=\"e-consent\"") && !unknown.body.contains(" checked"), "{}", unknown.body);
    assert_eq!(leads(&test).await["joe@engines.example"], json!(null));
}

#[tokio::test]
async fn a_text_that_is_asked_again_has_a_version_of_its_own() {
    const CONSENT: &str = "query($id: ID!) { form(id: $id) { consent { version } } }";
    let test = ServiceTest::sqlite(SERVICE).await;
    let (id, path) = form(&test, json!({})).await;
    ask(&test, &id, json!({ "purpose": "newsletter", "text": "Write to me every week." })).await;
    ask(&test, &id, json!(null)).await;
    ask(&test, &id, json!({ "purpose": "newsletter", "text": "Write to me every day." })).await;
    let asked = test.graphql(CONSENT, json!({ "id": id })).await["form"]["consent"]["version"].take();
    assert!(asked.as_i64().unwrap() > 2, "{asked}");
    browse(&test, "POST", &path, &[], "email=ada%40engines.example&consent=v2").await;
    let kept = leads(&test).await["ada@engines.example"]["captures"][0]["consent"].take();
    assert_eq!(kept["text"], json!("Write to me every week."), "of all that were asked, the one that was seen");
}

#[tokio::test]
async fn a_tick_comes_back_as_it_was_unless_the_text_beside_it_is_another() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let consent = json!({ "purpose": "newsletter", "text": "Write to me.", "required": true });
    let (id, path) = form(&test, json!({ "consent": consent })).await;
    let ticked = async |body: &str| {
        let page = browse(&test, "POST", &path, &[], body).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{}", page.body);
        page.body.contains(" checked")
    };
    assert!(!ticked("email=ada%40engines.example&consent=no").await, "refused");
    assert!(ticked("email=nobody&consent=v1").await);
    assert!(ticked("email=nobody&consent=yes").await);
    ask(&test, &id, json!({ "purpose": "newsletter", "text": "Write to me every week.", "required": true })).await;
    assert!(!ticked("email=nobody&consent=v1").await, "nobody has agreed to this");
}

on_both_engines!(SERVICE, a_visitor_teaches_an_account_nothing);
async fn a_visitor_teaches_an_account_nothing(test: ServiceTest) {
    const DOMAINS: &str = "{ accounts { edges { node { domain } } } }";
    test.graphql("mutation { createAccount(input: { name: \"Engines\" }) { errors { code } } }", json!({})).await;
    let fields = json!([
        { "slug": "email", "label": "E-mail", "kind": "EMAIL", "required": true, "leadField": "EMAIL" },
        { "slug": "company", "label": "Company", "leadField": "COMPANY" },
        { "slug": "web", "label": "Website", "leadField": "COMPANY_DOMAIN" },
    ]);
    let (_, path) = form(&test, json!({ "fields": fields })).await;
    let given = json!({ "email": "mallory@evil.example", "company": "Engines", "web": "evil.example" });
    assert_eq!(post_json(&test, &path, given, &[]).await.status, StatusCode::ACCEPTED);
    let taught = async || test.graphql(DOMAINS, json!({})).await["accounts"]["edges"][0]["node"]["domain"].take();
    assert_eq!(taught().await, json!(null));
    let known = json!({ "email": "ada@engines.example", "company": "Engines", "companyDomain": "engines.example" });
    capture(&test, known).await;
    assert_eq!(taught().await, json!("engines.example"), "who may write leads does");
}

on_both_engines!(SERVICE, how_much_came_in_is_told_as_far_as_its_leads_are_read);
async fn how_much_came_in_is_told_as_far_as_its_leads_are_read(test: ServiceTest) {
    const READ: &str = "query($id: ID!) { form(id: $id) { submissions { captured unconfirmed lastAt } } }";
    const LEADS: &str = "{ leads { edges { node { id email } } } }";
    let (open, path) = form(&test, json!({})).await;
    let (doubled, doubled_path) = form(&test, json!({ "name": "Second", "doubleOptIn": true })).await;
    for (path, email) in [(&path, "ada@a.example"), (&path, "ben@a.example"), (&doubled_path, "eve@a.example")] {
        assert_eq!(post_json(&test, path, json!({ "email": email }), &[]).await.status, StatusCode::ACCEPTED);
    }
    let owner = test.user_with(role(&[(Object::Lead, Scope::Own, &[Action::Read])]));
    let nobody = test.user_with(role(&[(Object::Account, Scope::All, &[Action::Read])]));
    let found = test.graphql(LEADS, json!({})).await["leads"]["edges"].take();
    let by_email = |email: &str| {
        let edges = found.as_array().unwrap().iter();
        edges.map(|edge| &edge["node"]).find(|lead| lead["email"] == email).unwrap()["id"].clone()
    };
    let (ada, ben) = (by_email("ada@a.example"), by_email("ben@a.example"));
    test.route(ada.as_str().unwrap().parse().unwrap(), &owner).await;
    let told = async |actor: &Actor, form: &Value| {
        let mut answer = test.graphql_as(actor, READ, json!({ "id": form })).await;
        let counted = answer["data"]["form"]["submissions"].take();
        assert_eq!(counted["lastAt"].is_null(), counted["captured"] == 0 && counted["unconfirmed"] == 0, "{counted}");
        [counted["captured"].as_i64().unwrap(), counted["unconfirmed"].as_i64().unwrap()]
    };
    for (actor, of_open, of_doubled) in
        [(&test.actor, [2, 0], [0, 1]), (&owner, [1, 0], [0, 0]), (&nobody, [0, 0], [0, 0])]
    {
        assert_eq!([told(actor, &open).await, told(actor, &doubled).await], [of_open, of_doubled]);
    }
    // What was merged away is read where it shows.
    let merged = json!({ "input": { "survivorId": ada, "otherIds": [ben] } });
    assert_eq!(test.graphql(MERGE_LEADS, merged).await["mergeLeads"]["errors"], json!([]));
    assert_eq!([told(&owner, &open).await, told(&nobody, &open).await], [[2, 0], [0, 0]]);
}
