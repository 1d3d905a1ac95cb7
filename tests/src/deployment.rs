use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::TestDatabase;
use tokio::process::Command;

use crate::program::{Program, binary};

/// How a platform is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    /// One process on SQLite and the local bus.
    OneProcess,
    /// A process a service, on PostgreSQL, NATS and HTTP.
    Separate,
}

const SERVICES: [&str; 7] = ["identity", "lead", "enrichment", "routing", "cadence", "pipeline", "search"];
const KEY: &str = "pw_key_of_the_test_0123456789abcdef";
const SECRET: &str = "secret-of-the-test-0123456789abcdef";
/// How long the platform may take to become what a test waits for.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running platform with its data; both gone when dropped.
pub struct Deployment {
    topology: Topology,
    folder: TempDir,
    databases: BTreeMap<&'static str, TestDatabase>,
    bus: String,
    programs: BTreeMap<String, Program>,
    /// Where each program listened first; it must come back there.
    addresses: BTreeMap<String, String>,
    client: reqwest::Client,
    extra: Vec<(String, String)>,
}

/// What `pipewright import` said and how it ended.
#[derive(Debug)]
pub struct Imported {
    pub exit: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Imported {
    /// The `--json` summary.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no summary: {} {}", self.out, self.err))
    }
}

impl Deployment {
    pub async fn start(topology: Topology) -> Result<Self> {
        Self::start_with(topology, &[]).await
    }

    /// Starts with further settings, as environment variables.
    pub async fn start_with(topology: Topology, settings: &[(&str, &str)]) -> Result<Self> {
        let mut databases = BTreeMap::new();
        let mut bus = String::new();
        if topology == Topology::Separate {
            for service in SERVICES {
                databases.insert(service, testkit::postgres_database().await);
            }
            let unique = format!("t{:x}", rand_suffix());
            bus = format!("{}?stream={unique}&prefix={unique}", testkit::nats_url().await);
        }
        let _ = rustls_provider();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
        let extra = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let folder = tempfile::tempdir()?;
        let mut deployment = Self {
            topology,
            folder,
            databases,
            bus,
            programs: BTreeMap::new(),
            addresses: BTreeMap::new(),
            client,
            extra,
        };
        deployment.boot().await?;
        Ok(deployment)
    }

    /// Starts every program that is not running, where it was before.
    pub async fn boot(&mut self) -> Result<()> {
        match self.topology {
            Topology::OneProcess => {
                let mut command = Command::new(binary("pipewright")?);
                command.arg("run").env("PIPEWRIGHT__DATA_DIR", self.folder.path());
                self.launch("pipewright", command).await
            }
            Topology::Separate => {
                for service in SERVICES {
                    let mut command = Command::new(binary(&format!("pipewright-{service}"))?);
                    command
                        .env("PIPEWRIGHT__DATABASE__URL", &self.databases[service].url)
                        .env("PIPEWRIGHT__BUS__URL", &self.bus)
                        .env("PIPEWRIGHT__GATEWAY__ACTOR_SECRET", SECRET)
                        .env("PIPEWRIGHT__DATA_DIR", self.folder.path());
                    self.launch(service, command).await?;
                }
                let supergraph = self.supergraph()?;
                let mut command = Command::new(binary("pipewright-gateway")?);
                let listen = self.listen_at("gateway");
                command
                    .args(["--listen", &listen, "--identity", &self.addresses["identity"], "--supergraph"])
                    .arg(supergraph)
                    .env("PIPEWRIGHT__BUS__URL", &self.bus)
                    .env("PIPEWRIGHT__GATEWAY__ACTOR_SECRET", SECRET);
                self.launch("gateway", command).await
            }
        }
    }

    async fn launch(&mut self, name: &str, mut command: Command) -> Result<()> {
        if self.programs.contains_key(name) {
            return Ok(());
        }
        command
            .current_dir(self.folder.path())
            .env("PIPEWRIGHT__LISTEN", self.listen_at(name))
            .env("PIPEWRIGHT__IDENTITY__BOOTSTRAP_KEY", KEY)
            .envs(self.extra.iter().map(|(name, value)| (name, value)));
        let program = Program::start(command, &self.log(name)).await?;
        self.addresses.insert(name.to_owned(), program.url.clone());
        self.programs.insert(name.to_owned(), program);
        Ok(())
    }

    fn listen_at(&self, name: &str) -> String {
        self.addresses.get(name).map_or("127.0.0.1:0".to_owned(), |url| url.trim_start_matches("http://").to_owned())
    }

    /// What `program` has logged.
    pub fn log(&self, program: &str) -> PathBuf {
        self.folder.path().join(format!("{program}.log"))
    }

    pub fn data_dir(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The checked-in supergraph with this deployment's addresses.
    fn supergraph(&self) -> Result<PathBuf> {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../schema/supergraph.graphql"))?;
        let mut out = String::new();
        for line in text.lines() {
            let named = SERVICES.iter().find(|service| line.contains(&format!("@join__graph(name: \"{service}\"")));
            match named.and_then(|service| Some((line.find("url: \"")?, &self.addresses[*service]))) {
                Some((at, address)) => out.push_str(&format!("{}url: \"{address}/graphql\")", &line[..at])),
                None => out.push_str(line),
            }
            out.push('\n');
        }
        ensure!(out != text, "the supergraph names no addresses");
        let path = self.folder.path().join("supergraph.graphql");
        std::fs::write(&path, out)?;
        Ok(path)
    }

    pub fn url(&self) -> &str {
        let front = match self.topology {
            Topology::OneProcess => "pipewright",
            Topology::Separate => "gateway",
        };
        &self.addresses[front]
    }

    /// Where one program listens.
    pub fn url_of(&self, program: &str) -> &str {
        &self.addresses[program]
    }

    /// Where a service's own pages are: at its program, or at the one that holds them all.
    pub fn pages_of(&self, service: &str) -> &str {
        self.addresses.get(service).map_or_else(|| self.url(), String::as_str)
    }

    pub fn key(&self) -> &'static str {
        KEY
    }

    pub fn pid(&self, program: &str) -> u32 {
        self.programs.get(program).map_or(0, Program::pid)
    }

    /// Of every program that runs.
    pub fn pids(&self) -> impl Iterator<Item = u32> {
        self.programs.values().map(Program::pid)
    }

    /// SIGKILLs every program at once.
    pub async fn kill(&mut self) -> Result<()> {
        for (_, mut program) in std::mem::take(&mut self.programs) {
            program.kill().await?;
        }
        Ok(())
    }

    /// SIGKILLs one program.
    pub async fn kill_one(&mut self, name: &str) -> Result<()> {
        self.programs.remove(name).context("it is running")?.kill().await
    }

    /// SIGTERMs every program and says whether each ended well.
    pub async fn stop(&mut self) -> Result<bool> {
        let mut well = true;
        for (_, mut program) in std::mem::take(&mut self.programs) {
            well &= program.stop().await?;
        }
        Ok(well)
    }

    /// The whole answer of the API.
    pub async fn answer(&self, query: &str, variables: Value) -> Result<Value> {
        self.graphql_as(KEY, query, variables).await
    }

    /// The whole answer that the holder of `key` gets.
    pub async fn graphql_as(&self, key: &str, query: &str, variables: Value) -> Result<Value> {
        let request = self.client.post(format!("{}/graphql", self.url())).bearer_auth(key);
        Ok(request.json(&json!({ "query": query, "variables": variables })).send().await?.json().await?)
    }

    /// The `data` of an answer that must have no errors.
    pub async fn graphql(&self, query: &str, variables: Value) -> Result<Value> {
        let mut answer = self.answer(query, variables).await?;
        ensure!(answer.get("errors").is_none(), "{}", answer["errors"]);
        Ok(answer["data"].take())
    }

    /// Asks until `done` holds. The programs cannot be stepped from outside, so this is the one place that
    /// waits for the platform's own pace; it fails rather than wait for ever.
    pub async fn until(
        &self,
        what: &str,
        query: &str,
        variables: Value,
        done: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut pace = tokio::time::interval(Duration::from_millis(50));
        let mut last = json!(null);
        while tokio::time::Instant::now() < deadline {
            pace.tick().await;
            match self.answer(query, variables.clone()).await {
                Ok(answer) if answer.get("errors").is_none() && done(&answer["data"]) => {
                    return Ok(answer["data"].clone());
                }
                // A query that can never be answered is not worth waiting for.
                Ok(answer) if answer["errors"][0]["extensions"]["code"] == json!("GRAPHQL_VALIDATION_FAILED") => {
                    bail!("{answer}")
                }
                Ok(answer) => last = answer,
                Err(error) => last = json!(error.to_string()),
            }
        }
        bail!("not {what} after {PATIENCE:?}; last answer: {last}")
    }

    /// Everything in a connection, page by page. `query` takes `$after` and has the list under `field`.
    pub async fn all(&self, query: &str, field: &str) -> Result<Vec<Value>> {
        let mut nodes = Vec::new();
        let mut after = json!(null);
        loop {
            let page = self.graphql(query, json!({ "after": after })).await?[field].take();
            let edges = page["edges"].as_array().context("edges")?;
            nodes.extend(edges.iter().map(|edge| edge["node"].clone()));
            if page["pageInfo"]["hasNextPage"] != json!(true) {
                return Ok(nodes);
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }

    /// Runs `pipewright import` against this platform, as typed.
    pub async fn import(&self, arguments: &[&str]) -> Result<Imported> {
        let mut command = Command::new(binary("pipewright")?);
        command
            .arg("import")
            .args(arguments)
            .args(["--url", self.url()])
            .env("PIPEWRIGHT_KEY", KEY)
            .current_dir(self.folder.path());
        let output = command.kill_on_drop(true).output().await?;
        Ok(Imported {
            exit: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// A file of `seed/`.
pub fn seed(name: &str) -> String {
    format!("{}/../seed/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn rand_suffix() -> u64 {
    let mut bytes = [0; 8];
    kernel::Clock::system().random(&mut bytes);
    u64::from_be_bytes(bytes)
}

fn rustls_provider() -> Result<(), std::sync::Arc<rustls::crypto::CryptoProvider>> {
    rustls::crypto::ring::default_provider().install_default()
}
