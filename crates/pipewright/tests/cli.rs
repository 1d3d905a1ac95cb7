//! The operator's commands, as typed.

use std::process::{Command, Output};

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

#[test]
fn doctor_says_what_is_wrong_and_what_to_do() {
    let environment = [("PIPEWRIGHT__BUS__URL", "nats://127.0.0.1:9")];
    let doctor = pipewright(&folder(), &["doctor"], &environment);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(out(&doctor).contains("FAIL bus") && out(&doctor).contains("NATS 2.10"), "{}", out(&doctor));
}

#[test]
fn the_checked_in_schema_is_what_the_code_says() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schema");
    let output = pipewright(&folder(), &["schema", "check", schema], &[]);
    assert!(output.status.success(), "{}", err(&output));
}
