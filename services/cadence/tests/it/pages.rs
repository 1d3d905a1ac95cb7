use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use chrono::TimeDelta;
use events::cadence::{ContactUnsubscribed, EnrollmentStopped};
use pipewright_cadence::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};
use tower::ServiceExt;

use crate::world::*;

on_both_engines!(SERVICE, one_click_unsubscribes_at_once_and_once);

async fn call(test: &ServiceTest, method: &str, path: &str) -> (StatusCode, String) {
    call_with(test, method, path, [("host", "127.0.0.1:4000")]).await
}

async fn call_with<const N: usize>(
    test: &ServiceTest,
    method: &str,
    path: &str,
    headers: [(&str, &str); N],
) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(path);
    let request = headers
        .into_iter()
        .fold(request, |request, (name, value)| request.header(name, value))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("List-Unsubscribe=One-Click"))
        .unwrap();
    let response = test.service.parts.http.clone().oneshot(request).await.unwrap();
    assert!(response.headers().get("set-cookie").is_none() && response.headers().get("location").is_none());
    let status = response.status();
    (status, String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap())
}

async fn one_click_unsubscribes_at_once_and_once(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    let mail = mails(&test).remove(0);
    let path = unsubscribe_path(&mail);
    assert!(
        mail.replace("\r\n ", " ")
            .contains(&format!("{path}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")),
        "{mail}"
    );

    // A scanner that follows the link changes nothing.
    let (status, page) = call(&test, "GET", &path).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("<form method=\"post\">") && !page.contains("engines.example"), "{page}");
    assert_eq!(enrollment(&test, lead.id).await["state"], "ACTIVE");

    for _ in 0..2 {
        let (status, page) = call(&test, "POST", &path).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("You are unsubscribed"), "{page}");
    }
    let unsubscribed = test.published::<ContactUnsubscribed>().await;
    assert_eq!((unsubscribed.len(), unsubscribed[0].lead, &unsubscribed[0].email), (1, lead.id, &lead.email));
    assert_eq!(test.published::<EnrollmentStopped>().await.len(), 1);
    assert_eq!(enrollment(&test, lead.id).await["why"], "stopped: the recipient unsubscribed");
    let list = test.graphql("{ suppressions { edges { node { email source } } } }", json!({})).await;
    assert_eq!(
        list["suppressions"]["edges"][0]["node"],
        json!({ "email": "ada@engines.example", "source": "UNSUBSCRIBED" })
    );
    test.clock.advance(TimeDelta::days(4));
    test.settle().await;
    assert_eq!(mails(&test).len(), 1);
}

#[tokio::test]
async fn a_link_that_is_not_ours_is_not_found() {
    let test = ServiceTest::sqlite(SERVICE).await;
    for path in ["/u/0123456789abcdef0123456789abcdef", "/u/x", "/u/%27%20or%201=1"] {
        for method in ["GET", "POST"] {
            assert_eq!(call(&test, method, path).await.0, StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_recipients_word_weighs_more_than_ours() {
    let test = ServiceTest::sqlite(SERVICE).await;
    welcomed_lead(&test, "ada@engines.example").await;
    let suppress =
        "mutation { suppress(input: { email: \"ada@engines.example\", reason: \"test\" }) { errors { code } } }";
    test.graphql(suppress, json!({})).await;
    call(&test, "POST", &unsubscribe_path(&mails(&test)[0])).await;
    assert_eq!(test.published::<ContactUnsubscribed>().await.len(), 1);
    let list = test.graphql("{ suppressions { edges { node { source } } } }", json!({})).await;
    assert_eq!(list["suppressions"]["edges"], json!([{ "node": { "source": "UNSUBSCRIBED" } }]));
}

#[tokio::test]
async fn sent_mail_is_shown_on_this_machine() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let mut lead = lead(&test, "ada@engines.example");
    lead.first_name = Some(kernel::PersonName::new("<script>"));
    test.deliver(&events::lead::LeadCaptured { current: lead.clone() }).await;
    verified(&test, &lead, events::enrichment::Verdict::Valid).await;
    routed(&test, lead.id, "Grace Hopper").await;
    let (status, page) = call(&test, "GET", "/dev/mail").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("&lt;script&gt;, thank you for getting in touch") && !page.contains("<script>"), "{page}");
    let (_, rest) = page.split_once("/dev/mail/").unwrap();
    let (status, mail) = call(&test, "GET", &format!("/dev/mail/{}", rest.split('"').next().unwrap())).await;
    assert_eq!(status, StatusCode::OK);
    assert!(mail.contains("Best regards"), "{mail}");
    for path in ["/dev/mail/..%2fcadence.db", "/dev/mail/msg_01h455vb4pex5vsknk084sn02q"] {
        assert_eq!(call(&test, "GET", path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn sent_mail_is_shown_to_nobody_else() {
    let test = ServiceTest::configured(SERVICE, |config| config.listen.set_ip([0, 0, 0, 0].into())).await;
    assert_eq!(call(&test, "GET", "/dev/mail").await.0, StatusCode::NOT_FOUND);
    let test = ServiceTest::configured(SERVICE, |config| {
        config.mail.url = platform::config::Secret::new("smtp://127.0.0.1:9");
    })
    .await;
    assert_eq!(call(&test, "GET", "/dev/mail").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn sent_mail_is_shown_through_no_proxy_and_under_no_foreign_name() {
    let test = ServiceTest::sqlite(SERVICE).await;
    for host in ["localhost:4000", "[::1]:4000"] {
        assert_eq!(call_with(&test, "GET", "/dev/mail", [("host", host)]).await.0, StatusCode::OK, "{host}");
    }
    for host in ["rebound.example:4000", "10.0.0.7", "localhost.evil.example", ""] {
        assert_eq!(call_with(&test, "GET", "/dev/mail", [("host", host)]).await.0, StatusCode::NOT_FOUND, "{host}");
    }
    let proxied = [("host", "localhost"), ("x-forwarded-for", "203.0.113.7")];
    assert_eq!(call_with(&test, "GET", "/dev/mail", proxied).await.0, StatusCode::NOT_FOUND);
}
