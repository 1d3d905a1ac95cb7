//! What the examples say when they are started wrongly.

use std::process::Command;

#[test]
fn without_a_key_an_example_names_what_is_missing() {
    for (program, arguments) in [
        (env!("CARGO_BIN_EXE_example-journey"), &["ada@engines.example"][..]),
        (env!("CARGO_BIN_EXE_example-newest-leads"), &[]),
    ] {
        let output = Command::new(program).args(arguments).env_remove("PIPEWRIGHT_KEY").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("--key <KEY>"), "{said}");
    }
}
