use std::net::SocketAddr;

use axum::{body::Body, extract::ConnectInfo, http::Request};
use chrono::TimeDelta;
use events::identity::{PasswordChanged, RevokedBecause, SessionRevoked, SessionStarted, SignInFailed, UserInvited};
use kernel::{Actor, ActorKind, Permission};
use pipewright_identity::{
    SERVICE,
    store::signing_keys::{self, StoredKey},
};
use platform::{
    auth::AuthError,
    door::{Door, Rules},
};
use serde_json::{Value, json};
use testkit::{ServiceTest, fuzz, on_both_engines};
use tower::ServiceExt;

use crate::{as_admin, authenticate, create_key, create_user, update_user};

const EMAIL: &str = "grace@example.com";
const PASSWORD: &str = "correct horse battery";

/// An answer of a route: status, `Retry-After`, body.
pub struct Answer {
    pub status: u16,
    retry_after: Option<u64>,
    pub body: Value,
}

impl Answer {
    pub fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.body)).to_owned()
    }
}

async fn post_from(test: &ServiceTest, address: &str, path: &str, bearer: Option<&str>, body: Value) -> Answer {
    let peer: SocketAddr = format!("{address}:40000").parse().unwrap();
    let mut request = Request::post(path).header("content-type", "application/json").header("x-request-id", "req-7");
    if let Some(bearer) = bearer {
        request = request.header("authorization", format!("Bearer {bearer}"));
    }
    let request = request.extension(ConnectInfo(peer)).body(Body::from(body.to_string())).unwrap();
    let response = test.service.parts.api.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    if status == 200 || status == 204 {
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    Answer { status, retry_after, body: serde_json::from_slice(&bytes).unwrap_or_default() }
}

pub async fn post(test: &ServiceTest, path: &str, body: Value) -> Answer {
    post_from(test, "192.0.2.1", path, None, body).await
}

async fn sign_in(test: &ServiceTest, email: &str, password: &str) -> Answer {
    post(test, "/auth/sign-in", json!({ "email": email, "password": password })).await
}

async fn refresh(test: &ServiceTest, token: &str) -> Answer {
    post(test, "/auth/refresh", json!({ "refreshToken": token })).await
}

async fn invite(test: &ServiceTest, user: &Value) -> Value {
    const INVITE: &str = "mutation($id: ID!) { inviteUser(input: { userId: $id }) { user { id } token expiresAt errors { code field } } }";
    test.graphql(INVITE, json!({ "id": user })).await["inviteUser"].take()
}

/// A user who has a password, by their id.
async fn grace(test: &ServiceTest) -> Value {
    let user = create_user(test, EMAIL, "BDR").await["user"]["id"].take();
    let token = invite(test, &user).await["token"].take();
    let set = post(test, "/auth/password", json!({ "token": token, "password": PASSWORD })).await;
    assert_eq!(set.status, 204, "{}", set.body);
    user
}

/// Gives the user of [`create_user`] a password and signs them in.
pub async fn grace_signs_in(test: &ServiceTest, user: &Value) -> Answer {
    let token = invite(test, user).await["token"].take();
    assert_eq!(post(test, "/auth/password", json!({ "token": token, "password": PASSWORD })).await.status, 204);
    sign_in(test, EMAIL, PASSWORD).await
}

on_both_engines!(SERVICE, who_was_invited_sets_a_password_signs_in_and_acts_as_themselves);
async fn who_was_invited_sets_a_password_signs_in_and_acts_as_themselves(test: ServiceTest) {
    let test = as_admin(test).await;
    let user = grace(&test).await;
    let signed_in = sign_in(&test, " Grace@Example.com", PASSWORD).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    assert_eq!(signed_in.body["userId"], user);
    assert_eq!(signed_in.body["tokenType"], "Bearer");
    let actor = authenticate(&test.service, &signed_in.text("accessToken")).await.unwrap();
    assert_eq!((actor.workspace, actor.kind), (test.actor.workspace, ActorKind::User));
    assert_eq!((json!(actor.subject), json!(actor.user())), (user.clone(), user.clone()));
    assert_eq!(actor.permissions, [Permission::Read, Permission::Write]);

    let told = test.published::<SessionStarted>().await.pop().unwrap();
    assert_eq!(signed_in.body["sessionId"], told.session.to_string());
    assert_eq!((told.client.address.as_deref(), told.client.request_id.as_deref()), (Some("192.0.2.1"), Some("req-7")));
    assert_eq!((test.published::<UserInvited>().await.len(), test.published::<PasswordChanged>().await.len()), (1, 1));

    let own = test
        .graphql_as(
            &actor,
            "{ me { kind user { email } } sessions { edges { node { method address revokedAt } } } }",
            json!({}),
        )
        .await;
    assert_eq!(own["data"]["me"], json!({ "kind": "USER", "user": { "email": EMAIL } }));
    let session = json!({ "method": "PASSWORD", "address": "192.0.2.1", "revokedAt": null });
    assert_eq!(own["data"]["sessions"]["edges"], json!([{ "node": session }]));
}

on_both_engines!(SERVICE, an_access_token_lasts_a_quarter_of_an_hour_and_costs_one_statement);
async fn an_access_token_lasts_a_quarter_of_an_hour_and_costs_one_statement(test: ServiceTest) {
    let test = as_admin(test).await;
    grace(&test).await;
    let token = sign_in(&test, EMAIL, PASSWORD).await.text("accessToken");
    let (statements, _) = test.statements(authenticate(&test.service, &token)).await;
    assert_eq!(statements, 1);
    test.clock.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    assert!(authenticate(&test.service, &token).await.is_ok());
    test.clock.advance(TimeDelta::seconds(1));
    assert_eq!(authenticate(&test.service, &token).await, Err(AuthError::BadCredential));
}

on_both_engines!(SERVICE, whatever_is_wrong_the_answer_is_the_same);
async fn whatever_is_wrong_the_answer_is_the_same(test: ServiceTest) {
    let test = as_admin(test).await;
    let user = grace(&test).await;
    create_user(&test, "without@example.com", "BDR").await;
    let wrong = sign_in(&test, EMAIL, "wrong horse battery").await;
    assert_eq!(wrong.status, 401);
    assert_eq!(wrong.body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    for (email, password) in [
        ("nobody@example.com", PASSWORD),
        ("without@example.com", PASSWORD),
        ("not an address", PASSWORD),
        (EMAIL, ""),
        (EMAIL, &"x".repeat(10_000)),
        ("' or ''='", "' or ''='"),
    ] {
        let refused = sign_in(&test, email, password).await;
        assert_eq!((refused.status, &refused.body), (401, &wrong.body), "{email}");
    }
    let elsewhere = json!({ "email": EMAIL, "password": PASSWORD, "workspace": "another" });
    assert_eq!(post(&test, "/auth/sign-in", elsewhere).await.body, wrong.body);
    update_user(&test, json!({ "id": user, "active": false })).await;
    assert_eq!(sign_in(&test, EMAIL, PASSWORD).await.body, wrong.body);

    test.settle().await;
    let told = test.published::<SignInFailed>().await;
    assert!(told.iter().any(|event| user == event.user.to_string()));
    assert!(told.iter().all(|event| event.client.address.as_deref() == Some("192.0.2.1")));
}

on_both_engines!(SERVICE, a_known_and_an_unknown_address_cost_the_same_statements);
async fn a_known_and_an_unknown_address_cost_the_same_statements(test: ServiceTest) {
    let test = as_admin(test).await;
    grace(&test).await;
    let (known, _) = test.statements(sign_in(&test, EMAIL, "wrong horse battery")).await;
    let (unknown, _) = test.statements(sign_in(&test, "nobody@example.com", "wrong horse battery")).await;
    assert_eq!((known, unknown), (1, 1), "nobody waits for a write that tells one from the other");
}

on_both_engines!(SERVICE, a_refresh_token_is_good_once_and_a_second_time_ends_the_session);
async fn a_refresh_token_is_good_once_and_a_second_time_ends_the_session(test: ServiceTest) {
    let test = as_admin(test).await;
    grace(&test).await;
    let first = sign_in(&test, EMAIL, PASSWORD).await;
    test.clock.advance(TimeDelta::minutes(20));
    assert!(authenticate(&test.service, &first.text("accessToken")).await.is_err());
    let second = refresh(&test, &first.text("refreshToken")).await;
    assert_eq!(second.status, 200);
    assert_eq!(second.body["sessionId"], first.body["sessionId"]);
    assert!(authenticate(&test.service, &second.text("accessToken")).await.is_ok());

    let stolen = refresh(&test, &first.text("refreshToken")).await;
    assert_eq!(stolen.status, 401);
    assert!(authenticate(&test.service, &second.text("accessToken")).await.is_err(), "at once");
    assert_eq!(refresh(&test, &second.text("refreshToken")).await.status, 401);
    let told = test.published::<SessionRevoked>().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].because, RevokedBecause::RefreshReused);
    assert_eq!(refresh(&test, "pwr_unknown").await.status, 401);
}

on_both_engines!(SERVICE, two_refreshes_at_once_give_one_pair);
async fn two_refreshes_at_once_give_one_pair(test: ServiceTest) {
    let test = as_admin(test).await;
    grace(&test).await;
    let token = sign_in(&test, EMAIL, PASSWORD).await.text("refreshToken");
    let (a, b) = tokio::join!(refresh(&test, &token), refresh(&test, &token));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

on_both_engines!(SERVICE, a_session_ends_by_signing_out_by_hand_and_with_its_user);
async fn a_session_ends_by_signing_out_by_hand_and_with_its_user(test: ServiceTest) {
    const REVOKE: &str =
        "mutation($id: ID!) { revokeSession(input: { id: $id }) { session { revokedAt } errors { code } } }";
    let test = as_admin(test).await;
    let user = grace(&test).await;
    let out = sign_in(&test, EMAIL, PASSWORD).await;
    let body = json!({ "refreshToken": out.text("refreshToken") });
    assert_eq!(post(&test, "/auth/sign-out", body.clone()).await.status, 204);
    assert_eq!(post(&test, "/auth/sign-out", body).await.status, 204, "again, it stays as it is");
    assert!(authenticate(&test.service, &out.text("accessToken")).await.is_err());

    let revoked = sign_in(&test, EMAIL, PASSWORD).await;
    let id = json!({ "id": revoked.body["sessionId"] });
    let stranger = test.graphql_as(&test.stranger(), REVOKE, id.clone()).await;
    assert_eq!(stranger["data"]["revokeSession"]["errors"], json!([{ "code": "NOT_FOUND" }]));
    let other = Actor { subject: "user_somebody".into(), permissions: vec![Permission::Read], ..test.actor.clone() };
    let other = test.graphql_as(&other, REVOKE, id.clone()).await;
    assert_eq!(other["data"]["revokeSession"]["errors"], json!([{ "code": "NOT_FOUND" }]));
    assert!(authenticate(&test.service, &revoked.text("accessToken")).await.is_ok());
    let own = authenticate(&test.service, &revoked.text("accessToken")).await.unwrap();
    let ended = test.graphql_as(&own, REVOKE, id).await;
    assert!(ended["data"]["revokeSession"]["session"]["revokedAt"].is_string(), "{ended}");
    assert!(authenticate(&test.service, &revoked.text("accessToken")).await.is_err());
    let because: Vec<_> = test.published::<SessionRevoked>().await.into_iter().map(|event| event.because).collect();
    assert_eq!(because, [RevokedBecause::SignedOut, RevokedBecause::Revoked]);

    let left = sign_in(&test, EMAIL, PASSWORD).await;
    let open = invite(&test, &user).await["token"].take();
    update_user(&test, json!({ "id": user, "active": false })).await;
    let ended = test.published::<SessionRevoked>().await.pop().unwrap();
    assert_eq!((json!(ended.session), json!(ended.user)), (left.body["sessionId"].clone(), user.clone()));
    assert!(authenticate(&test.service, &left.text("accessToken")).await.is_err());
    assert_eq!(refresh(&test, &left.text("refreshToken")).await.status, 401);

    // Whoever comes back signs in anew.
    update_user(&test, json!({ "id": user, "active": true })).await;
    assert!(authenticate(&test.service, &left.text("accessToken")).await.is_err());
    assert_eq!(refresh(&test, &left.text("refreshToken")).await.status, 401);
    let taken = post(&test, "/auth/password", json!({ "token": open, "password": "another horse battery" })).await;
    assert_eq!(taken.status, 401, "{}", taken.body);
    assert_eq!(sign_in(&test, EMAIL, PASSWORD).await.status, 200);
}

on_both_engines!(SERVICE, a_session_ends_by_rest_and_by_age_and_is_forgotten);
async fn a_session_ends_by_rest_and_by_age_and_is_forgotten(test: ServiceTest) {
    const LIST: &str = "query($id: ID) { sessions(userId: $id) { edges { node { id user { email } } } } }";
    let test = as_admin(test).await;
    let user = grace(&test).await;
    let rested = sign_in(&test, EMAIL, PASSWORD).await.text("refreshToken");
    let mut kept = sign_in(&test, EMAIL, PASSWORD).await.text("refreshToken");
    for day in 1..30 {
        test.clock.advance(TimeDelta::days(1));
        let again = refresh(&test, &kept).await;
        assert_eq!(again.status, 200, "day {day}");
        kept = again.text("refreshToken");
    }
    assert_eq!(refresh(&test, &rested).await.status, 401, "a week without a word");
    test.clock.advance(TimeDelta::days(1));
    assert_eq!(refresh(&test, &kept).await.status, 401, "a month old");
    let listed = test.graphql(LIST, json!({ "id": user })).await;
    assert_eq!(listed["sessions"]["edges"].as_array().unwrap().len(), 2);
    test.clock.advance(TimeDelta::days(31));
    test.settle().await;
    let listed = test.graphql(LIST, json!({ "id": user })).await;
    assert_eq!(listed["sessions"]["edges"], json!([]));
}

on_both_engines!(SERVICE, a_password_is_changed_by_who_knows_it_and_ends_the_other_sessions);
async fn a_password_is_changed_by_who_knows_it_and_ends_the_other_sessions(test: ServiceTest) {
    let test = as_admin(test).await;
    grace(&test).await;
    let (here, there) = (sign_in(&test, EMAIL, PASSWORD).await, sign_in(&test, EMAIL, PASSWORD).await);
    let access = here.text("accessToken");
    let change = |current: &'static str, new: &'static str| {
        let body = json!({ "currentPassword": current, "password": new });
        post_from(&test, "192.0.2.1", "/auth/password", Some(&access), body)
    };
    assert_eq!(change("wrong horse battery", "another long password").await.status, 401);
    let short = change(PASSWORD, "short").await;
    assert_eq!((short.status, &short.body["errors"][0]["extensions"]["code"]), (400, &json!("INVALID_INPUT")));
    assert_eq!(change(PASSWORD, "another long password").await.status, 204);
    assert!(authenticate(&test.service, &access).await.is_ok());
    assert!(authenticate(&test.service, &there.text("accessToken")).await.is_err());
    assert_eq!(sign_in(&test, EMAIL, PASSWORD).await.status, 401);
    assert_eq!(sign_in(&test, EMAIL, "another long password").await.status, 200);

    let without = json!({ "currentPassword": "another long password", "password": PASSWORD });
    assert_eq!(post(&test, "/auth/password", without).await.status, 400, "no access token");
}

on_both_engines!(SERVICE, an_invitation_is_good_once_for_a_week_and_for_people);
async fn an_invitation_is_good_once_for_a_week_and_for_people(test: ServiceTest) {
    let test = as_admin(test).await;
    let user = create_user(&test, EMAIL, "BDR").await["user"]["id"].take();
    let set = |token: Value| post(&test, "/auth/password", json!({ "token": token, "password": PASSWORD }));
    let replaced = invite(&test, &user).await["token"].take();
    let token = invite(&test, &user).await["token"].take();
    assert_eq!(set(replaced).await.status, 401, "a newer one takes its place");
    let weak = post(&test, "/auth/password", json!({ "token": token, "password": EMAIL })).await;
    assert_eq!(weak.status, 400, "and the token stays good: {}", weak.body);
    assert_eq!(set(token.clone()).await.status, 204);
    assert_eq!(set(token).await.status, 401);
    let late = invite(&test, &user).await["token"].take();
    test.clock.advance(TimeDelta::days(7));
    assert_eq!(set(late).await.status, 401);

    const ACCOUNT: &str =
        "mutation { createServiceAccount(input: { name: \"sync\", role: BDR }) { user { id kind } errors { code } } }";
    let program = test.graphql(ACCOUNT, json!({})).await["createServiceAccount"]["user"].take();
    assert_eq!(program["kind"], "SERVICE_ACCOUNT");
    assert_eq!(invite(&test, &program["id"]).await["errors"], json!([{ "code": "INVALID_INPUT", "field": "userId" }]));
    let key = create_key(&test, json!({ "name": "its key", "userId": program["id"] })).await;
    let actor = authenticate(&test.service, key["secret"].as_str().unwrap()).await.unwrap();
    assert_eq!(program["id"], actor.subject);
    let stranger = "mutation($id: ID!) { inviteUser(input: { userId: $id }) { token errors { code } } }";
    let refused = test.graphql_as(&test.stranger(), stranger, json!({ "id": user })).await;
    assert_eq!(refused["data"]["inviteUser"], json!({ "token": null, "errors": [{ "code": "NOT_FOUND" }] }));
}

#[tokio::test]
async fn guessing_is_slowed_down_by_account_and_by_address() {
    let test = as_admin(ServiceTest::sqlite(SERVICE).await).await;
    grace(&test).await;
    let attempt = |address: String, email: String| {
        let body = json!({ "email": email, "password": "wrong horse battery" });
        let test = &test;
        async move { post_from(test, &address, "/auth/sign-in", None, body).await }
    };
    for _ in 0..10 {
        assert_eq!(attempt("198.51.100.1".into(), EMAIL.into()).await.status, 401);
    }
    let slowed = attempt("198.51.100.1".into(), EMAIL.into()).await;
    assert_eq!((slowed.status, slowed.retry_after), (429, Some(61)));
    assert_eq!(slowed.body["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    let good = json!({ "email": EMAIL, "password": PASSWORD });
    let from_there = || post_from(&test, "198.51.100.1", "/auth/sign-in", None, good.clone());
    assert_eq!(from_there().await.status, 429, "the right one too, or it would be told");
    assert_eq!(
        post(&test, "/auth/sign-in", good.clone()).await.status,
        200,
        "the owner is elsewhere and waits for nobody"
    );
    test.clock.advance(TimeDelta::seconds(61));
    assert_eq!(from_there().await.status, 200);

    for number in 0..30 {
        assert_eq!(attempt("203.0.113.5".into(), format!("guess{number}@example.com")).await.status, 401);
    }
    assert_eq!(attempt("203.0.113.5".into(), "guess@example.com".into()).await.status, 429);
    assert_eq!(attempt("203.0.113.6".into(), "guess@example.com".into()).await.status, 401);
}

#[tokio::test]
async fn many_addresses_guess_no_more_than_a_hundred_times_together() {
    let test = as_admin(ServiceTest::sqlite(SERVICE).await).await;
    grace(&test).await;
    // Longer than a password can be: it counts, and is not worth hashing.
    let body = json!({ "email": EMAIL, "password": "x".repeat(600) });
    for number in 0..100 {
        let address = format!("198.51.100.{}", number / 10);
        assert_eq!(post_from(&test, &address, "/auth/sign-in", None, body.clone()).await.status, 401, "{number}");
    }
    let slowed = post_from(&test, "198.51.100.99", "/auth/sign-in", None, body).await;
    assert_eq!((slowed.status, slowed.retry_after), (429, Some(7)));
    test.clock.advance(TimeDelta::seconds(6));
    assert_eq!(sign_in(&test, EMAIL, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn who_shows_tokens_that_nobody_gave_is_slowed_down_and_who_shows_their_own_is_not() {
    let test = as_admin(ServiceTest::sqlite(SERVICE).await).await;
    grace(&test).await;
    let mut token = sign_in(&test, EMAIL, PASSWORD).await.text("refreshToken");
    for _ in 0..50 {
        let next = refresh(&test, &token).await;
        assert_eq!(next.status, 200);
        token = next.text("refreshToken");
    }
    for (path, good) in [("/auth/refresh", 200), ("/auth/sign-out", 204)] {
        let guess = |number: usize| json!({ "refreshToken": format!("pwr_{number}") });
        let mut statuses = Vec::new();
        for number in 0..40 {
            statuses.push(post_from(&test, "203.0.113.9", path, None, guess(number)).await.status);
        }
        assert!(statuses.ends_with(&[429; 10]), "{path}: {statuses:?}");
        let own = post_from(&test, "203.0.113.9", path, None, json!({ "refreshToken": token })).await;
        assert_eq!(own.status, good, "{path}: {}", own.body);
        token = own.body["refreshToken"].as_str().unwrap_or(&token).to_owned();
        test.clock.advance(TimeDelta::minutes(2));
    }
    assert_eq!(refresh(&test, &token).await.status, 401, "it was signed out");
}

/// Not one of these opens anything, and none is more than a refusal.
#[tokio::test]
async fn no_garbage_opens_anything() {
    use rand::{Rng, SeedableRng, rngs::StdRng};
    let test = as_admin(ServiceTest::sqlite(SERVICE).await).await;
    grace(&test).await;
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/tokens");
    for file in std::fs::read_dir(corpus).unwrap() {
        let path = file.unwrap().path();
        let token = std::fs::read_to_string(&path).unwrap();
        assert_eq!(authenticate(&test.service, &token).await, Err(AuthError::BadCredential), "{}", path.display());
    }
    let good = sign_in(&test, EMAIL, PASSWORD).await.text("accessToken");
    let alphabet: Vec<char> = "AZaz09-_.=+/ \"{}:,\u{0}\u{e9}".chars().collect();
    let rounds = fuzz::seeds(3_000);
    let mut random = StdRng::seed_from_u64(rounds.start);
    for round in rounds {
        let mut text: Vec<char> = if round % 2 == 0 { good.chars().collect() } else { Vec::new() };
        for _ in 0..random.random_range(1..8) {
            let c = alphabet[random.random_range(0..alphabet.len())];
            let place = random.random_range(0..=text.len());
            match random.random_range(0..3) {
                0 if place < text.len() => drop(text.remove(place)),
                1 if place < text.len() => text[place] = c,
                _ => text.insert(place, c),
            }
        }
        let text: String = text.into_iter().collect();
        if text != good {
            assert_eq!(authenticate(&test.service, &text).await, Err(AuthError::BadCredential), "{text:?}");
        }
    }
}

#[tokio::test]
async fn a_proxys_word_about_the_address_counts_where_it_is_configured() {
    let test =
        ServiceTest::configured(SERVICE, |config| config.gateway.client_address_header = "x-forwarded-for".into());
    let test = as_admin(test.await).await;
    grace(&test).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD }).to_string();
    let request = Request::post("/auth/sign-in")
        .header("content-type", "application/json")
        .header("x-forwarded-for", "10.0.0.1, 2001:db8::7")
        .extension(ConnectInfo("127.0.0.1:1".parse::<SocketAddr>().unwrap()))
        .body(Body::from(body))
        .unwrap();
    assert_eq!(test.service.parts.api.clone().oneshot(request).await.unwrap().status(), 200);
    let told = test.published::<SessionStarted>().await.pop().unwrap();
    assert_eq!(told.client.address.as_deref(), Some("2001:db8::7"), "the last entry, which is the proxy's own");
}

#[tokio::test]
async fn a_body_that_is_not_what_it_should_be_is_refused_without_echoing_it() {
    let test = ServiceTest::sqlite(SERVICE).await;
    for body in
        ["", "[]", "{\"email\": 7}", "{\"email\":\"a\",\"password\":\"hunter2\",\"x\":1}", "{\"password\":\"hunter2\"}"]
    {
        let request = Request::post("/auth/sign-in").header("content-type", "application/json");
        let response = test.service.parts.api.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert_eq!(response.status(), 400, "{body}");
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter2"));
    }
    let form = Request::post("/auth/sign-in").header("content-type", "text/plain").body(Body::from("{}")).unwrap();
    let refused = test.service.parts.api.clone().oneshot(form).await.unwrap();
    assert_eq!(refused.status(), 415, "what another site's form can send is not read");
}

#[tokio::test]
async fn whatever_is_refused_says_in_which_request() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let rules = Rules::read(&test.service.context.config.gateway).unwrap();
    let outside = test.service.parts.guarded(&Door::new(rules, test.clock.clone()));
    let named = |request: axum::http::request::Builder| request.header("x-request-id", "req-7");
    let in_json = |path: &str| named(Request::post(path)).header("content-type", "application/json");
    for (request, status) in [
        (in_json("/auth/sign-in").body(Body::from(r#"{"email":"nobody@example.com","password":"x"}"#)), 401),
        (in_json("/auth/sign-in").body(Body::from("no JSON")), 400),
        (named(Request::post("/auth/sign-in")).body(Body::from("{}")), 415),
        (in_json("/auth/refresh").body(Body::from(r#"{"refreshToken":"pwr_unknown"}"#)), 401),
        (in_json("/auth/password").body(Body::from(r#"{"password":"correct horse battery"}"#)), 400),
        (named(Request::get("/auth/oidc/start")).body(Body::empty()), 404),
        (named(Request::get("/auth/oidc/callback?error=access_denied")).body(Body::empty()), 401),
        (named(Request::get("/audit.jsonl")).body(Body::empty()), 401),
    ] {
        let request = request.unwrap();
        let what = request.uri().clone();
        let response = outside.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{what}");
        let length: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        assert_eq!(bytes.len(), length, "{what}");
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(body["errors"][0]["extensions"]["requestId"], "req-7", "{what}: {body}");
        assert!(body["errors"][0]["extensions"]["code"].is_string(), "{what}: {body}");
    }
    // Whom nobody has named, the door names.
    let response = outside.oneshot(Request::get("/audit.jsonl").body(Body::empty()).unwrap()).await.unwrap();
    let named = response.headers()["x-request-id"].clone();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(body["errors"][0]["extensions"]["requestId"], named.to_str().unwrap());
}

/// The id of the key that signed a token.
fn kid(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].take()
}

on_both_engines!(SERVICE, signing_keys_are_published_before_they_sign_and_take_turns);
async fn signing_keys_are_published_before_they_sign_and_take_turns(test: ServiceTest) {
    let test = as_admin(test).await;
    let first = published(&test).await;
    assert_eq!(first.len(), 1, "before anybody has signed in");
    grace(&test).await;
    let here = &test;
    let token = || async move { sign_in(here, EMAIL, PASSWORD).await.text("accessToken") };
    assert_eq!((kid(&token().await), kid(&token().await)), (first[0].clone(), first[0].clone()));
    test.clock.advance(TimeDelta::days(30) - TimeDelta::minutes(1));
    test.settle().await;
    assert_eq!(published(&test).await, first);

    // Nobody signs in, and still the successor is there for whoever keeps keys.
    test.clock.advance(TimeDelta::minutes(1));
    test.settle().await;
    let both = published(&test).await;
    assert_eq!((both.len(), &both[1]), (2, &first[0]));
    test.clock.advance(TimeDelta::minutes(10) - TimeDelta::seconds(1));
    let last = token().await;
    assert_eq!(kid(&last), first[0], "somebody may have kept the keys from before");
    test.clock.advance(TimeDelta::seconds(1));
    assert_eq!(kid(&token().await), both[0]);
    assert!(authenticate(&test.service, &last).await.is_ok(), "what the old one signed runs out by itself");
    test.settle().await;
    assert_eq!(published(&test).await, both, "one successor is enough");

    test.clock.advance(TimeDelta::days(2));
    test.settle().await;
    assert_eq!(published(&test).await, both[..1]);
}

on_both_engines!(SERVICE, after_a_long_rest_a_key_signs_at_once_and_nothing_is_signed_that_cannot_be_verified);
async fn after_a_long_rest_a_key_signs_at_once_and_nothing_is_signed_that_cannot_be_verified(test: ServiceTest) {
    let test = as_admin(test).await;
    grace(&test).await;
    // So near its end that the old key's tokens would outlive it.
    test.clock.advance(TimeDelta::days(31) - TimeDelta::minutes(10));
    let token = sign_in(&test, EMAIL, PASSWORD).await.text("accessToken");
    let published = published(&test).await;
    assert_eq!((published.len(), &kid(&token)), (2, &published[0]));
    test.clock.advance(TimeDelta::minutes(14));
    assert!(authenticate(&test.service, &token).await.is_ok());
}

on_both_engines!(SERVICE, a_newer_key_that_another_process_made_is_heard_of_and_signs);
async fn a_newer_key_that_another_process_made_is_heard_of_and_signs(test: ServiceTest) {
    let test = as_admin(test).await;
    grace(&test).await;
    test.clock.advance(TimeDelta::minutes(1));
    let theirs = StoredKey { id: test.clock.id(), seed: "A".repeat(43), created_at: test.clock.now() };
    let mut tx = test.service.context.db.everywhere().begin().await.unwrap();
    signing_keys::insert(&mut tx, &theirs).await.unwrap();
    tx.commit().await.unwrap();
    test.settle().await;
    test.clock.advance(TimeDelta::minutes(10));
    let token = sign_in(&test, EMAIL, PASSWORD).await.text("accessToken");
    assert_eq!(kid(&token), json!(theirs.id));
}

/// The ids of the published keys, newest first.
async fn published(test: &ServiceTest) -> Vec<Value> {
    jwks(test).await["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect()
}

async fn jwks(test: &ServiceTest) -> Value {
    let request = Request::get("/auth/jwks.json").body(Body::empty()).unwrap();
    let response = test.service.parts.api.clone().oneshot(request).await.unwrap();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
