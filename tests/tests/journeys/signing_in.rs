use std::time::Duration;

use anyhow::{Context, Result};
use pipewright_tests::{Deployment, Topology};
use serde_json::{Value, json};

use crate::on_both_topologies;

const PASSWORD: &str = "correct horse battery";

async fn post(platform: &Deployment, path: &str, body: Value) -> Result<(u16, Value)> {
    let url = format!("{}{path}", platform.pages_of("identity"));
    let response = reqwest::Client::new().post(url).json(&body).send().await?;
    let status = response.status().as_u16();
    Ok((status, response.json().await.unwrap_or_default()))
}

async fn sign_in(platform: &Deployment) -> Result<Value> {
    let body = json!({ "email": "grace@example.com", "password": PASSWORD });
    let (status, answer) = post(platform, "/auth/sign-in", body).await?;
    anyhow::ensure!(status == 200, "{status} {answer}");
    Ok(answer)
}

/// A person with a password.
async fn grace(platform: &Deployment) -> Result<()> {
    const CREATE: &str =
        "mutation { createUser(input: { name: \"Grace\", email: \"grace@example.com\", role: BDR }) { user { id } } }";
    const INVITE: &str = "mutation($id: ID!) { inviteUser(input: { userId: $id }) { token } }";
    let user = platform.graphql(CREATE, json!({})).await?["createUser"]["user"]["id"].take();
    let token = platform.graphql(INVITE, json!({ "id": user })).await?["inviteUser"]["token"].take();
    let (status, answer) = post(platform, "/auth/password", json!({ "token": token, "password": PASSWORD })).await?;
    anyhow::ensure!(status == 204, "{status} {answer}");
    Ok(())
}

on_both_topologies!(a_person_signs_in_works_and_is_signed_out_everywhere);
async fn a_person_signs_in_works_and_is_signed_out_everywhere(platform: Deployment) -> Result<()> {
    grace(&platform).await?;
    let session = sign_in(&platform).await?;
    let token = session["accessToken"].as_str().context("an access token")?;
    let client = reqwest::Client::new();
    let ask = |query: &str| {
        let request = client.post(format!("{}/graphql", platform.url())).bearer_auth(token);
        request.json(&json!({ "query": query })).send()
    };
    let me: Value = ask("{ me { kind permissions user { name } } leads { totalCount } }").await?.json().await?;
    let expected = json!({ "kind": "USER", "permissions": ["READ", "WRITE"], "user": { "name": "Grace" } });
    assert_eq!(me["data"]["me"], expected, "{me}");
    let refused: Value = ask("{ apiKeys { edges { node { id } } } }").await?.json().await?;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");

    let subscription = json!({ "query": "subscription { leadRouted { lead { id } } }" });
    let stream = client.post(format!("{}/graphql", platform.url())).bearer_auth(token);
    let stream = stream.header("accept", "text/event-stream").json(&subscription).send().await?;
    assert_eq!(stream.status(), 200);
    let (status, _) = post(&platform, "/auth/sign-out", json!({ "refreshToken": session["refreshToken"] })).await?;
    assert_eq!(status, 204);
    let ended = tokio::time::timeout(Duration::from_secs(60), stream.text()).await.context("the stream ends")??;
    assert!(ended.contains("UNAUTHENTICATED"), "{ended}");
    assert_eq!(ask("{ me { id } }").await?.status(), 401);
    let (status, _) = post(&platform, "/auth/refresh", json!({ "refreshToken": session["refreshToken"] })).await?;
    assert_eq!(status, 401);
    Ok(())
}

/// The status of a read.
async fn read(platform: &Deployment, session: &Value) -> Result<u16> {
    let token = session["accessToken"].as_str().context("an access token")?;
    let request = reqwest::Client::new().post(format!("{}/graphql", platform.url())).bearer_auth(token);
    Ok(request.json(&json!({ "query": "{ me { id } }" })).send().await?.status().as_u16())
}

/// A session that the gateway knows and that has been signed out.
async fn signed_out(platform: &Deployment) -> Result<Value> {
    let session = sign_in(platform).await?;
    anyhow::ensure!(read(platform, &session).await? == 200);
    let (status, _) = post(platform, "/auth/sign-out", json!({ "refreshToken": session["refreshToken"] })).await?;
    anyhow::ensure!(status == 204, "{status}");
    Ok(session)
}

#[tokio::test]
async fn the_first_read_after_signing_out_is_refused_in_one_process() -> Result<()> {
    let platform = Deployment::start(Topology::OneProcess).await?;
    grace(&platform).await?;
    for _ in 0..5 {
        let session = signed_out(&platform).await?;
        assert_eq!(read(&platform, &session).await?, 401);
    }
    let (here, there) = (sign_in(&platform).await?, sign_in(&platform).await?);
    assert_eq!(read(&platform, &there).await?, 200);
    let change = reqwest::Client::new().post(format!("{}/auth/password", platform.url()));
    let change = change.bearer_auth(here["accessToken"].as_str().context("an access token")?);
    let body = json!({ "currentPassword": PASSWORD, "password": "another long password" });
    assert_eq!(change.json(&body).send().await?.status(), 204);
    assert_eq!((read(&platform, &there).await?, read(&platform, &here).await?), (401, 200));
    Ok(())
}

/// It hears of it on the bus, a moment later.
#[tokio::test]
async fn a_gateway_elsewhere_soon_refuses_who_has_signed_out() -> Result<()> {
    let platform = Deployment::start(Topology::Separate).await?;
    grace(&platform).await?;
    let session = signed_out(&platform).await?;
    let refused = async {
        let mut pace = tokio::time::interval(Duration::from_millis(50));
        while read(&platform, &session).await? != 401 {
            pace.tick().await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(60), refused).await.context("it is refused")?
}

on_both_topologies!(what_every_service_does_is_in_the_audit_trail);
async fn what_every_service_does_is_in_the_audit_trail(platform: Deployment) -> Result<()> {
    const TRAIL: &str = "{ auditTrail(first: 200) { edges { node { action actor subject } } } }";
    let file = platform.data_dir().join("lead.csv");
    std::fs::write(&file, "Email,First Name,Company\nada@engines.example,Ada,Engines\n")?;
    platform.import(&["leads", &file.display().to_string(), "--json"]).await?;
    let wanted = [
        "crm.lead.lead.captured.v1",
        "crm.enrichment.email.verified.v1",
        "crm.enrichment.lead.enriched.v1",
        "crm.routing.lead.routed.v1",
        "crm.cadence.enrollment.started.v1",
        "crm.identity.user.created.v1",
    ];
    let has = |data: &Value, action: &str| {
        data["auditTrail"]["edges"]
            .as_array()
            .is_some_and(|edges| edges.iter().any(|edge| edge["node"]["action"] == action))
    };
    let all = |data: &Value| wanted.iter().all(|action| has(data, action));
    platform.until("in the trail", TRAIL, json!({}), all).await?;

    let url = format!("{}/audit.jsonl", platform.pages_of("identity"));
    let export = reqwest::Client::new().get(url).bearer_auth(platform.key()).send().await?.text().await?;
    let lines: Vec<Value> = export.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert!(lines.len() >= wanted.len());
    assert!(lines.windows(2).all(|pair| pair[0]["hash"] == pair[1]["previousHash"]));
    Ok(())
}

on_both_topologies!(the_audit_trail_holds_through_a_kill);
async fn the_audit_trail_holds_through_a_kill(mut platform: Deployment) -> Result<()> {
    const ROUTED: &str =
        "{ auditTrail(first: 200, filter: { action: \"crm.routing.lead.routed.v1\" }) { edges { node { subject } } } }";
    let file = platform.data_dir().join("leads.csv");
    let rows: String = (0..60).map(|number| format!("ada{number}@engines.example,Ada,Engines\n")).collect();
    std::fs::write(&file, format!("Email,First Name,Company\n{rows}"))?;
    platform.import(&["leads", &file.display().to_string(), "--json"]).await?;
    platform.kill().await?;
    platform.boot().await?;
    let all = |data: &Value| data["auditTrail"]["edges"].as_array().is_some_and(|edges| edges.len() >= 60);
    platform.until("in the trail", ROUTED, json!({}), all).await?;

    let url = format!("{}/audit.jsonl", platform.pages_of("identity"));
    let export = reqwest::Client::new().get(url).bearer_auth(platform.key()).send().await?.text().await?;
    let lines: Vec<Value> = export.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let events: std::collections::HashSet<_> = lines.iter().map(|line| line["event"].to_string()).collect();
    assert_eq!(events.len(), lines.len(), "each event once");
    assert!((1..).zip(&lines).all(|(seq, line)| line["seq"] == seq));
    assert!(lines.windows(2).all(|pair| pair[0]["hash"] == pair[1]["previousHash"]));
    let routed = lines.iter().filter(|line| line["action"] == "crm.routing.lead.routed.v1");
    assert_eq!(routed.count(), 60);
    Ok(())
}
