//! One server process: started on a free port, waited for, killed, started again on the same data and port.

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::home::Home;

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(5);
const ATTEMPTS: u32 = 20;

/// What is particular to a kind of server.
pub(crate) trait Program {
    const NAME: &'static str;
    /// The signal on which it stops at once but cleanly.
    const STOP_SIGNAL: &'static str;
    /// Makes the data directory; called once, in the empty `folder`.
    fn prepare(&mut self, home: &Path, folder: &Path) -> Result<()>;
    fn command(&self, folder: &Path, port: u16) -> Command;
    /// Whether the process `pid` accepts clients now. An error ends the wait.
    fn is_ready(&self, folder: &Path, port: u16, pid: u32) -> Result<bool>;
}

/// A server and its data, both gone when it is dropped.
pub(crate) struct Server<P: Program> {
    program: P,
    folder: PathBuf,
    port: u16,
    process: Option<Child>,
    _home: Home,
}

impl<P: Program> Server<P> {
    pub(crate) fn start(mut program: P, home: Home) -> Result<Self> {
        // The starter's pid keeps it apart from the leavings of a test that was killed while it started one.
        let folder = home.path().join(format!("{}-{}", P::NAME, std::process::id()));
        fs::create_dir(&folder)?;
        program.prepare(home.path(), &folder)?;
        let mut server = Self { program, folder, port: 0, process: None, _home: home };
        server.attempt(|server| {
            // Somebody may take the port before the server does, hence the attempts.
            server.port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
            server.run()
        })?;
        Ok(server)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// `kill -9`: no farewell to clients, no flush.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts again on the same data and port, after killing it if it still runs.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.kill();
        // PostgreSQL refuses while the children of a killed postmaster have not all noticed its end.
        self.attempt(Self::run)
    }

    fn attempt(&mut self, mut run: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        let mut attempt = 1;
        loop {
            match run(self) {
                Ok(()) => return Ok(()),
                Err(_) if attempt < ATTEMPTS => thread::sleep(Duration::from_millis(100)),
                Err(error) => return Err(error),
            }
            self.kill();
            attempt += 1;
        }
    }

    fn run(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log_file())?;
        let process = self
            .program
            .command(&self.folder, self.port)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", P::NAME))?;
        let pid = process.id();
        let process = self.process.insert(process);
        // For the guardian.
        fs::write(self.folder.join("server.pid"), format!("{} {pid}\n", P::STOP_SIGNAL))?;

        let since = Instant::now();
        loop {
            if let Some(status) = process.try_wait()? {
                bail!("{} ended at its start, {status}: {}", P::NAME, tail(&self.log_file()));
            }
            if self.program.is_ready(&self.folder, self.port, pid)? {
                return Ok(());
            }
            if since.elapsed() > START_LIMIT {
                bail!("{} is not ready after {START_LIMIT:?}: {}", P::NAME, tail(&self.log_file()));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("server.log")
    }
}

impl<P: Program> Drop for Server<P> {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else { return };
        signal(process.id(), P::STOP_SIGNAL);
        let since = Instant::now();
        while since.elapsed() < STOP_LIMIT && matches!(process.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(5));
        }
        self.kill();
    }
}

/// Through the shell's `kill`: the standard library only knows SIGKILL, and a system call would be unsafe code.
fn signal(pid: u32, signal: &str) {
    let _ = Command::new("sh").args(["-c", "kill \"-$1\" \"$2\"", "signal", signal, &pid.to_string()]).status();
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
