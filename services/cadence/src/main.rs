//! The cadence service alone.

use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    platform::service::standalone::main(pipewright_cadence::SERVICE)
}
