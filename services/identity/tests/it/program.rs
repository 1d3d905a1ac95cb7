//! The service's program, as typed.

use std::process::{Command, Output};

fn identity(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipewright-identity"));
    command.args(arguments).current_dir(folder.path()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn an_argument_that_nobody_reads_is_refused_by_name_and_does_not_pass_for_a_setting() {
    for (arguments, named) in [
        (&["--nonsense"][..], "'--nonsense'"),
        (&["run"], "'run'"),
        (&["--listen", "127.0.0.1:0"], "'--listen'"),
        (&["--actor-secret=hunter2"], "'--actor-secret'"),
    ] {
        let output = identity(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(named) && said.contains("--help") && !said.contains("hunter2"), "{said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_program_tells_what_can_be_set_and_which_version_it_is() {
    for flag in ["--help", "-h"] {
        let output = identity(&[flag]);
        let said = text(&output.stdout);
        assert!(output.status.success(), "{flag}");
        for told in ["pipewright-identity", "PIPEWRIGHT__GATEWAY__ACTOR_SECRET", "127.0.0.1:4101", "config print"] {
            assert!(said.contains(told), "{told}: {said}");
        }
    }
    let version = identity(&["--version"]);
    assert_eq!(text(&version.stdout), concat!("pipewright-identity ", env!("CARGO_PKG_VERSION"), "\n"));
}
