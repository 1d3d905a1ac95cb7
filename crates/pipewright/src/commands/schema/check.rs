//! `pipewright schema check`: is what is checked in up to date, can every field be planned, and what does a client
//! of the published schema have to fear?

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::Args;
use gateway::{Supergraph, check_satisfiability};
use schema_diff::{Change, Severity, compare, compare_subgraph};
use serde::Serialize;

use super::{API, PUBLISHED, SUPERGRAPH, accepted, api_sdl, generate, is_golden, is_promise};

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Where `export` writes
    #[arg(default_value = "schema")]
    folder: PathBuf,
    /// Compare with this schema: a folder of them, a supergraph, a service's schema (under its name) or an API schema
    /// [default: FOLDER/published]
    #[arg(long, value_name = "PATH")]
    against: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// List breaking changes, but do not fail because of them
    #[arg(long)]
    allow_breaking: bool,
}

#[derive(Serialize)]
struct Report {
    /// What was compared with.
    against: String,
    changes: Vec<Line>,
    /// What is checked in and not what the code gives, or accepted and not done.
    stale: Vec<String>,
    unplannable: Vec<Unplannable>,
}

#[derive(Serialize)]
struct Line {
    /// `api`, or a service.
    schema: String,
    severity: Severity,
    id: String,
    coordinate: String,
    message: String,
    /// Why it was made, if it is an accepted breaking change.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<String>,
}

#[derive(Serialize)]
struct Unplannable {
    coordinate: String,
    problem: String,
}

#[expect(clippy::needless_pass_by_value, reason = "a command takes its arguments")]
pub fn check(args: CheckArgs) -> anyhow::Result<()> {
    let files = generate()?;
    let published = args.folder.join(PUBLISHED);
    let by_default = if published.is_dir() { published } else { args.folder.clone() };
    let against = args.against.as_ref().unwrap_or(&by_default);
    let accepted = accepted::read(&args.folder)?;
    let changes = lines(&differences(against, &files)?, &accepted);
    let mut stale = stale(&args.folder, &files)?;
    if args.against.is_none() {
        stale.extend(undone(&changes, &accepted));
    }
    let unplannable = check_satisfiability(&Supergraph::parse(&files[Path::new(SUPERGRAPH)])?);
    let unplannable = unplannable
        .into_iter()
        .map(|field| Unplannable { coordinate: field.coordinate, problem: field.problem })
        .collect();
    let report = Report { against: against.display().to_string(), changes, stale, unplannable };
    report.print(args.json)?;
    report.verdict(args.allow_breaking)
}

/// The files that are not what the code gives.
fn stale(folder: &Path, files: &BTreeMap<PathBuf, String>) -> anyhow::Result<Vec<String>> {
    let mut stale = Vec::new();
    for (path, text) in files {
        match read(&folder.join(path))? {
            Some(found) if found == *text || is_golden(path) => {}
            Some(_) => stale.push(format!("{} differs from what the code gives", path.display())),
            None => stale.push(format!("{} is missing", path.display())),
        }
    }
    Ok(stale)
}

/// Accepted changes that nobody has made: the file would grow stale.
fn undone(changes: &[Line], accepted: &BTreeMap<String, String>) -> Vec<String> {
    let made: BTreeSet<&String> =
        changes.iter().filter(|line| line.severity == Severity::Breaking).map(|line| &line.id).collect();
    let undone = accepted.keys().filter(|id| !made.contains(id));
    undone.map(|id| format!("{} accepts {id}, which is no breaking change", accepted::FILE)).collect()
}

/// The changes of each schema, the API first.
fn differences(against: &Path, files: &BTreeMap<PathBuf, String>) -> anyhow::Result<Vec<(String, Vec<Change>)>> {
    ensure!(against.exists(), "there is no {}", against.display());
    if against.is_file() {
        let old = read(against)?.unwrap_or_default();
        let name = against.file_name().map(PathBuf::from).unwrap_or_default();
        let subgraph = files.get(&name).filter(|_| is_promise(&name) && name != Path::new(API));
        return match subgraph {
            Some(new) => Ok(vec![(service(&name), compare(&old, new)?)]),
            None => Ok(vec![("api".to_owned(), compare(&api(old)?, &files[Path::new(API)])?)]),
        };
    }
    let old = match read(&against.join(API))? {
        Some(old) => old,
        None => read(&against.join(SUPERGRAPH))?
            .with_context(|| format!("{} holds neither {API} nor {SUPERGRAPH}", against.display()))?,
    };
    let seen = compare(&api(old)?, &files[Path::new(API)])?;
    let mut all = Vec::new();
    for (path, new) in files.iter().filter(|(path, _)| is_promise(path) && *path != Path::new(API)) {
        // A service that is new has promised nothing yet.
        if let Some(old) = read(&against.join(path))? {
            all.push((service(path), compare_subgraph(&old, new, &seen)?));
        }
    }
    all.insert(0, ("api".to_owned(), seen));
    Ok(all)
}

/// The API schema of what may be a supergraph.
fn api(sdl: String) -> anyhow::Result<String> {
    if sdl.contains("enum join__Graph") { api_sdl(&sdl) } else { Ok(sdl) }
}

fn service(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn lines(differences: &[(String, Vec<Change>)], accepted: &BTreeMap<String, String>) -> Vec<Line> {
    let line = |schema: &String, change: &Change| Line {
        schema: schema.clone(),
        severity: change.severity,
        id: change.id(),
        coordinate: change.coordinate.clone(),
        message: change.message(),
        accepted: accepted.get(&change.id()).filter(|_| change.severity == Severity::Breaking).cloned(),
    };
    differences.iter().flat_map(|(schema, changes)| changes.iter().map(move |change| line(schema, change))).collect()
}

impl Report {
    #[expect(clippy::print_stdout, reason = "the command's output")]
    fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            println!("{}", serde_json::to_string_pretty(self)?);
            return Ok(());
        }
        println!("compared with {}:", self.against);
        let mut schema = "";
        for line in &self.changes {
            if line.schema != schema {
                schema = &line.schema;
                println!("\n{}", if schema == "api" { "the API".to_owned() } else { format!("service {schema}") });
            }
            println!("  {:<9}  {}", line.severity, line.message);
            match (&line.accepted, line.severity) {
                (Some(reason), _) => println!("             accepted: {reason}"),
                (None, Severity::Breaking) => println!("             id: {}", line.id),
                _ => {}
            }
        }
        let count = |severity| self.changes.iter().filter(|line| line.severity == severity).count();
        let [breaking, dangerous, safe] = [Severity::Breaking, Severity::Dangerous, Severity::Safe].map(count);
        println!("{breaking} breaking, {dangerous} dangerous, {safe} safe");
        if self.unplannable.is_empty() {
            println!("every field can be planned");
        }
        Ok(())
    }

    fn verdict(&self, allow_breaking: bool) -> anyhow::Result<()> {
        let mut problems = Vec::new();
        let breaking = self
            .changes
            .iter()
            .filter(|line| line.severity == Severity::Breaking && line.accepted.is_none())
            .map(|line| &line.message);
        let breaking: Vec<&String> = breaking.collect();
        if !breaking.is_empty() && !allow_breaking {
            problems.push(format!(
                "the API has {} that clients of the published schema do not survive; take it back, or list it in {} \
                 with the reason",
                if breaking.len() == 1 { "a change".to_owned() } else { format!("{} changes", breaking.len()) },
                accepted::FILE
            ));
        }
        problems.extend(
            self.unplannable.iter().map(|field| format!("{} cannot be planned: {}", field.coordinate, field.problem)),
        );
        if !self.stale.is_empty() {
            problems.extend(self.stale.iter().cloned());
            problems.push("run `pipewright schema export` and look at the difference".to_owned());
        }
        if problems.is_empty() {
            return Ok(());
        }
        bail!("{}", problems.join("\n"))
    }
}
