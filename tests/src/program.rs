use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// How long a program may take to say that it listens.
const START_LIMIT: Duration = Duration::from_secs(60);

/// One of our programs, running; killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// `http://HOST:PORT`, as the program said.
    pub url: String,
    /// What it wrote to standard output before that.
    pub greeting: Vec<String>,
}

impl Program {
    /// Starts `command` and waits until it listens. Its standard error goes to `log`.
    pub async fn start(mut command: Command, log: &Path) -> Result<Self> {
        let log_file = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log_file).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let mut lines = BufReader::new(child.stdout.take().context("standard output")?).lines();
        let mut greeting = Vec::new();
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(url) = line.strip_prefix("listening on ") {
                    return Ok(url.to_owned());
                }
                greeting.push(line);
            }
            bail!("it ended without listening")
        };
        let url = match tokio::time::timeout(START_LIMIT, listening).await {
            Ok(Ok(url)) => url,
            failed => {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                bail!("{command:?} does not start: {failed:?}\n{said}")
            }
        };
        Ok(Self { child, url, greeting })
    }

    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// SIGKILL: no drain, no flush.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// SIGTERM, as an orchestrator would, and whether it ended well.
    pub async fn stop(&mut self) -> Result<bool> {
        let status = Command::new("kill").arg(self.pid().to_string()).status().await?;
        anyhow::ensure!(status.success(), "kill failed");
        Ok(self.child.wait().await?.success())
    }
}

/// A program of this workspace, built beside the running test.
pub fn binary(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let here = test.parent().context("a folder")?;
    // Tests stand in `deps`, the programs one above; a bench stands beside them.
    let folder = if here.ends_with("deps") { here.parent().context("a folder")? } else { here };
    let path = folder.join(name);
    anyhow::ensure!(path.exists(), "{name} is not built: run `make test`, or `cargo build --workspace` first");
    Ok(path)
}
