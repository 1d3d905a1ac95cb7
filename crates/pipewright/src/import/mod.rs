//! `pipewright import`: reads an export and sends it, batch by batch, to a running server.
//!
//! The file is read twice: once to its end to find out whether it is sound, then to send it. Each row is
//! created, updated or recognised by the server, so an import that stopped half-way is simply run again.

mod client;
mod csv;
mod decode;
mod error;
mod summary;

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{Code, Coded};
use lead::domain::import::{ImportError, ImportKind, Mapping};
use platform::config::KEY_FILE;
use serde::{Deserialize, Serialize};

use client::Key;
pub use client::{Client, UserError};
use csv::{Checked, CsvFile, Row};
pub use error::CliError;
use summary::Rejection;
pub use summary::Summary;

/// Rows a request carries unless told otherwise: a transaction of some 20 ms.
const DEFAULT_BATCH: u16 = 500;

/// Import leads or accounts from a CSV export
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done (rejected rows are listed), 1 the server failed, 2 the command line or the \
                        file is at fault, 3 the server cannot be reached, 4 the key is refused"
)]
pub struct ImportArgs {
    /// What the rows are
    #[arg(value_enum)]
    what: What,
    /// The export: CSV with `,`, `;` or tab, from HubSpot, Salesforce or a spreadsheet
    file: PathBuf,
    /// Address of the server
    #[arg(long, default_value = "http://127.0.0.1:4000", value_name = "URL")]
    url: String,
    /// API key; without one, the admin key in the data directory is used
    #[arg(long, env = "PIPEWRIGHT_KEY", hide_env_values = true)]
    key: Option<Key>,
    /// Show what would happen and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
    /// Encoding of a file without a byte order mark, such as windows-1252 [default: utf-8]
    #[arg(long, value_name = "LABEL")]
    encoding: Option<String>,
    /// Rows per request
    #[arg(long, default_value_t = DEFAULT_BATCH, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=5000))]
    batch: u16,
}

impl ImportArgs {
    /// `file` into the server at `url`, as if typed.
    pub fn new(what: What, file: PathBuf, url: &str, key: &str) -> Self {
        let Ok(key) = key.parse();
        Self {
            what,
            file,
            url: url.to_owned(),
            key: Some(key),
            dry_run: false,
            json: false,
            encoding: None,
            batch: DEFAULT_BATCH,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    Leads,
    Accounts,
}

/// Imports the file and prints a summary: to standard output when all went well, to standard error when the
/// import stopped half-way. Rejected rows are no error; see [`CliError`] for the exit codes.
pub async fn run(args: ImportArgs, data_dir: &Path) -> Result<(), CliError> {
    let mut summary = Summary::default();
    let done = send_file(&args, data_dir, &mut summary).await;
    let title = match (&done, args.dry_run) {
        (Err(_), _) => "Stopped. Until then:",
        (Ok(()), true) => "Dry run, nothing was written:",
        (Ok(()), false) => "Imported:",
    };
    let printed = match &done {
        Ok(()) if args.json => summary.write_json(&mut io::stdout().lock()),
        Ok(()) => summary.write_text(title, &mut io::stdout().lock()),
        Err(_) if summary.rows > 0 => summary.write_text(title, &mut io::stderr().lock()),
        Err(_) => Ok(()),
    };
    done?;
    match printed {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|error| CliError::internal(format!("the summary cannot be written: {error}"))),
    }
}

/// Fills `summary` as it goes, so that it stands when the import stops.
pub async fn send_file(args: &ImportArgs, data_dir: &Path, summary: &mut Summary) -> Result<(), CliError> {
    let encoding = args.encoding.as_deref();
    let checked = csv::check(&args.file, encoding)?;
    check_headers(&checked, args.what)?;
    let client = Client::new(&args.url, find_key(args, data_dir)?)?;
    let progress = progress(checked.rows);
    let mut file = CsvFile::open(&args.file, encoding)?;
    let mut sender =
        Sender { client, what: args.what, headers: checked.headers, dry_run: args.dry_run, created: HashSet::new() };
    while let Some(batch) = next_batch(&mut file, args.batch)? {
        let sent = batch.len() as u64;
        sender.send(batch, summary).await.map_err(|error| {
            progress.abandon();
            let unfinished = !args.dry_run && (error.exit_code() == 3 || summary.rows > 0);
            if unfinished {
                error.context("the import can simply be run again: rows that arrived are recognised")
            } else {
                error
            }
        })?;
        progress.inc(sent);
    }
    progress.finish_and_clear();
    Ok(())
}

/// Refuses a file without the columns that the server will ask for, before anything is sent.
fn check_headers(checked: &Checked, what: What) -> Result<(), CliError> {
    match Mapping::detect(&checked.headers, what.into()) {
        Ok(_) => Ok(()),
        // One column of nothing known is a text of another kind.
        Err(ImportError::MissingColumn { .. }) if checked.headers.len() == 1 => {
            Err(CliError::usage(Code::NotCsv, "the file is not delimited text: its first line names no column"))
        }
        Err(error) => Err(CliError::usage(error.code(), error.to_string())),
    }
}

fn find_key(args: &ImportArgs, data_dir: &Path) -> Result<Key, CliError> {
    if let Some(key) = args.key.as_ref().filter(|key| !key.as_str().is_empty()) {
        return Ok(key.clone());
    }
    let path = data_dir.join(KEY_FILE);
    let missing = |error: io::Error| {
        let message =
            format!("no key: give --key, set PIPEWRIGHT_KEY, or name a --data-dir ({}: {error})", path.display());
        CliError::refused(Code::Unauthenticated, message)
    };
    let text = std::fs::read_to_string(&path).map_err(missing)?;
    let Ok(key) = text.parse();
    Ok(key)
}

/// Invisible where standard error is no terminal.
fn progress(rows: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} rows, {eta} left");
    ProgressBar::new(rows).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Few enough rows for `--batch`, and few enough bytes for the server's limit on a request.
fn next_batch(file: &mut CsvFile, rows: u16) -> Result<Option<Vec<Row>>, CliError> {
    const BYTES: usize = 512 * 1024;
    let mut batch = Vec::new();
    let mut bytes = 0;
    while batch.len() < usize::from(rows) && bytes < BYTES {
        let Some(row) = file.next_row()? else { break };
        bytes += row.cells.iter().map(|cell| cell.len() + 3).sum::<usize>();
        batch.push(row);
    }
    Ok(Some(batch).filter(|batch| !batch.is_empty()))
}

/// How often a stretch is sent again after a conflict.
const RETRIES: u32 = 3;

struct Sender {
    client: Client,
    what: What,
    headers: Vec<String>,
    dry_run: bool,
    /// In a dry run the server forgets each batch: which rows repeat an earlier one is known here.
    created: HashSet<String>,
}

impl Sender {
    async fn send(&mut self, batch: Vec<Row>, summary: &mut Summary) -> Result<(), CliError> {
        let sent: HashSet<u32> = batch.iter().map(|row| row.number).collect();
        let rows = batch.into_iter().map(|row| ImportRow { row: row.number, cells: row.cells }).collect();
        let input = ImportRowsInput { headers: &self.headers, rows, dry_run: self.dry_run };
        let payload = self.decide(&Variables { input }).await?;
        let outcomes = payload.outcomes.iter().map(|outcome| outcome.row);
        let told: HashSet<u32> = outcomes.chain(payload.rejected.iter().map(|rejection| rejection.row)).collect();
        if told != sent {
            return Err(CliError::internal("the server did not account for every row"));
        }
        for row in payload.outcomes {
            let repeats = self.dry_run
                && row.outcome == Outcome::Created
                && row.match_key.is_some_and(|key| !self.created.insert(key));
            summary.count(if repeats { Outcome::Duplicate } else { row.outcome });
        }
        summary.reject(payload.rejected);
        Ok(())
    }

    /// Two imports at once can get in each other's way: sent again, the server decides the stretch anew.
    async fn decide(&self, variables: &Variables<'_>) -> Result<ImportPayload, CliError> {
        let mut conflicts = 0;
        loop {
            match self.ask(variables).await {
                Err(error) if error.code == Code::Conflict.as_str() && conflicts < RETRIES => conflicts += 1,
                payload => return payload,
            }
        }
    }

    async fn ask(&self, variables: &Variables<'_>) -> Result<ImportPayload, CliError> {
        let data: ImportData = self.client.execute(self.what.mutation(), variables).await?;
        let mut payload = data.payload;
        match payload.errors.pop() {
            Some(error) => Err(error.into()),
            None => Ok(payload),
        }
    }
}

#[derive(Serialize)]
struct Variables<'a> {
    input: ImportRowsInput<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportRowsInput<'a> {
    headers: &'a [String],
    rows: Vec<ImportRow>,
    dry_run: bool,
}

#[derive(Serialize)]
struct ImportRow {
    row: u32,
    cells: Vec<String>,
}

#[derive(Deserialize)]
struct ImportData {
    #[serde(alias = "importLeads", alias = "importAccounts")]
    payload: ImportPayload,
}

#[derive(Deserialize)]
struct ImportPayload {
    outcomes: Vec<RowOutcome>,
    rejected: Vec<Rejection>,
    errors: Vec<UserError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RowOutcome {
    row: u32,
    outcome: Outcome,
    match_key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Outcome {
    Created,
    Updated,
    Duplicate,
}

impl What {
    fn mutation(self) -> &'static str {
        match self {
            Self::Leads => {
                "mutation ImportLeads($input: ImportRowsInput!) {
                    importLeads(input: $input) {
                        outcomes { row outcome matchKey } rejected { row field code message } errors { code message field }
                    }
                }"
            }
            Self::Accounts => {
                "mutation ImportAccounts($input: ImportRowsInput!) {
                    importAccounts(input: $input) {
                        outcomes { row outcome matchKey } rejected { row field code message } errors { code message field }
                    }
                }"
            }
        }
    }
}

impl From<What> for ImportKind {
    fn from(what: What) -> Self {
        match what {
            What::Leads => Self::Leads,
            What::Accounts => Self::Accounts,
        }
    }
}

#[cfg(test)]
mod tests;
