use kernel::{Actor, ActorKind};
use pipewright_identity::SERVICE;
use platform::auth::{ACTOR_HEADER, ActorTokens};
use serde_json::{Value, json};
use testkit::ServiceTest;
use tower::ServiceExt;

use crate::{admin_key, as_admin};

fn gateway(test: &ServiceTest) -> Actor {
    Actor {
        workspace: test.clock.id(),
        kind: ActorKind::Gateway,
        subject: "gateway".into(),
        permissions: Vec::new(),
        access: kernel::Access::default(),
        credential: None,
        expires_at: None,
        request: None,
    }
}

async fn post(test: &ServiceTest, token: Option<&str>, credential: &str) -> (u16, Value) {
    let mut request = axum::http::Request::post("/internal/authenticate").header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header(ACTOR_HEADER, token);
    }
    let body = axum::body::Body::from(json!({ "credential": credential }).to_string());
    let response = test.service.parts.internal.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn the_gateway_learns_whom_a_key_stands_for() {
    let test = as_admin(ServiceTest::sqlite(SERVICE).await).await;
    let token = test.service.context.tokens.sign(&gateway(&test));
    let (status, actor) = post(&test, Some(&token), &admin_key(&test)).await;
    assert_eq!(status, 200);
    assert_eq!(serde_json::from_value::<Actor>(actor).unwrap(), test.actor);
}

#[tokio::test]
async fn a_bad_key_is_refused_without_echoing_it() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let token = test.service.context.tokens.sign(&gateway(&test));
    let (status, body) = post(&test, Some(&token), "pw_guessed-guessed-guessed").await;
    assert_eq!(status, 401);
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert!(!body.to_string().contains("guessed"));
}

#[tokio::test]
async fn nobody_but_the_gateway_may_ask() {
    let test = as_admin(ServiceTest::sqlite(SERVICE).await).await;
    let tokens = &test.service.context.tokens;
    let stale = tokens.sign(&gateway(&test));
    test.clock.advance(chrono::TimeDelta::minutes(2));
    let of_a_user = tokens.sign(&test.actor);
    let forged = ActorTokens::new(b"another secret", test.clock.clone()).sign(&gateway(&test));
    for token in [None, Some("x"), Some(&*of_a_user), Some(&*forged), Some(&*stale)] {
        let (status, body) = post(&test, token, &admin_key(&test)).await;
        assert_eq!(status, 401);
        assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }
}
