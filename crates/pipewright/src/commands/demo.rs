//! `pipewright demo`: the platform alive, with data that looks like somebody's.

use std::{fs, io::Write as _, path::Path};

use anyhow::Context;
use platform::config::{Config, KEY_FILE};
use serde_json::{Value, json};

use super::run::{Running, start};
use crate::import::{self, CliError, Client, ImportArgs, Summary, What};

const ACCOUNTS: &str = include_str!("../../../../seed/accounts-sp500.csv");
const LEADS: &str = include_str!("../../../../seed/leads-hubspot.csv");

const QUERIES: &str = r#"  { accounts(first: 3) { totalCount edges { node { name industry } } } }
  { search(query: "Micrsoft", first: 5) { edges { highlight node { __typename ... on Account { name } ... on Lead { email } } } } }
  { leads(first: 1) { edges { node { email routing { owner { name } decision { candidates { rep { name } eligible rejectedBecause } } } enrollments { state why } } } } }"#;

pub async fn run(config: Config) -> Result<(), CliError> {
    let internal = |error: anyhow::Error| CliError::internal(format!("{error:#}"));
    let key_file = config.data_dir.join(KEY_FILE);
    let bootstrap = config.identity.bootstrap_key.clone();
    let playground = config.gateway.playground;
    let running = start(config, &[]).await.map_err(internal)?;
    let key = if bootstrap.is_empty() { read_key(&key_file).map_err(internal)? } else { bootstrap.expose().to_owned() };
    let folder = tempfile::tempdir().map_err(|error| CliError::internal(error.to_string()))?;
    load(&running, &key, folder.path()).await?;
    announce(&running.url, &key, playground).map_err(internal)?;
    running.tasks.run_until_stopped().await.map_err(internal)
}

fn read_key(file: &Path) -> anyhow::Result<String> {
    let key = fs::read_to_string(file).with_context(|| format!("the admin key should be in {}", file.display()))?;
    Ok(key.trim().to_owned())
}

/// Goes the way a user's own export would go.
#[expect(clippy::print_stdout, reason = "the command's output")]
async fn load(running: &Running, key: &str, folder: &Path) -> Result<(), CliError> {
    for (what, name, text) in [(What::Accounts, "accounts.csv", ACCOUNTS), (What::Leads, "leads.csv", LEADS)] {
        let file = folder.join(name);
        fs::write(&file, text).map_err(|error| CliError::internal(error.to_string()))?;
        let mut summary = Summary::default();
        import::send_file(&ImportArgs::new(what, file, &running.url, key), folder, &mut summary).await?;
        let Summary { rows, created, duplicates, rejected, .. } = summary;
        println!(
            "{name:<13} {rows:>4} rows: {created} created, {duplicates} known already, {} broken on purpose",
            rejected.len()
        );
    }
    let Ok(key) = key.parse();
    open_deals(&Client::new(&running.url, key)?).await
}

/// Converts the newest leads, so that the pipeline holds something; not again when it does.
#[expect(clippy::print_stdout, reason = "the command's output")]
async fn open_deals(client: &Client) -> Result<(), CliError> {
    const LOOK: &str = "{ opportunities(first: 1) { totalCount } leads(first: 12, filter: { status: NEW }) { edges { node { id company } } } }";
    const CONVERT: &str = "mutation($input: ConvertLeadInput!) { convertLead(input: $input) { errors { code } } }";
    let found: Value = client.execute(LOOK, json!({})).await?;
    if found["opportunities"]["totalCount"] != json!(0) {
        return Ok(());
    }
    let leads = found["leads"]["edges"].as_array().map_or(&[][..], Vec::as_slice);
    for (number, lead) in (1_i64..).zip(leads) {
        let amount = json!({ "minor": number * 1_250_000, "currency": "USD" });
        let input = json!({ "id": lead["node"]["id"], "opportunity": { "amount": amount } });
        // A lead without a company cannot be converted by itself; the others make the demo.
        let _: Value = client.execute(CONVERT, json!({ "input": input })).await?;
    }
    println!("{:<13} {:>4} leads converted", "opportunities", leads.len());
    Ok(())
}

fn announce(url: &str, key: &str, playground: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    write!(out, "{}", greeting(url, key, playground))?;
    Ok(out.flush()?)
}

fn greeting(url: &str, key: &str, playground: bool) -> String {
    let (page, there) = if playground {
        (format!("  playground  {url}/#key={key}\n"), "in the playground or with")
    } else {
        (String::new(), "with")
    };
    format!(
        "\nPipewright is up.\n\n{page}  API         {url}/graphql\n  API key     {key}\n  mail        {url}/dev/mail\n\n\
         Three queries to try, {there}\n  curl {url}/graphql -H 'authorization: Bearer {key}' -H 'content-type: application/json' -d '{{\"query\":\"…\"}}'\n\n{QUERIES}\n\n\
         listening on {url}\nCtrl-C stops it; the data stays.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_playground_is_named_where_there_is_one() {
        let with = greeting("http://h:1", "pw_1", true);
        assert!(with.contains("playground  http://h:1/#key=pw_1\n") && with.contains("in the playground or"), "{with}");
        let without = greeting("http://h:1", "pw_1", false);
        assert!(!without.contains("playground") && without.contains("API         http://h:1/graphql\n"), "{without}");
    }
}
