//! The operator's commands, as typed.

use std::process::{Command, Output};

use sqlx::Connection;
use tempfile::TempDir;

/// Runs the program in an empty folder of its own.
fn pipewright(folder: &TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipewright"));
    command.args(arguments).current_dir(folder.path()).envs(environment.iter().copied());
    command.output().unwrap()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn config_print_names_each_source_and_masks_secrets() {
    let environment =
        [("PIPEWRIGHT__IDENTITY__BOOTSTRAP_KEY", "pw_a_secret_nobody_may_see"), ("PIPEWRIGHT__LOG__LEVEL", "debug")];
    let output = pipewright(&folder(), &["config", "print", "--listen", "127.0.0.1:4321"], &environment);
    let text = out(&output);
    assert!(output.status.success(), "{}", err(&output));
    assert!(!text.contains("nobody_may_see"), "{text}");
    let line = |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
    assert!(line("log.level").ends_with("# PIPEWRIGHT__LOG__LEVEL"), "{text}");
    assert!(line("listen").contains("127.0.0.1:4321") && line("listen").ends_with("# --listen"), "{text}");
    assert!(line("data_dir").ends_with("# default"), "{text}");
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    let output = pipewright(&folder(), &["config", "print"], &[("PIPEWRIGHT__LOG__LEVLE", "debug")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("levle"), "{}", err(&output));
}

#[test]
fn an_unknown_service_is_refused_with_the_known_ones() {
    let output = pipewright(&folder(), &["run", "--only", "lead,leda"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("leda") && err(&output).contains("enrichment"), "{}", err(&output));
}

#[test]
fn a_part_of_the_platform_without_the_shared_secret_is_refused() {
    let output = pipewright(&folder(), &["run", "--only", "lead", "--listen", "127.0.0.1:0"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("PIPEWRIGHT__GATEWAY__ACTOR_SECRET"), "{}", err(&output));
}

#[test]
fn a_short_shared_secret_is_refused() {
    let secret = [("PIPEWRIGHT__GATEWAY__ACTOR_SECRET", "short")];
    let output = pipewright(&folder(), &["run", "--only", "lead", "--listen", "127.0.0.1:0"], &secret);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("32 characters"), "{}", err(&output));
}

#[test]
fn migrate_applies_once_and_doctor_then_finds_nothing_wrong() {
    let folder = folder();
    let first = pipewright(&folder, &["migrate"], &[]);
    assert!(first.status.success() && out(&first).contains("applied"), "{}{}", out(&first), err(&first));
    let again = pipewright(&folder, &["migrate"], &[]);
    assert!(out(&again).lines().all(|line| line.ends_with("up to date")), "{}", out(&again));
    let doctor = pipewright(&folder, &["doctor"], &[]);
    assert!(doctor.status.success() && !out(&doctor).contains("FAIL"), "{}", out(&doctor));
}

/// The chain itself, and every way to break it, is tested in identity; here is how an operator hears of it.
#[tokio::test]
async fn doctor_names_the_first_entry_of_the_audit_trail_that_does_not_hold() {
    let folder = folder();
    assert!(pipewright(&folder, &["migrate"], &[]).status.success());
    let file = folder.path().join(".pipewright/identity.db");
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    let forged = "insert into audit_entry (workspace_id, seq, event_id, at, actor, action, subject, data, previous_hash, hash) \
        values (x'00000000000000000000000000000000', 1, x'00000000000000000000000000000001', '2026-11-23T09:00:00+00:00', \
        'user', 'crm.identity.user.updated.v1', 'user', '{}', '0000000000000000000000000000000000000000000000000000000000000000', 'x')";
    // First away with what holds everybody else off.
    sqlx::query("drop trigger audit_entry_comes_at_the_end").execute(&pool).await.unwrap();
    sqlx::query(forged).execute(&pool).await.unwrap();
    pool.close().await;
    let doctor = pipewright(&folder, &["doctor"], &[]);
    assert_eq!(doctor.status.code(), Some(1));
    let text = out(&doctor);
    let line = text.lines().find(|line| line.contains("identity audit trail")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.starts_with("FAIL") && line.contains("entry 1 does not hold: it was changed"), "{line}");
}

/// How the fence is put up is tested in platform.
#[tokio::test]
async fn doctor_says_whether_postgresql_keeps_the_workspaces_apart() {
    let database = testkit::postgres_database().await;
    let db = platform::Db::connect(&database.url).await.unwrap();
    identity::SERVICE.migrations.apply(&db).await.unwrap();
    db.close().await;
    let doctor = || {
        let doctor = pipewright(&folder(), &["doctor"], &[("PIPEWRIGHT__DATABASE__URL", &database.url)]);
        let text = out(&doctor);
        text.lines().find(|line| line.contains("identity fence")).unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    assert!(doctor().starts_with("ok "), "{}", doctor());
    let mut conn = sqlx::PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql("alter table team disable row level security").execute(&mut conn).await.unwrap();
    assert!(doctor().starts_with("FAIL") && doctor().ends_with("none around team"), "{}", doctor());
}

#[test]
fn doctor_says_what_is_wrong_and_what_to_do() {
    let environment = [("PIPEWRIGHT__BUS__URL", "nats://127.0.0.1:9")];
    let doctor = pipewright(&folder(), &["doctor"], &environment);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(out(&doctor).contains("FAIL bus") && out(&doctor).contains("NATS 2.10"), "{}", out(&doctor));
}

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schema");

#[test]
fn the_checked_in_schema_is_what_the_code_says_and_breaks_no_client() {
    let output = pipewright(&folder(), &["schema", "check", SCHEMA], &[]);
    assert!(output.status.success(), "{}{}", out(&output), err(&output));
    assert!(out(&output).contains("0 breaking") && out(&output).contains("every field can be planned"));
}

/// A copy of the schema in which `Lead` had one more field when it was published.
fn schema_that_lost_a_field() -> TempDir {
    let folder = folder();
    let status = Command::new("cp").args(["-r", SCHEMA]).arg(folder.path()).status().unwrap();
    assert!(status.success());
    for file in ["api.graphql", "lead.graphql"] {
        let path = folder.path().join("schema/published").join(file);
        let mut text = std::fs::read_to_string(&path).unwrap();
        let lead = text.find("\ntype Lead ").unwrap();
        let fields = lead + text[lead..].find('{').unwrap() + 1;
        text.insert_str(fields, "\n  shoeSize: Int");
        std::fs::write(&path, text).unwrap();
    }
    folder
}

#[test]
fn schema_check_fails_on_a_breaking_change_and_says_it_once_in_words() {
    let folder = schema_that_lost_a_field();
    let output = pipewright(&folder, &["schema", "check"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let sentence = "breaking   field `Lead.shoeSize` was removed; clients that ask for it fail";
    assert_eq!(out(&output).matches(sentence).count(), 1, "{}", out(&output));
    assert!(err(&output).contains("accepted-changes.toml"), "{}", err(&output));

    let deliberate = pipewright(&folder, &["schema", "check", "--allow-breaking", "--json"], &[]);
    assert!(deliberate.status.success(), "{}", err(&deliberate));
    let report: serde_json::Value = serde_json::from_str(&out(&deliberate)).unwrap();
    let change = &report["changes"][0];
    assert_eq!(change["schema"], "api");
    assert_eq!(change["severity"], "breaking");
    assert_eq!(change["id"], "FIELD_REMOVED Lead.shoeSize");
    assert_eq!(report["stale"], serde_json::json!([]));
}

#[test]
fn an_accepted_change_passes_until_it_is_published_and_one_that_nobody_made_does_not() {
    let folder = schema_that_lost_a_field();
    let accepted = folder.path().join("schema/accepted-changes.toml");
    let accept = |id: &str| {
        std::fs::write(&accepted, format!("[[change]]\nid = \"{id}\"\nreason = \"nobody sells shoes\"\n")).unwrap();
    };
    accept("FIELD_REMOVED Lead.shoeSize");
    let passed = pipewright(&folder, &["schema", "check"], &[]);
    assert!(passed.status.success(), "{}", err(&passed));
    assert!(out(&passed).contains("accepted: nobody sells shoes"), "{}", out(&passed));

    accept("FIELD_REMOVED Lead.hatSize");
    let failed = pipewright(&folder, &["schema", "check"], &[]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        err(&failed).contains("accepts FIELD_REMOVED Lead.hatSize, which is no breaking change"),
        "{}",
        err(&failed)
    );

    accept("FIELD_REMOVED Lead.shoeSize");
    assert!(pipewright(&folder, &["schema", "publish"], &[]).status.success());
    let after = pipewright(&folder, &["schema", "check"], &[]);
    assert!(after.status.success() && out(&after).contains("0 breaking, 0 dangerous, 0 safe"), "{}", out(&after));
}

#[test]
fn schema_check_compares_with_one_file_and_finds_what_is_stale() {
    let folder = schema_that_lost_a_field();
    let lead = pipewright(&folder, &["schema", "check", "--against", "schema/published/lead.graphql"], &[]);
    assert_eq!(lead.status.code(), Some(1));
    assert!(out(&lead).contains("service lead") && out(&lead).contains("Lead.shoeSize"), "{}", out(&lead));
    let supergraph = pipewright(&folder, &["schema", "check", "--against", "schema/supergraph.graphql"], &[]);
    assert!(supergraph.status.success(), "{}{}", out(&supergraph), err(&supergraph));

    std::fs::write(folder.path().join("schema/config.md"), "old").unwrap();
    let stale = pipewright(&folder, &["schema", "check", "--allow-breaking"], &[]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(err(&stale).contains("config.md differs") && err(&stale).contains("schema export"), "{}", err(&stale));
}
