//! Whatever is sent to identity's own routes, they neither break nor let anybody in.

use axum::{body::Body, http::Request};
use chrono::TimeDelta;
use kernel::Clock;
use pipewright_identity::SERVICE;
use serde_json::Value;
use testkit::{ServiceTest, fuzz, start_of_test};
use tower::ServiceExt;

use crate::{admin_key, as_admin};

const BODIES: [(&str, &str); 5] = [
    ("/auth/sign-in", r#"{"email":"admin@pipewright.example","password":"guessed","workspace":"default"}"#),
    ("/auth/refresh", r#"{"refreshToken":"pwr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#),
    ("/auth/sign-out", r#"{"refreshToken":"pwr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#),
    ("/auth/password", r#"{"token":"pwi_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","password":"a better one"}"#),
    ("/auth/password", r#"{"currentPassword":"guessed","password":"a better one"}"#),
];

const SPLINTERS: [&str; 12] =
    ["\"", "{", "}", "[", "null", "\\u0000", "\\ud800", "\u{1f9ea}", "99999999999999999999", ":", ",", "\n"];

const ROUNDS: u64 = 400;

/// Cuts, doubles or strews the text.
fn broken(text: &str, clock: &Clock) -> String {
    let mut random = [0; 4];
    clock.random(&mut random);
    let mut letters: Vec<char> = text.chars().collect();
    let place = usize::from(random[0]) * letters.len() / 256;
    let end = (place + usize::from(random[1] % 12)).min(letters.len());
    match random[2] % 3 {
        0 => drop(letters.drain(place..end)),
        1 => {
            let again = letters[place..end].to_vec();
            letters.splice(place..place, again);
        }
        _ => {
            let splinter = SPLINTERS[usize::from(random[3]) % SPLINTERS.len()];
            letters.splice(place..place, splinter.chars());
        }
    }
    letters.into_iter().collect()
}

#[tokio::test]
async fn nothing_that_is_sent_breaks_a_door_or_opens_it() {
    let test = as_admin(ServiceTest::sqlite(SERVICE).await).await;
    let rounds = fuzz::seeds(ROUNDS);
    let random = Clock::fixed(start_of_test(), rounds.start);
    for ((path, body), _) in BODIES.into_iter().cycle().zip(rounds) {
        let body = broken(body, &random);
        let request = Request::post(path).header("content-type", "application/json").body(Body::from(body.clone()));
        let answer = test.service.parts.api.clone().oneshot(request.unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        // Or the door would soon answer nothing but that it is too much.
        test.clock.advance(TimeDelta::minutes(1));
        let text = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        // To sign out of what opens nothing is no error.
        if path == "/auth/sign-out" && status == 204 {
            continue;
        }
        assert!((400..500).contains(&status), "{status} for {path} {body}");
        let answer: Value = serde_json::from_slice(&text).unwrap();
        assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{answer} for {path} {body}");
    }
}

#[tokio::test]
async fn no_credential_but_the_right_one_opens_the_trail() {
    let test = as_admin(ServiceTest::sqlite(SERVICE).await).await;
    let key = admin_key(&test);
    let random = Clock::fixed(start_of_test(), 7);
    for credential in (0..200).map(|_| broken(&key, &random)).filter(|credential| *credential != key) {
        let Ok(request) =
            Request::get("/audit.jsonl").header("authorization", format!("Bearer {credential}")).body(Body::empty())
        else {
            continue;
        };
        let answer = test.service.parts.api.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 401, "{credential}");
    }
}
