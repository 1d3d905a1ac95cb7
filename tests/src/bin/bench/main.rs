//! `make bench`: measures the platform on this machine and compares each figure with another of the same run.
//! Nothing here passes or fails by time; docs/benchmarks.md says how to read it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the tables are what the program is for")]

mod delivery;
mod duplicates;
mod gateway_paths;
mod import;
mod journey;
mod load;
mod pages;
mod report;
mod shop;
mod start;

use std::{process::ExitCode, time::Instant};

use anyhow::Result;
use futures::future::BoxFuture;

/// A scenario prints its tables as it goes.
struct Scenario {
    name: &'static str,
    title: &'static str,
    run: fn() -> BoxFuture<'static, Result<()>>,
}

const SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "import",
        title: "Import: App::import_leads against bare batched inserts of the same leads",
        run: || Box::pin(import::run()),
    },
    Scenario {
        name: "journey",
        title: "Journey: from the import's answer to the lead.routed event at a subscriber",
        run: || Box::pin(journey::run()),
    },
    Scenario {
        name: "delivery",
        title: "Event delivery: from publish to the handler's end of the bus",
        run: || Box::pin(delivery::run()),
    },
    Scenario {
        name: "duplicates",
        title: "Duplicates: among 100,000 people, by keys, against comparing every pair",
        run: || Box::pin(duplicates::run()),
    },
    Scenario {
        name: "gateway",
        title: "Gateway: one query in process, and through its own HTTP path",
        run: || Box::pin(gateway_paths::run()),
    },
    Scenario {
        name: "pages",
        title: "Pages: leads with all that the services know of them, from a whole platform",
        run: || Box::pin(pages::run()),
    },
    Scenario {
        name: "start",
        title: "Start: `pipewright run` on an empty data directory",
        run: || Box::pin(start::run()),
    },
];

fn main() -> Result<ExitCode> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let known = SCENARIOS.map(|scenario| scenario.name);
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(&name.as_str())) {
        println!("there is no scenario {unknown}; there are {}", known.join(", "));
        return Ok(ExitCode::from(2));
    }
    // reqwest finds its TLS here. An error only says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let started = Instant::now();
    println!("{}", report::machine());
    for scenario in
        SCENARIOS.iter().filter(|scenario| wanted.is_empty() || wanted.iter().any(|name| name == scenario.name))
    {
        println!("\n== {} ==", scenario.title);
        if let Err(error) = runtime.block_on((scenario.run)()) {
            eprintln!("the scenario {} failed: {error:#}", scenario.name);
            return Ok(ExitCode::FAILURE);
        }
    }
    println!("\n{:.0} s in all", started.elapsed().as_secs_f64());
    Ok(ExitCode::SUCCESS)
}
