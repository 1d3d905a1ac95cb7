//! Where test servers live, and how they come to an end.
//!
//! A server must outlive the test that starts it when the run shares it, and must not outlive the run, however
//! that ends: by itself, by a panic or by `kill -9`. So a small guardian process watches the owner.

use std::{
    fs::{self, File, Permissions},
    io::ErrorKind,
    os::unix::{fs::PermissionsExt, process::CommandExt, process::parent_id},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};

/// A temporary directory of servers: when the process it belongs to ends, they are stopped and it is removed.
pub(crate) struct Home {
    path: PathBuf,
    guardian: Option<Child>,
}

impl Home {
    /// Belongs to this process, and goes when it is dropped.
    pub(crate) fn private() -> Result<Self> {
        let path = tempfile::Builder::new().prefix("pipewright-test-").tempdir()?.keep();
        Self::guarded(path, std::process::id())
    }

    /// Belongs to the test runner `run`, which started this process; shared by all the processes of the run.
    fn of_run(run: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("pipewright-test-{run}"));
        match fs::create_dir(&path) {
            Ok(()) => Self::guarded(path, parent_id()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Self { path, guardian: None }),
            Err(error) => Err(error).with_context(|| format!("cannot create {}", path.display())),
        }
    }

    fn guarded(path: PathBuf, owner: u32) -> Result<Self> {
        // A server that runs as another user has to get through to its own folder.
        fs::set_permissions(&path, Permissions::from_mode(0o755))?;
        let guardian = Command::new("sh")
            .args(["-c", include_str!("guardian.sh"), "guardian", &owner.to_string()])
            .arg(&path)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0) // out of reach of ctrl-c, which ends the owner
            .spawn()
            .context("cannot start the shell that guards the test servers")?;
        Ok(Self { path, guardian: Some(guardian) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let Some(mut guardian) = self.guardian.take() else { return };
        let _ = guardian.kill();
        let _ = guardian.wait();
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Starts a server at its first use in the test run and gives its URL; the later callers of the run, in this
/// process or another, get the same.
///
/// cargo-nextest runs every test in a process of its own, and says which run it belongs to. Without it
/// (`cargo test`) a run is one process, and the caller keeps the URL.
pub(crate) fn once_per_run(name: &str, start: impl FnOnce(Home) -> Result<String>) -> Result<String> {
    let Some(run) = env("NEXTEST_RUN_ID") else { return start(Home::private()?) };
    let home = Home::of_run(&run)?;
    let lock = File::create(home.path().join(format!("{name}.lock")))?;
    lock.lock()?;
    let url_file = home.path().join(format!("{name}.url"));
    if let Ok(url) = fs::read_to_string(&url_file) {
        return Ok(url);
    }
    let url = start(home)?;
    fs::write(url_file, &url)?;
    Ok(url)
}

#[expect(clippy::disallowed_methods, reason = "settings of the test run, not of the product")]
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
