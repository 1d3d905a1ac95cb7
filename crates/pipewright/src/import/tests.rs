//! The command against a server that answers as the lead service does: the real row parser over a set of
//! match keys. The real service is met in the journeys.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use clap::Parser;
use lead::domain::{
    import::{parse_account_row, parse_lead_row},
    normalise::company_key,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::*;

/// The command line of the test.
#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: ImportArgs,
    #[arg(long, default_value = ".pipewright")]
    data_dir: PathBuf,
}

/// Stored fingerprints by match key, the sizes of the batches seen, and after how many the server dies.
#[derive(Default)]
struct Server {
    rows: Mutex<HashMap<String, String>>,
    batches: Mutex<Vec<usize>>,
    dies_after: Option<usize>,
    /// How many requests are answered with `CONFLICT` first.
    conflicts: usize,
}

impl Server {
    async fn start(self) -> (String, Arc<Self>, JoinSet<()>) {
        let server = Arc::new(self);
        let router = Router::new().route("/graphql", post(answer)).with_state(server.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut running = JoinSet::new();
        running.spawn(async move {
            axum::serve(listener, router.layer(axum::extract::DefaultBodyLimit::max(4 << 20))).await.unwrap();
        });
        (url, server, running)
    }
}

async fn answer(State(server): State<Arc<Server>>, Json(request): Json<Value>) -> (StatusCode, String) {
    let input = &request["variables"]["input"];
    let rows = input["rows"].as_array().unwrap();
    let batches = {
        let mut batches = server.batches.lock().unwrap();
        batches.push(rows.len());
        batches.len()
    };
    if server.dies_after.is_some_and(|limit| batches > limit) {
        return (StatusCode::BAD_GATEWAY, String::new());
    }
    if batches <= server.conflicts {
        let errors = json!([{ "code": "CONFLICT", "message": "changed meanwhile", "field": null }]);
        let payload = json!({ "outcomes": [], "rejected": [], "errors": errors });
        return (StatusCode::OK, json!({ "data": { "importLeads": payload } }).to_string());
    }
    let headers: Vec<String> = serde_json::from_value(input["headers"].clone()).unwrap();
    let leads = request["query"].as_str().unwrap().contains("importLeads");
    let mapping = Mapping::detect(&headers, if leads { ImportKind::Leads } else { ImportKind::Accounts }).unwrap();
    let mut known = server.rows.lock().unwrap();
    let mut stored = known.clone();
    let (mut outcomes, mut rejected) = (Vec::new(), Vec::new());
    for row in rows {
        let number = u32::try_from(row["row"].as_u64().unwrap()).unwrap();
        let cells: Vec<String> = serde_json::from_value(row["cells"].clone()).unwrap();
        let parsed = if leads {
            parse_lead_row(&mapping, number, &cells).map(|lead| (lead.email.into_string(), lead.fingerprint))
        } else {
            parse_account_row(&mapping, number, &cells).map(|account| (company_key(&account.name), account.fingerprint))
        };
        match parsed {
            Ok((key, fingerprint)) => {
                let outcome = if stored.contains_key(&key) { "DUPLICATE" } else { "CREATED" };
                stored.entry(key.clone()).or_insert(fingerprint);
                outcomes.push(json!({ "row": number, "outcome": outcome, "matchKey": key }));
            }
            Err(errors) => rejected.extend(errors.into_iter().map(|error| {
                json!({ "row": error.row, "field": error.field, "code": error.code.as_str(), "message": error.message })
            })),
        }
    }
    if input["dryRun"] == json!(false) {
        *known = stored;
    }
    let payload = json!({ "outcomes": outcomes, "rejected": rejected, "errors": [] });
    let name = if leads { "importLeads" } else { "importAccounts" };
    (StatusCode::OK, json!({ "data": { name: payload } }).to_string())
}

fn seed(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seed").join(name).to_str().unwrap().to_owned()
}

fn parse(line: &[&str]) -> Cli {
    Cli::try_parse_from([&["import"], line].concat()).unwrap()
}

async fn run_line(line: &[&str]) -> (Summary, Result<(), CliError>) {
    let mut summary = Summary::default();
    let Cli { args, data_dir } = parse(line);
    let done = send_file(&args, &data_dir, &mut summary).await;
    (summary, done)
}

fn counts(summary: &Summary) -> [u64; 5] {
    let Summary { rows, created, updated, duplicates, rejected } = summary;
    [*rows, *created, *updated, *duplicates, rejected.len() as u64]
}

#[tokio::test]
async fn the_sample_leads_give_their_known_totals_and_a_second_import_only_duplicates() {
    let (url, server, _running) = Server::default().start().await;
    let file = seed("leads-hubspot.csv");
    let line = ["leads", &file, "--url", &url, "--key", "k"];
    let (first, done) = run_line(&line).await;
    assert_eq!((counts(&first), done), ([1000, 887, 0, 90, 23], Ok(())));
    assert_eq!(*server.batches.lock().unwrap(), [500, 500]);
    let (second, _) = run_line(&line).await;
    assert_eq!(counts(&second), [1000, 0, 0, 977, 23]);
    assert_eq!(first.rejected, second.rejected);
}

#[tokio::test]
async fn a_dry_run_counts_the_same_and_stores_nothing() {
    let (url, server, _running) = Server::default().start().await;
    let file = seed("leads-hubspot.csv");
    let (summary, done) = run_line(&["leads", &file, "--url", &url, "--key", "k", "--dry-run", "--batch", "100"]).await;
    assert_eq!((counts(&summary), done), ([1000, 887, 0, 90, 23], Ok(())));
    assert!(server.rows.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_sample_accounts_are_companies_with_few_share_classes() {
    let (url, _server, _running) = Server::default().start().await;
    let (summary, done) = run_line(&["accounts", &seed("accounts-sp500.csv"), "--url", &url, "--key", "k"]).await;
    assert_eq!((counts(&summary), done), ([503, 500, 0, 3, 0], Ok(())));
}

#[tokio::test]
async fn an_import_that_is_cut_off_says_what_stands_and_that_it_can_be_run_again() {
    let (url, _server, _running) = Server { dies_after: Some(2), ..Server::default() }.start().await;
    let file = seed("leads-hubspot.csv");
    let (summary, done) = run_line(&["leads", &file, "--url", &url, "--key", "k", "--batch", "100"]).await;
    let error = done.unwrap_err();
    assert_eq!((summary.rows, error.exit_code()), (200, 3));
    assert!(error.message.contains("can simply be run again"), "{error}");
}

#[tokio::test]
async fn a_stretch_that_meets_another_import_is_sent_again_up_to_three_times() {
    let file = seed("leads-hubspot.csv");
    for (conflicts, sent, code) in [(3, 5, None), (4, 4, Some("CONFLICT"))] {
        let (url, server, _running) = Server { conflicts, ..Server::default() }.start().await;
        let (summary, done) = run_line(&["leads", &file, "--url", &url, "--key", "k"]).await;
        assert_eq!(done.err().map(|error| error.code.into_owned()).as_deref(), code);
        assert_eq!(server.batches.lock().unwrap().len(), sent);
        assert_eq!(summary.created, if code.is_none() { 887 } else { 0 });
    }
}

#[tokio::test]
async fn nothing_is_sent_of_a_file_that_is_broken_in_its_middle() {
    let (url, server, _running) = Server::default().start().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("export.csv");
    let mut content = b"Email,Name\n".to_vec();
    for row in 0..2000 {
        content.extend_from_slice(format!("p{row}@x.example,P\n").as_bytes());
    }
    content.extend_from_slice(b"j@x.example,J\xfcrgen\n");
    std::fs::write(&path, content).unwrap();
    let line = ["leads", path.to_str().unwrap(), "--url", &url, "--key", "k"];
    let (_, done) = run_line(&line).await;
    assert_eq!(done.unwrap_err().code, "INVALID_ENCODING");
    assert!(server.batches.lock().unwrap().is_empty());
    let (summary, done) = run_line(&[&line[..], &["--encoding", "windows-1252"]].concat()).await;
    assert_eq!((summary.created, done), (2001, Ok(())));
}

#[tokio::test]
async fn a_file_without_the_needed_column_is_refused_before_the_server_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("export.csv");
    for (content, code) in
        [("First Name,Last Name\nAda,L\n", "UNKNOWN_COLUMN"), ("just a text\nwith lines\n", "NOT_CSV")]
    {
        std::fs::write(&path, content).unwrap();
        let (_, done) = run_line(&["leads", path.to_str().unwrap(), "--key", "k", "--url", "http://127.0.0.1:1"]).await;
        let error = done.unwrap_err();
        assert_eq!((error.code.as_ref(), error.exit_code()), (code, 2), "{error}");
    }
}

#[tokio::test]
async fn without_a_key_the_admin_key_of_the_data_directory_is_used() {
    let (url, _server, _running) = Server::default().start().await;
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let file = seed("accounts-sp500.csv");
    let line = ["accounts", &file, "--url", &url, "--data-dir", data, "--key", ""];
    let error = run_line(&line).await.1.unwrap_err();
    assert_eq!((error.code.as_ref(), error.exit_code()), ("UNAUTHENTICATED", 4));
    std::fs::write(directory.path().join("admin.key"), "pk_admin\n").unwrap();
    let Cli { args, data_dir } = parse(&line);
    assert_eq!(find_key(&args, &data_dir).unwrap().as_str(), "pk_admin");
    assert_eq!(run_line(&line).await.1, Ok(()));
}

#[tokio::test]
async fn large_rows_make_small_batches() {
    let (url, server, _running) = Server::default().start().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("export.csv");
    let filler = "x".repeat(300_000);
    let rows: String = (0..4).map(|row| format!("p{row}@x.example,{filler}\n")).collect();
    std::fs::write(&path, format!("Email,Unmapped\n{rows}")).unwrap();
    let (summary, done) = run_line(&["leads", path.to_str().unwrap(), "--url", &url, "--key", "k"]).await;
    assert_eq!((summary.created, done), (4, Ok(())));
    assert_eq!(*server.batches.lock().unwrap(), [2, 2]);
}

#[test]
fn the_json_summary_has_the_documented_shape() {
    let mut summary = Summary::default();
    summary.count(Outcome::Created);
    summary.count(Outcome::Duplicate);
    let rejection = |row, field: &str| Rejection {
        row,
        field: Some(field.to_owned()),
        code: "TOO_LONG".to_owned(),
        message: "longer than 500 characters".to_owned(),
    };
    summary.reject(vec![rejection(3, "title"), rejection(3, "company")]);
    let mut json = Vec::new();
    summary.write_json(&mut json).unwrap();
    let expected = json!({
        "rows": 3, "created": 1, "updated": 0, "duplicates": 1,
        "rejected": [
            { "row": 3, "field": "title", "code": "TOO_LONG", "message": "longer than 500 characters" },
            { "row": 3, "field": "company", "code": "TOO_LONG", "message": "longer than 500 characters" },
        ],
    });
    assert_eq!(serde_json::from_slice::<Value>(&json).unwrap(), expected);
    let mut text = Vec::new();
    summary.write_text("Imported:", &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("        1 rejected\n        3 rows\nrow 3, title: longer"), "{text}");
}
