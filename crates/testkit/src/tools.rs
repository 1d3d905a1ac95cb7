//! Finds the servers' binaries: those of `make tools` first, then the machine's own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::home::env;

/// What `make tools` installed, in the root of the repository.
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/bin");
/// Where those lie; `.tools/bin` has links to them.
pub(crate) const WHEELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/wheels");
/// Debian keeps the server's binaries off the path.
const DEBIAN_POSTGRES: &str = "/usr/lib/postgresql";

/// A binary and its version as (major, minor).
pub(crate) struct Tool {
    pub(crate) path: PathBuf,
    pub(crate) version: (u32, u32),
}

/// The first `name` that is at least `required`.
pub(crate) fn find(name: &str, required: (u32, u32)) -> Result<Tool> {
    let mut too_old = String::new();
    for path in candidates(name) {
        let tool = Tool { version: version(&path)?, path };
        if tool.version >= required {
            return Ok(tool);
        }
        let (major, minor) = tool.version;
        too_old += &format!(" ({major}.{minor} at {} is too old)", tool.path.display());
    }
    let (major, minor) = required;
    bail!("no `{name}` {major}.{minor} or newer in .tools/bin or on the PATH{too_old}: run `make tools`");
}

/// Existing files called `name`, with symbolic links resolved: PostgreSQL's programs look for each other and
/// for their library beside the real file.
fn candidates(name: &str) -> impl Iterator<Item = PathBuf> {
    let path = env("PATH").unwrap_or_default();
    let mut folders = vec![PathBuf::from(TOOLS)];
    folders.extend(std::env::split_paths(&path));
    let mut debian: Vec<_> =
        fs::read_dir(DEBIAN_POSTGRES).into_iter().flatten().flatten().map(|entry| entry.path().join("bin")).collect();
    debian.sort();
    folders.extend(debian.into_iter().rev());
    folders.into_iter().filter_map(move |folder| folder.join(name).canonicalize().ok()).filter(|path| path.is_file())
}

/// Reads the version off `--version`, as in `nats-server: v2.15.1` or `postgres (PostgreSQL) 15.18 (Debian …)`.
fn version(binary: &Path) -> Result<(u32, u32)> {
    let output = Command::new(binary)
        .arg("--version")
        .output()
        .with_context(|| format!("cannot run {}; if it is broken, run `make tools` again", binary.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse_version(&text).with_context(|| format!("{} --version says {text:?}", binary.display()))
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    text.split_whitespace().find_map(|word| {
        let mut parts = word.trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
        let major = parts.next()?.parse().ok()?;
        Some((major, parts.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_servers_print_them() {
        for (text, expected) in [
            ("nats-server: v2.15.1\n", (2, 15)),
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", (15, 18)),
            ("postgres (PostgreSQL) 18beta1\n", (18, 0)),
        ] {
            assert_eq!(parse_version(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_missing_tool_says_how_to_get_it() {
        let error = find("no-such-server", (1, 2)).err().expect("nobody has this").to_string();
        assert!(error.contains("`no-such-server` 1.2") && error.contains("make tools"), "{error}");
    }

    #[test]
    fn a_tool_that_is_too_old_is_refused_by_name() {
        let error = find("cargo", (9_999, 0)).err().expect("not in this millennium").to_string();
        assert!(error.contains("too old") && error.contains("cargo"), "{error}");
    }
}
