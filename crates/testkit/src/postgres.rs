//! A real PostgreSQL for tests: one server per run, one database per test.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    thread,
};

use anyhow::{Context, Result, bail};
use kernel::Clock;
use reqwest::Url;
use sqlx::{Connection, Executor, PgConnection};

use crate::{
    home::{Home, env, once_per_run},
    must, off_the_runtime,
    process::{Program, Server},
    tools::{self, Tool},
};

const OLDEST: (u32, u32) = (15, 0);
/// The customary number of `nobody`. PostgreSQL refuses root, so a root's server runs under this one.
const NOBODY: u32 = 65_534;
/// A power loss would cost data, a `kill -9` does not; a new database takes 20 ms instead of 200.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    "fsync=off",
    "full_page_writes=off",
];

/// A new, empty database on the run's shared server, or on the one `PIPEWRIGHT_TEST_POSTGRES_URL` names (as a
/// user who may create databases).
///
/// # Panics
/// When there is no PostgreSQL: a missing server fails a test, it never skips it.
pub async fn postgres_database() -> TestDatabase {
    must("a database for the test", TestDatabase::create(&postgres_url().await).await)
}

/// The maintenance database of the same server, for its superuser.
///
/// # Panics
/// When there is no PostgreSQL.
pub async fn postgres_url() -> String {
    static SHARED: OnceLock<String> = OnceLock::new();
    off_the_runtime(|| SHARED.get_or_init(|| must("PostgreSQL for the tests", shared())).clone()).await
}

/// A database of one test's own, dropped with it.
#[derive(Debug)]
pub struct TestDatabase {
    pub url: String,
    name: String,
    server: String,
}

/// A server of one test's own, to be killed and restarted at will. Gone when dropped.
pub struct PostgresServer(Server<Postgres>);

impl PostgresServer {
    /// Takes about a second.
    ///
    /// # Panics
    /// When there is no PostgreSQL, or it does not start.
    pub async fn start() -> Self {
        off_the_runtime(|| must("a private PostgreSQL", Home::private().and_then(Self::launch))).await
    }

    /// The superuser's URL of the maintenance database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.0.port())
    }

    /// A new, empty database on this server.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn database(&self) -> TestDatabase {
        must("a database on a private PostgreSQL", TestDatabase::create(&self.url()).await)
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
        must("restarting PostgreSQL", self.0.restart());
    }

    fn launch(home: Home) -> Result<Self> {
        let initdb = tools::find("initdb", OLDEST)?;
        Ok(Self(Server::start(Postgres::new(&initdb), home)?))
    }
}

fn shared() -> Result<String> {
    if let Some(url) = env("PIPEWRIGHT_TEST_POSTGRES_URL") {
        return Ok(url);
    }
    once_per_run("postgres", |home| {
        let server = PostgresServer::launch(home)?;
        let url = server.url();
        // Other tests use it after this one; the guardian ends it with the run.
        std::mem::forget(server);
        Ok(url)
    })
}

impl TestDatabase {
    async fn create(server: &str) -> Result<Self> {
        let mut random = [0; 8];
        Clock::system().random(&mut random);
        let name = format!("test_{:016x}", u64::from_ne_bytes(random));
        let mut url = Url::parse(server).context("the test server's URL")?;
        url.set_path(&name);
        // template0 has no connections that could be in the way; copying files beats logging every page.
        execute(server, format!("create database {name} template template0 strategy file_copy")).await?;
        Ok(Self { url: url.into(), name, server: server.to_owned() })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // Best effort: what stays goes with the server. A thread, because a runtime cannot block itself.
        let statement = format!("drop database if exists {} with (force)", self.name);
        let server = std::mem::take(&mut self.server);
        let _ = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(execute(&server, statement))
        })
        .join();
    }
}

async fn execute(server: &str, statement: String) -> Result<()> {
    let mut connection = PgConnection::connect(server).await.context("connecting to the test server")?;
    connection.execute(sqlx::AssertSqlSafe(statement)).await?;
    connection.close().await?;
    Ok(())
}

struct Postgres {
    binaries: PathBuf,
    /// The user to run as, when we are root.
    user: Option<u32>,
}

impl Postgres {
    fn new(initdb: &Tool) -> Self {
        let binaries = initdb.path.parent().unwrap_or(Path::new("/")).to_owned();
        Self { binaries, user: None }
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }
}

impl Program for Postgres {
    const NAME: &'static str = "postgres";
    // Immediate shutdown: the children go too, and so does the shared memory.
    const STOP_SIGNAL: &'static str = "QUIT";

    fn prepare(&mut self, home: &Path, folder: &Path) -> Result<()> {
        if fs::metadata(folder)?.uid() == 0 {
            self.user = Some(NOBODY);
            chown(folder, Some(NOBODY), Some(NOBODY))?;
            if !open_to_all(&self.binaries) {
                self.binaries = copy_installation(&self.binaries, home)?;
            }
        }
        let output = self
            .program("initdb")
            .args(["--username=postgres", "--auth=trust", "--no-sync", "--no-instructions"])
            .args([
                "--encoding=UTF8",
                if cfg!(target_os = "macos") { "--locale=en_US.UTF-8" } else { "--locale=C.UTF-8" },
            ])
            .arg("--pgdata")
            .arg(folder.join("data"))
            .current_dir(folder)
            .output()
            .with_context(|| format!("cannot run {}/initdb", self.binaries.display()))?;
        if !output.status.success() {
            bail!(
                "initdb failed: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(())
    }

    fn command(&self, folder: &Path, port: u16) -> Command {
        let mut command = self.program("postgres");
        command.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string()]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command
    }

    /// The first line of `postmaster.pid` is the process, the eighth its state: what `pg_ctl start` waits for.
    fn is_ready(&self, folder: &Path, _port: u16, pid: u32) -> Result<bool> {
        let state = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        let mut lines = state.lines().map(str::trim);
        Ok(lines.next() == Some(&pid.to_string()) && lines.nth(6) == Some("ready"))
    }
}

/// Whether another user can run what lies in `folder`: a checkout under root's home is closed to them.
fn open_to_all(folder: &Path) -> bool {
    folder.ancestors().all(|folder| fs::metadata(folder).is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0))
}

/// Copies what `make tools` installed to where everybody can read it.
fn copy_installation(binaries: &Path, home: &Path) -> Result<PathBuf> {
    let wheels = Path::new(tools::WHEELS).canonicalize().unwrap_or_default();
    let Ok(inside) = binaries.strip_prefix(&wheels) else {
        bail!("PostgreSQL refuses to run as root, and its binaries in {} are closed to others", binaries.display());
    };
    let copy = home.join(format!("postgres-installation-{}", std::process::id()));
    let status = Command::new("cp").arg("-R").arg(&wheels).arg(&copy).status()?;
    if !status.success() {
        bail!("cannot copy {} to {}", wheels.display(), copy.display());
    }
    Ok(copy.join(inside))
}
