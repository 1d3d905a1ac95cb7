use anyhow::{Context, Result};
use pipewright_tests::{Deployment, Topology, binary, seed};
use serde_json::{Value, json};
use tokio::process::Command;

const SEARCH: &str = "{ search(query: \"Micrsoft\", first: 50) { totalCount edges { highlight node { __typename ... on Account { id } ... on Lead { id } } } } }";

#[tokio::test]
async fn the_index_is_rebuilt_from_the_outboxes_by_one_command() -> Result<()> {
    let mut platform = Deployment::start(Topology::OneProcess).await?;
    platform.import(&["accounts", &seed("accounts-sp500.csv")]).await?;
    platform.import(&["leads", &seed("leads-hubspot.csv")]).await?;
    let all_indexed = |data: &Value| data["search"]["edges"].as_array().is_some_and(|edges| edges.len() == 7);
    let live = platform.until("searchable", SEARCH, json!({}), all_indexed).await?;
    assert!(platform.stop().await?);

    for gone in ["search", "search.db", "search.db-wal", "search.db-shm"] {
        let path = platform.data_dir().join(gone);
        if path.is_dir() {
            std::fs::remove_dir_all(path)?;
        } else if path.exists() {
            std::fs::remove_file(path)?;
        }
    }
    let mut rebuild = Command::new(binary("pipewright")?);
    let output =
        rebuild.args(["search", "rebuild", "--data-dir"]).arg(platform.data_dir()).output().await.context("rebuild")?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    platform.boot().await?;
    assert_eq!(platform.graphql(SEARCH, json!({})).await?, live, "the same answer, at once");
    Ok(())
}
