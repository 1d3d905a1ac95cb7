//! A real NATS server with JetStream for tests.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use anyhow::Result;

use crate::{
    home::{Home, env, once_per_run},
    must, off_the_runtime,
    process::{Program, Server},
    tools,
};

/// Older ones silently ignore `filter_subjects`.
const OLDEST: (u32, u32) = (2, 10);

/// The URL of the run's shared server, or what `PIPEWRIGHT_TEST_NATS_URL` says. Tests that share it keep apart
/// by stream names and subject prefixes of their own.
///
/// # Panics
/// When there is no NATS server: a missing server fails a test, it never skips it.
pub async fn nats_url() -> String {
    static SHARED: OnceLock<String> = OnceLock::new();
    off_the_runtime(|| SHARED.get_or_init(|| must("NATS for the tests", shared())).clone()).await
}

/// A server of one test's own, to be killed and restarted at will. Gone when dropped.
pub struct NatsServer(Server<Nats>);

impl NatsServer {
    /// # Panics
    /// When there is no NATS server, or it does not start.
    pub async fn start() -> Self {
        off_the_runtime(|| must("a private NATS server", Home::private().and_then(Self::launch))).await
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.0.port())
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.0.kill();
    }

    /// Starts it again with the same data and port.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        must("restarting NATS", self.0.restart());
    }

    fn launch(home: Home) -> Result<Self> {
        let binary = tools::find("nats-server", OLDEST)?.path;
        Ok(Self(Server::start(Nats { binary }, home)?))
    }
}

fn shared() -> Result<String> {
    if let Some(url) = env("PIPEWRIGHT_TEST_NATS_URL") {
        return Ok(url);
    }
    once_per_run("nats", |home| {
        let server = NatsServer::launch(home)?;
        let url = server.url();
        // Other tests use it after this one; the guardian ends it with the run.
        std::mem::forget(server);
        Ok(url)
    })
}

struct Nats {
    binary: PathBuf,
}

impl Program for Nats {
    const NAME: &'static str = "nats";
    const STOP_SIGNAL: &'static str = "TERM";

    fn prepare(&mut self, _home: &Path, folder: &Path) -> Result<()> {
        Ok(fs::create_dir(folder.join("data"))?)
    }

    fn command(&self, folder: &Path, port: u16) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--jetstream", "--store_dir"]);
        command.arg(folder.join("data"));
        command
    }

    /// It greets a client only when it is ready for one.
    fn is_ready(&self, _folder: &Path, port: u16, _pid: u32) -> Result<bool> {
        let limit = Duration::from_secs(1);
        let Ok(stream) = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), limit) else {
            return Ok(false);
        };
        stream.set_read_timeout(Some(limit))?;
        let mut greeting = String::new();
        let _ = BufReader::new(stream).read_line(&mut greeting);
        Ok(greeting.starts_with("INFO ") && greeting.contains("\"jetstream\":true"))
    }
}
