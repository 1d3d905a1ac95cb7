//! `pipewright demo`: the platform alive, with data that looks like somebody's.

use std::{fs, io::Write as _, path::Path};

use anyhow::Context;
use platform::config::{Config, KEY_FILE};

use super::run::{Running, start};
use crate::import::{self, CliError, ImportArgs, What};

const ACCOUNTS: &str = include_str!("../../../../seed/accounts-sp500.csv");
const LEADS: &str = include_str!("../../../../seed/leads-hubspot.csv");

const QUERIES: &str = r#"  { accounts(first: 3) { totalCount edges { node { name industry } } } }
  { search(query: "Micrsoft", first: 5) { edges { highlight node { __typename ... on Account { name } ... on Lead { email } } } } }
  { leads(first: 1) { edges { node { email routing { owner { name } decision { candidates { rep { name } eligible rejectedBecause } } } enrollments { state why } } } } }"#;

pub async fn run(config: Config) -> Result<(), CliError> {
    let internal = |error: anyhow::Error| CliError::internal(format!("{error:#}"));
    let key_file = config.data_dir.join(KEY_FILE);
    let bootstrap = config.identity.bootstrap_key.clone();
    let running = start(config, &[]).await.map_err(internal)?;
    let key = if bootstrap.is_empty() { read_key(&key_file).map_err(internal)? } else { bootstrap.expose().to_owned() };
    let folder = tempfile::tempdir().map_err(|error| CliError::internal(error.to_string()))?;
    load(&running, &key, folder.path()).await?;
    announce(&running, &key).map_err(internal)?;
    running.tasks.run_until_stopped().await.map_err(internal)
}

fn read_key(file: &Path) -> anyhow::Result<String> {
    let key = fs::read_to_string(file).with_context(|| format!("the admin key should be in {}", file.display()))?;
    Ok(key.trim().to_owned())
}

/// Goes the way a user's own export would go.
async fn load(running: &Running, key: &str, folder: &Path) -> Result<(), CliError> {
    for (what, name, text) in [(What::Accounts, "accounts.csv", ACCOUNTS), (What::Leads, "leads.csv", LEADS)] {
        let file = folder.join(name);
        fs::write(&file, text).map_err(|error| CliError::internal(error.to_string()))?;
        import::run(ImportArgs::new(what, file, &running.url, key), folder).await?;
    }
    Ok(())
}

fn announce(running: &Running, key: &str) -> anyhow::Result<()> {
    let url = &running.url;
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nPipewright is up.\n\n  playground  {url}/#key={key}\n  API         {url}/graphql\n  API key     {key}\n  mail        {url}/dev/mail\n")?;
    writeln!(out, "Three queries to try, in the playground or with\n  curl {url}/graphql -H 'authorization: Bearer {key}' -H 'content-type: application/json' -d '{{\"query\":\"…\"}}'\n\n{QUERIES}\n")?;
    writeln!(out, "listening on {url}\nCtrl-C stops it; the data stays.")?;
    Ok(out.flush()?)
}
