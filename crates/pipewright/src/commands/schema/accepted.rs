//! Breaking changes made on purpose, each with the reason.

use std::{collections::BTreeMap, fs, io, path::Path};

use anyhow::{Context, ensure};
use figment::{
    Figment,
    providers::{Format as _, Toml},
};
use serde::Deserialize;

pub const FILE: &str = "accepted-changes.toml";

/// The file when nothing is accepted.
pub const NONE: &str = "\
# Breaking changes of the API that were made on purpose since schema/published was written. `schema check` names each
# change by an id; one that is listed here does not fail it. `schema publish` empties this file.
#
# [[change]]
# id = \"FIELD_REMOVED Lead.company\"
# reason = \"why, and what clients do instead\"
";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    #[serde(default)]
    change: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    id: String,
    reason: String,
}

/// Reason by the id of the change. A folder without the file accepts nothing.
pub fn read(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let accepted: Accepted =
        Figment::from(Toml::string(&text)).extract().with_context(|| format!("{} is malformed", path.display()))?;
    for change in &accepted.change {
        ensure!(!change.reason.trim().is_empty(), "{} gives no reason for {}", path.display(), change.id);
    }
    Ok(accepted.change.into_iter().map(|change| (change.id, change.reason)).collect())
}
