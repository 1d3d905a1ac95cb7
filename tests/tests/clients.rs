//! The example clients, generated from the published schema, against a running platform.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use pipewright_tests::{Deployment, Topology, binary};
use serde_json::json;
use tokio::process::Command;

const EMAIL: &str = "ada@engines.example";

/// A platform with one lead that has come as far as it comes by itself.
async fn with_a_lead() -> Result<Deployment> {
    let platform = Deployment::start(Topology::OneProcess).await?;
    let capture = "mutation($input: CaptureLeadInput!) { captureLead(input: $input) { created } }";
    let input = json!({ "email": EMAIL, "company": "Engines", "country": "GB", "source": "Web" });
    platform.graphql(capture, json!({ "input": input })).await?;
    let enrolled = "{ leads(first: 1) { edges { node { enrollments { messages { state } } } } } }";
    platform
        .until("the lead's first mail sent", enrolled, json!({}), |data| {
            data["leads"]["edges"][0]["node"]["enrollments"][0]["messages"][0]["state"] == json!("SENT")
        })
        .await?;
    Ok(platform)
}

/// What the TypeScript client prints; `script` is one of those in its `src`.
async fn typescript(platform: &Deployment, script: &str, arguments: &[&str]) -> Result<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../clients/typescript");
    let path = folder.join("dist").join(format!("{script}.js"));
    ensure!(path.exists(), "the TypeScript client is not built: run `make clients`");
    let mut command = Command::new("node");
    command.arg(path);
    said(platform, command, arguments).await
}

async fn rust(platform: &Deployment, example: &str, arguments: &[&str]) -> Result<String> {
    said(platform, Command::new(binary(&format!("example-{example}"))?), arguments).await
}

async fn said(platform: &Deployment, mut command: Command, arguments: &[&str]) -> Result<String> {
    command.args(arguments).env("PIPEWRIGHT_URL", platform.url()).env("PIPEWRIGHT_KEY", platform.key());
    let output = command.kill_on_drop(true).output().await.with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test]
async fn both_generated_clients_tell_the_journey_of_a_lead() -> Result<()> {
    let platform = with_a_lead().await?;
    let typescript = typescript(&platform, "journey", &[EMAIL]).await?;
    for expected in [
        "ada@engines.example: NEW, came from Web\n",
        "verified: VALID\n",
        "known: country is \"GB\", says ",
        "candidate: Amara Okafor, eligible\n",
        "enrolled: Inbound welcome, ACTIVE: waiting for step 2",
    ] {
        assert!(typescript.contains(expected), "{expected}: {typescript}");
    }
    assert_eq!(typescript, rust(&platform, "journey", &[EMAIL]).await?);
    Ok(())
}

#[tokio::test]
async fn the_client_of_the_readme_runs_in_both_languages() -> Result<()> {
    let platform = with_a_lead().await?;
    let typescript = typescript(&platform, "newest-leads", &[]).await?;
    let lines: Vec<&str> = typescript.lines().collect();
    assert_eq!(lines[0], "1 leads, the newest:");
    assert!(lines[1].starts_with("ada@engines.example of Engines: "), "{typescript}");
    assert!(!lines[1].ends_with("nobody yet"), "{typescript}");
    assert_eq!(typescript, rust(&platform, "newest-leads", &[]).await?);
    Ok(())
}

#[tokio::test]
async fn a_refused_client_says_why() -> Result<()> {
    let platform = Deployment::start(Topology::OneProcess).await?;
    let mut command = Command::new(binary("example-newest-leads")?);
    command.args(["--url", platform.url(), "--key", "pw_nobody_has_this_key"]);
    let output = command.kill_on_drop(true).output().await?;
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the API key or access token is missing, unknown, expired or revoked"), "{said}");
    Ok(())
}
