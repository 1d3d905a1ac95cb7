//! How soon the all-in-one program answers, and what it holds while nothing happens.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use pipewright_tests::{Program, binary};
use tokio::process::Command;

use crate::report::{Table, ms, resident_megabytes, verdict};

const STARTS: usize = 5;
const IDLE: Duration = Duration::from_secs(5);
const START_TARGET: Duration = Duration::from_secs(1);
const MEMORY_TARGET: f64 = 120.0;

pub async fn run() -> Result<()> {
    let mut starts = Vec::new();
    let mut memory = 0.0;
    for number in 1..=STARTS {
        let folder = tempfile::tempdir()?;
        let started = Instant::now();
        let mut program = start(folder.path()).await?;
        starts.push(started.elapsed());
        if number == STARTS {
            tokio::time::sleep(IDLE).await;
            memory = resident_megabytes(&program.pid().to_string()).context("the memory of the process")?;
        }
        program.stop().await?;
    }
    starts.sort_unstable();
    let (median, slowest) = (starts[STARTS / 2], starts[STARTS - 1]);
    let mut table = Table::new(["figure", "value", "target", ""]);
    table.row([
        format!("until `listening on`, median of {STARTS}"),
        ms(median),
        "< 1 s".to_owned(),
        verdict(median < START_TARGET),
    ]);
    table.row([
        format!("until `listening on`, slowest of {STARTS}"),
        ms(slowest),
        "< 1 s".to_owned(),
        verdict(slowest < START_TARGET),
    ]);
    table.row([
        format!("resident memory, {} s idle", IDLE.as_secs()),
        format!("{memory:.0} MB"),
        format!("< {MEMORY_TARGET:.0} MB"),
        verdict(memory < MEMORY_TARGET),
    ]);
    table.print();
    Ok(())
}

async fn start(folder: &Path) -> Result<Program> {
    let mut command = Command::new(binary("pipewright")?);
    command.arg("run").current_dir(folder).env("PIPEWRIGHT__DATA_DIR", folder.join("data"));
    command.env("PIPEWRIGHT__LISTEN", "127.0.0.1:0");
    Program::start(command, &folder.join("pipewright.log")).await
}
