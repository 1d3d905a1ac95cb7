use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, Request, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64},
};
use chrono::TimeDelta;
use kernel::Clock;
use pipewright_identity::{SERVICE, domain::oidc::challenge, provider::Provider};
use platform::{
    config::{IdentityConfig, Secret},
    db::Engine as DbEngine,
    service::Service,
};
use ring::{
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, PublicKeyComponents},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256},
};
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};
use tower::ServiceExt;
use url::Url;

use crate::{as_admin, authenticate, create_user, on_disk, start_again, update_user};

const CLIENT: &str = "pipewright test";
const CLIENT_SECRET: &str = "s3cret: with/signs";
const PUBLIC_URL: &str = "https://crm.example";
const EMAIL: &str = "grace@example.com";

/// A provider's key, with which it really signs.
enum Key {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Key {
    fn new(alg: &str) -> Self {
        let random = SystemRandom::new();
        match alg {
            // Only for tests: ring makes no RSA keys.
            "RS256" => Self::Rsa(Box::new(RsaKeyPair::from_pkcs8(include_bytes!("rsa_test_key.der")).unwrap())),
            "ES256" => {
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random);
                Self::Ec(pair.unwrap())
            }
            _ => {
                let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
                Self::Ed(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap())
            }
        }
    }

    fn alg(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
            Self::Ed(_) => "EdDSA",
        }
    }

    fn jwk(&self, kid: &str) -> Value {
        let mut jwk = match self {
            Self::Rsa(pair) => {
                let PublicKeyComponents::<Vec<u8>> { n, e } = pair.public().into();
                json!({ "kty": "RSA", "n": BASE64.encode(n), "e": BASE64.encode(e) })
            }
            Self::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..]) })
            }
            Self::Ed(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64.encode(pair.public_key().as_ref()) }),
        };
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.alg());
        jwk
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
            Self::Ec(pair) => pair.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", BASE64.encode(signature))
    }
}

/// A provider for tests: a real server with real keys, whose user always agrees.
#[derive(Clone)]
struct StandIn {
    issuer: String,
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
}

type Change = Box<dyn Fn(&mut Value, &mut Value) + Send>;

struct Inner {
    keys: Vec<(String, Key)>,
    /// What was asked for, by code.
    codes: HashMap<String, HashMap<String, String>>,
    user: Value,
    /// What the userinfo endpoint says, if there is one.
    user_info: Option<Value>,
    /// Whether its metadata promises that whoever comes back says from where.
    promises_issuer: bool,
    /// Done to header and claims before signing.
    change: Option<Change>,
    asked_for_keys: usize,
}

impl StandIn {
    async fn start(alg: &str, clock: &Clock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner {
            keys: vec![("first".into(), Key::new(alg))],
            codes: HashMap::new(),
            user: json!({ "sub": "grace-at-provider", "email": EMAIL, "email_verified": true }),
            user_info: None,
            promises_issuer: true,
            change: None,
            asked_for_keys: 0,
        };
        let stand_in = Self { issuer, clock: clock.clone(), inner: Arc::new(Mutex::new(inner)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/me", get(user_info))
            .with_state(stand_in.clone());
        #[expect(clippy::disallowed_methods, reason = "a server beside the test, which ends with it")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        stand_in
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap())
    }

    fn change(&self, change: impl Fn(&mut Value, &mut Value) + Send + 'static) {
        self.with(|inner| inner.change = Some(Box::new(change)));
    }
}

async fn metadata(State(stand_in): State<StandIn>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", stand_in.issuer);
    let user_info = stand_in.with(|inner| inner.user_info.is_some()).then(|| at("/me"));
    Json(json!({
        "userinfo_endpoint": user_info,
        "issuer": stand_in.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "authorization_response_iss_parameter_supported": stand_in.with(|inner| inner.promises_issuer),
    }))
}

async fn keys(State(stand_in): State<StandIn>) -> Json<Value> {
    Json(stand_in.with(|inner| {
        inner.asked_for_keys += 1;
        json!({ "keys": inner.keys.iter().map(|(kid, key)| key.jwk(kid)).collect::<Vec<_>>() })
    }))
}

async fn user_info(State(stand_in): State<StandIn>, headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers["authorization"], "Bearer for-userinfo");
    Json(stand_in.with(|inner| inner.user_info.clone()).unwrap())
}

async fn authorize(State(stand_in): State<StandIn>, Query(query): Query<HashMap<String, String>>) -> Redirect {
    assert_eq!((query["response_type"].as_str(), query["client_id"].as_str()), ("code", CLIENT));
    assert_eq!(query["code_challenge_method"], "S256");
    assert!(query["scope"].split(' ').any(|scope| scope == "openid"));
    let code = stand_in.clock.id::<kernel::EventId>().to_string();
    let mut back = Url::parse(&query["redirect_uri"]).unwrap();
    back.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &query["state"])
        .append_pair("iss", &stand_in.issuer);
    stand_in.with(|inner| inner.codes.insert(code, query));
    Redirect::to(back.as_str())
}

async fn token(
    State(stand_in): State<StandIn>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = STANDARD.encode(format!("{}:{}", encode(CLIENT), encode(CLIENT_SECRET)));
    if headers.get("authorization").is_none_or(|given| given != format!("Basic {basic}").as_str()) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
    }
    let asked = stand_in.with(|inner| inner.codes.remove(&form["code"]));
    let good = asked.filter(|asked| {
        asked["redirect_uri"] == form["redirect_uri"] && asked["code_challenge"] == challenge(&form["code_verifier"])
    });
    let Some(asked) = good else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let now = stand_in.clock.now().timestamp();
    let id_token = stand_in.with(|inner| {
        let (kid, key) = inner.keys.last().unwrap();
        let mut header = json!({ "alg": key.alg(), "kid": kid });
        let mut claims = inner.user.clone();
        let common =
            json!({ "iss": stand_in.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"] });
        claims.as_object_mut().unwrap().extend(common.as_object().unwrap().clone());
        if let Some(change) = &inner.change {
            change(&mut header, &mut claims);
        }
        key.sign(&header, &claims)
    });
    Json(json!({ "access_token": "for-userinfo", "token_type": "Bearer", "id_token": id_token })).into_response()
}

/// An answer of a route of ours.
struct Answer {
    status: u16,
    location: Option<String>,
    cookie: Option<String>,
    body: Value,
}

async fn get_route(service: &Service, path: &str, cookie: Option<&str>) -> Answer {
    let mut request = Request::get(path);
    if let Some(cookie) = cookie {
        request = request.header("cookie", format!("other=1; {cookie}"));
    }
    let response = service.parts.api.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (status, location, cookie) = (response.status().as_u16(), header("location"), header("set-cookie"));
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    Answer { status, location, cookie, body: serde_json::from_slice(&bytes).unwrap_or_default() }
}

/// To the provider and back, up to our callback: its path, and the browser's cookie.
async fn travel(service: &Service, start: &str) -> (String, String) {
    let started = get_route(service, start, None).await;
    assert_eq!(started.status, 303, "{}", started.body);
    let cookie = started.cookie.unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Secure"), "{cookie}");
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = client.get(started.location.unwrap()).send().await.unwrap();
    let back = response.headers()["location"].to_str().unwrap();
    let path = back.strip_prefix(PUBLIC_URL).unwrap_or_else(|| panic!("sent to {back}"));
    (path.to_owned(), cookie.split(';').next().unwrap().to_owned())
}

async fn sign_in(service: &Service) -> Answer {
    sign_in_from(service, "/auth/oidc/start").await
}

async fn sign_in_from(service: &Service, start: &str) -> Answer {
    let (path, cookie) = travel(service, start).await;
    get_route(service, &path, Some(&cookie)).await
}

/// The test's service once more, with the provider.
async fn with_provider(test: &ServiceTest, stand_in: &StandIn) -> Service {
    with_secret(test, stand_in, CLIENT_SECRET).await
}

async fn with_secret(test: &ServiceTest, stand_in: &StandIn, secret: &str) -> Service {
    start_again(test, |config| {
        config.identity.public_url = PUBLIC_URL.to_owned();
        config.identity.oidc_issuer = stand_in.issuer.clone();
        config.identity.oidc_client_id = CLIENT.to_owned();
        config.identity.oidc_client_secret = Secret::new(secret);
    })
    .await
    .unwrap()
}

/// On a database that can be opened twice.
async fn twice(test: ServiceTest) -> ServiceTest {
    let test = if test.service.context.db.engine() == DbEngine::Sqlite { on_disk().await } else { test };
    as_admin(test).await
}

on_both_engines!(SERVICE, who_the_provider_vouches_for_is_signed_in);
async fn who_the_provider_vouches_for_is_signed_in(test: ServiceTest) {
    let test = twice(test).await;
    let user = create_user(&test, EMAIL, "BDR").await["user"]["id"].take();
    for alg in ["RS256", "ES256", "EdDSA"] {
        let stand_in = StandIn::start(alg, &test.clock).await;
        let service = with_provider(&test, &stand_in).await;
        let answer = sign_in(&service).await;
        assert_eq!(answer.status, 200, "{alg}: {}", answer.body);
        assert_eq!(answer.body["userId"], user);
        let actor = authenticate(&service, answer.body["accessToken"].as_str().unwrap()).await.unwrap();
        assert_eq!(user, actor.subject);
    }
    let told = test.published::<events::identity::SessionStarted>().await;
    assert!(told.len() == 3 && told.iter().all(|event| event.method == events::identity::SignInMethod::Oidc));
}

on_both_engines!(SERVICE, who_names_their_workspace_comes_in_there_and_nowhere_else);
async fn who_names_their_workspace_comes_in_there_and_nowhere_else(test: ServiceTest) {
    const OPEN: &str = "mutation($input: CreateWorkspaceInput!) { createWorkspace(input: $input) { workspace { id } errors { code } } }";
    let test = twice(test).await;
    let first = create_user(&test, EMAIL, "BDR").await["user"]["id"].take();
    create_user(&test, "ada@example.com", "BDR").await;
    let input = json!({ "slug": "emea", "name": "EMEA", "adminName": "Grace", "adminEmail": EMAIL });
    let opened = test.graphql(OPEN, json!({ "input": input })).await["createWorkspace"]["workspace"]["id"].take();
    let stand_in = StandIn::start("EdDSA", &test.clock).await;
    let service = with_provider(&test, &stand_in).await;

    let by_name = sign_in_from(&service, "/auth/oidc/start?workspace=emea").await;
    assert_eq!(by_name.status, 200, "{}", by_name.body);
    let actor = authenticate(&service, by_name.body["accessToken"].as_str().unwrap()).await.unwrap();
    assert_eq!(opened, actor.workspace.to_string());
    assert_ne!(by_name.body["userId"], first, "the address is that of somebody in the first workspace too");
    let id = opened.as_str().unwrap();
    let by_id = sign_in_from(&service, &format!("/auth/oidc/start?workspace={id}")).await;
    assert_eq!(by_id.body["userId"], by_name.body["userId"]);
    assert_eq!(sign_in(&service).await.body["userId"], first, "who names none comes in to the first");

    let nowhere: kernel::WorkspaceId = test.clock.id();
    for unknown in ["apac".to_owned(), nowhere.to_string(), String::new()] {
        let refused = get_route(&service, &format!("/auth/oidc/start?workspace={unknown}"), None).await;
        let code = &refused.body["errors"][0]["extensions"]["code"];
        assert_eq!((refused.status, code), (404, &json!("NOT_FOUND")), "{unknown}");
    }
    stand_in.with(|inner| inner.user = json!({ "sub": "ada", "email": "ada@example.com", "email_verified": true }));
    assert_eq!(sign_in_from(&service, "/auth/oidc/start?workspace=emea").await.status, 403, "only in the first");
    assert_eq!(sign_in(&service).await.status, 200);
}

on_both_engines!(SERVICE, the_provider_means_the_same_user_whatever_becomes_of_addresses);
async fn the_provider_means_the_same_user_whatever_becomes_of_addresses(test: ServiceTest) {
    let test = twice(test).await;
    let grace = create_user(&test, EMAIL, "BDR").await["user"]["id"].take();
    create_user(&test, "other@example.com", "BDR").await;
    let stand_in = StandIn::start("EdDSA", &test.clock).await;
    let service = with_provider(&test, &stand_in).await;
    assert_eq!(sign_in(&service).await.body["userId"], grace);

    let claim = |user: Value| stand_in.with(|inner| inner.user = user);
    claim(json!({ "sub": "grace-at-provider", "email": "other@example.com", "email_verified": true }));
    assert_eq!(sign_in(&service).await.body["userId"], grace, "her address there has changed, she has not");
    claim(json!({ "sub": "somebody-new", "email": EMAIL, "email_verified": true }));
    assert_eq!(sign_in(&service).await.status, 403, "her old address there has passed to somebody else");
    for user in [
        json!({ "sub": "new", "email": "other@example.com", "email_verified": false }),
        json!({ "sub": "new", "email": "other@example.com" }),
        json!({ "sub": "new", "email": "stranger@example.com", "email_verified": true }),
        json!({ "sub": "new" }),
    ] {
        claim(user.clone());
        let refused = sign_in(&service).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["extensions"]["code"]),
            (403, &json!("FORBIDDEN")),
            "{user}"
        );
    }
    claim(json!({ "sub": "grace-at-provider" }));
    update_user(&test, json!({ "id": grace, "active": false })).await;
    assert_eq!(sign_in(&service).await.status, 403);
}

#[tokio::test]
async fn an_address_that_only_the_userinfo_endpoint_tells_counts_for_the_same_subject() {
    let test = twice(on_disk().await).await;
    let grace = create_user(&test, EMAIL, "BDR").await["user"]["id"].take();
    let stand_in = StandIn::start("EdDSA", &test.clock).await;
    let tells = |id_token: Value, info: Value| {
        stand_in.with(|inner| (inner.user, inner.user_info) = (id_token, Some(info)));
    };
    let service = with_provider(&test, &stand_in).await;
    tells(json!({ "sub": "g" }), json!({ "sub": "another", "email": EMAIL, "email_verified": true }));
    assert_eq!(sign_in(&service).await.status, 403, "of somebody else");
    tells(json!({ "sub": "g" }), json!({ "sub": "g", "email": EMAIL, "email_verified": false }));
    assert_eq!(sign_in(&service).await.status, 403);
    tells(json!({ "sub": "g" }), json!({ "sub": "g", "email": EMAIL, "email_verified": "true" }));
    assert_eq!(sign_in(&service).await.body["userId"], grace);
}

#[tokio::test]
async fn an_id_token_that_is_not_the_answer_to_this_request_is_refused() {
    let test = twice(on_disk().await).await;
    create_user(&test, EMAIL, "BDR").await;
    let stand_in = StandIn::start("RS256", &test.clock).await;
    let service = with_provider(&test, &stand_in).await;
    let refused = async |what: &str, change: fn(&mut Value, &mut Value)| {
        stand_in.change(change);
        let answer = sign_in(&service).await;
        assert_eq!(
            (answer.status, &answer.body["errors"][0]["extensions"]["code"]),
            (401, &json!("UNAUTHENTICATED")),
            "{what}"
        );
    };
    refused("another issuer", |_, claims| claims["iss"] = json!("https://evil.example")).await;
    refused("another client", |_, claims| claims["aud"] = json!("another")).await;
    refused("several clients", |_, claims| claims["aud"] = json!([CLIENT, "another"])).await;
    refused("another party", |_, claims| claims["azp"] = json!("another")).await;
    refused("another nonce", |_, claims| claims["nonce"] = json!("another")).await;
    refused("no nonce", |_, claims| claims["nonce"] = Value::Null).await;
    refused("expired", |_, claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 61)).await;
    refused("from the future", |_, claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 3600)).await;
    refused("no subject", |_, claims| claims["sub"] = json!("")).await;
    refused("unsigned", |header, _| header["alg"] = json!("none")).await;
    refused("the public key as a secret", |header, _| header["alg"] = json!("HS256")).await;
    refused("the algorithm of another key", |header, _| header["alg"] = json!("ES256")).await;
    refused("an unknown key", |header, _| header["kid"] = json!("unknown")).await;
    stand_in.change(|_, claims| claims["aud"] = json!([CLIENT]));
    assert_eq!(sign_in(&service).await.status, 200);
    // The key that is published under this name is another.
    stand_in.with(|inner| inner.keys.push(("first".into(), Key::new("EdDSA"))));
    stand_in.change(|header, _| header["alg"] = json!("RS256"));
    assert_eq!(sign_in(&service).await.status, 401);
}

#[tokio::test]
async fn an_id_token_is_taken_in_its_time_and_without_what_we_do_not_understand() {
    let test = twice(on_disk().await).await;
    create_user(&test, EMAIL, "BDR").await;
    let stand_in = StandIn::start("EdDSA", &test.clock).await;
    let service = with_provider(&test, &stand_in).await;
    let answers = async |status: u16, what: &str, change: fn(&mut Value, &mut Value)| {
        stand_in.change(change);
        let answer = sign_in(&service).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
    };
    answers(200, "a fraction of a second", |_, claims| {
        for date in ["iat", "exp"] {
            claims[date] = json!(claims[date].as_f64().unwrap() + 0.25);
        }
    })
    .await;
    answers(200, "good from now on", |_, claims| claims["nbf"] = claims["iat"].clone()).await;
    answers(401, "not good yet", |_, claims| claims["nbf"] = json!(claims["iat"].as_i64().unwrap() + 61)).await;
    answers(401, "an extension", |header, _| header["crit"] = json!(["b64"])).await;
    answers(401, "an extension with nothing in it", |header, _| header["crit"] = json!([])).await;
}

#[tokio::test]
async fn a_code_that_the_provider_does_not_take_is_the_browsers_matter_and_a_wrong_secret_is_ours() {
    let test = twice(on_disk().await).await;
    create_user(&test, EMAIL, "BDR").await;
    let stand_in = StandIn::start("EdDSA", &test.clock).await;
    let service = with_provider(&test, &stand_in).await;
    let (path, cookie) = travel(&service, "/auth/oidc/start").await;
    stand_in.with(|inner| inner.codes.clear());
    let too_late = get_route(&service, &path, Some(&cookie)).await;
    let code = |answer: &Answer| answer.body["errors"][0]["extensions"]["code"].clone();
    assert_eq!((too_late.status, code(&too_late)), (401, json!("UNAUTHENTICATED")));
    assert_eq!(sign_in(&service).await.status, 200, "who begins again comes in");
    let service = with_secret(&test, &stand_in, "a former secret").await;
    let misconfigured = sign_in(&service).await;
    assert_eq!((misconfigured.status, code(&misconfigured)), (502, json!("SUBGRAPH_UNAVAILABLE")));
}

#[tokio::test]
async fn whoever_does_not_say_from_where_they_come_is_let_in_if_no_provider_promised_it() {
    let test = twice(on_disk().await).await;
    create_user(&test, EMAIL, "BDR").await;
    for (promises_issuer, status) in [(false, 200), (true, 401)] {
        let stand_in = StandIn::start("EdDSA", &test.clock).await;
        stand_in.with(|inner| inner.promises_issuer = promises_issuer);
        let service = with_provider(&test, &stand_in).await;
        let (path, cookie) = travel(&service, "/auth/oidc/start").await;
        let (silent, _) = path.split_once("&iss=").unwrap();
        assert_eq!(get_route(&service, silent, Some(&cookie)).await.status, status, "promised: {promises_issuer}");
        assert_eq!(sign_in(&service).await.status, 200);
    }
}

#[tokio::test]
async fn a_sign_in_ends_once_in_the_browser_and_the_time_that_it_began_in() {
    let test = twice(on_disk().await).await;
    create_user(&test, EMAIL, "BDR").await;
    let stand_in = StandIn::start("EdDSA", &test.clock).await;
    let service = with_provider(&test, &stand_in).await;
    let (path, cookie) = travel(&service, "/auth/oidc/start").await;
    assert_eq!(get_route(&service, &path, Some(&cookie)).await.status, 200);
    assert_eq!(get_route(&service, &path, Some(&cookie)).await.status, 401, "once");

    let (path, _) = travel(&service, "/auth/oidc/start").await;
    assert_eq!(get_route(&service, &path, None).await.status, 401, "a link from somebody else");
    let (path, _) = travel(&service, "/auth/oidc/start").await;
    let (_, other) = travel(&service, "/auth/oidc/start").await;
    assert_eq!(get_route(&service, &path, Some(&other)).await.status, 401, "another sign-in's browser");

    let (path, cookie) = travel(&service, "/auth/oidc/start").await;
    let mixed = path.replace("iss=http", "iss=https");
    assert_eq!(get_route(&service, &mixed, Some(&cookie)).await.status, 401, "another provider's answer");
    let (path, cookie) = travel(&service, "/auth/oidc/start").await;
    test.clock.advance(TimeDelta::minutes(10));
    assert_eq!(get_route(&service, &path, Some(&cookie)).await.status, 401, "too late");
    let said_no = get_route(&service, "/auth/oidc/callback?error=access_denied&state=x", Some(&cookie)).await;
    assert_eq!(said_no.status, 401);
}

#[tokio::test]
async fn a_browser_comes_back_to_where_it_was_with_a_token_that_is_good_once() {
    let test = twice(on_disk().await).await;
    let user = create_user(&test, EMAIL, "BDR").await["user"]["id"].take();
    let stand_in = StandIn::start("EdDSA", &test.clock).await;
    let service = with_provider(&test, &stand_in).await;
    let (path, cookie) = travel(&service, "/auth/oidc/start?returnTo=%2Fapp%3Fx%3D1").await;
    let arrived = get_route(&service, &path, Some(&cookie)).await;
    assert_eq!(arrived.status, 303);
    let location = arrived.location.unwrap();
    let token = location.strip_prefix("/app?x=1#refreshToken=").unwrap_or_else(|| panic!("{location}"));
    let refresh = || {
        let body = Body::from(json!({ "refreshToken": token }).to_string());
        let request = Request::post("/auth/refresh").header("content-type", "application/json").body(body).unwrap();
        service.parts.api.clone().oneshot(request)
    };
    let response = refresh().await.unwrap();
    assert_eq!(response.status(), 200);
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap()["userId"], user);
    assert_eq!(refresh().await.unwrap().status(), 401);
    for elsewhere in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example"] {
        let refused = get_route(&service, &format!("/auth/oidc/start?returnTo={elsewhere}"), None).await;
        assert_eq!((refused.status, refused.location), (400, None), "{elsewhere}");
    }
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_learned_and_its_keys_are_not_asked_for_each_time() {
    let test = twice(on_disk().await).await;
    create_user(&test, EMAIL, "BDR").await;
    let stand_in = StandIn::start("EdDSA", &test.clock).await;
    let service = with_provider(&test, &stand_in).await;
    let asked = || stand_in.with(|inner| inner.asked_for_keys);
    for _ in 0..3 {
        assert_eq!(sign_in(&service).await.status, 200);
    }
    assert_eq!(asked(), 1);
    stand_in.with(|inner| inner.keys.push(("second".into(), Key::new("ES256"))));
    assert_eq!(sign_in(&service).await.status, 401, "asked a moment ago");
    test.clock.advance(TimeDelta::minutes(1));
    assert_eq!(sign_in(&service).await.status, 200);
    assert_eq!(asked(), 2);
}

#[tokio::test]
async fn a_key_that_took_the_place_of_another_is_learned_with_its_name_and_without() {
    let test = twice(on_disk().await).await;
    create_user(&test, EMAIL, "BDR").await;
    for named in [true, false] {
        let stand_in = StandIn::start("EdDSA", &test.clock).await;
        let service = with_provider(&test, &stand_in).await;
        if !named {
            stand_in.change(|header, _| header["kid"] = Value::Null);
        }
        assert_eq!(sign_in(&service).await.status, 200);
        stand_in.with(|inner| inner.keys = vec![("first".into(), Key::new("EdDSA"))]);
        for _ in 0..3 {
            assert_eq!(sign_in(&service).await.status, 401, "asked a moment ago");
        }
        assert_eq!(stand_in.with(|inner| inner.asked_for_keys), 1);
        test.clock.advance(TimeDelta::minutes(1));
        assert_eq!(sign_in(&service).await.status, 200, "named: {named}");
        assert_eq!(stand_in.with(|inner| inner.asked_for_keys), 2);
    }
}

#[tokio::test]
async fn a_provider_that_fails_or_lies_about_its_name_lets_nobody_in() {
    let test = twice(on_disk().await).await;
    let stand_in = StandIn::start("EdDSA", &test.clock).await;
    let mut elsewhere = stand_in.clone();
    elsewhere.issuer = stand_in.issuer.replace("127.0.0.1", "localhost");
    let service = with_provider(&test, &elsewhere).await;
    let refused = get_route(&service, "/auth/oidc/start", None).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["extensions"]["code"]),
        (502, &json!("SUBGRAPH_UNAVAILABLE"))
    );
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    elsewhere.issuer = format!("http://{free}");
    let service = with_provider(&test, &elsewhere).await;
    assert_eq!(get_route(&service, "/auth/oidc/start", None).await.status, 502);
    let without = get_route(&test.service, "/auth/oidc/start", None).await;
    assert_eq!(without.status, 404, "where none is configured");
}

#[tokio::test]
async fn a_provider_that_cannot_be_trusted_is_refused_at_the_start() {
    let test = on_disk().await;
    for (issuer, client, public, expected) in [
        ("http://id.example", "c", PUBLIC_URL, "identity.oidc_issuer is no https URL"),
        ("https://id.example", "", PUBLIC_URL, "identity.oidc_client_id is needed"),
        ("https://id.example", "c", "", "identity.public_url is needed"),
    ] {
        let started = start_again(&test, |config| {
            config.identity.oidc_issuer = issuer.to_owned();
            config.identity.oidc_client_id = client.to_owned();
            config.identity.public_url = public.to_owned();
        });
        let Err(error) = started.await else { panic!("started in spite of: {expected}") };
        assert!(format!("{error:#}").contains(expected), "{error:#}");
    }
}

/// A provider of the operator's choice: what it says of itself is what we need. `PIPEWRIGHT_TEST_OIDC_ISSUER`
/// names it; without one there is nothing to ask.
#[tokio::test]
async fn a_real_provider_says_what_we_need() {
    #[expect(clippy::disallowed_methods, reason = "a setting of the test run, not of the product")]
    let Ok(issuer) = std::env::var("PIPEWRIGHT_TEST_OIDC_ISSUER") else { return };
    let config = IdentityConfig {
        oidc_issuer: issuer.clone(),
        oidc_client_id: CLIENT.to_owned(),
        public_url: PUBLIC_URL.to_owned(),
        ..IdentityConfig::default()
    };
    let provider = Provider::from_config(&config, Clock::system()).unwrap().unwrap();
    assert_eq!(provider.metadata().await.unwrap().issuer, issuer);
    let usable = |kty: &str| ["RSA", "EC", "OKP"].contains(&kty);
    assert!(provider.keys().await.unwrap().keys.iter().any(|key| usable(&key.kty)));
}
