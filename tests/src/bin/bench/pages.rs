//! A page of leads with what every service knows of each, asked of a whole platform.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use pipewright_tests::{Deployment, Topology, seed};
use serde_json::{Value, json};

use crate::{
    load::{HttpAsker, Seen, drive},
    report::{Sample, Table, cpu_time, ms, per_second, resident_megabytes, whole},
};

/// Each asks for a page of its own: of the same page one answer would do for all.
const ASKERS: usize = 16;
const PAGE: usize = 20;
const WARM_UP: Duration = Duration::from_millis(500);
const LOAD: Duration = Duration::from_secs(4);

const QUERY: &str = "query Page($first: Int!, $after: String) { leads(first: $first, after: $after) { edges { node {
    id email firstName lastName title company status source createdAt
    account { id name domain opportunities(first: 5) { edges { node { id name stage { name probability } } } } }
    verification { verdict checks { name passed } }
    enrichment { status fields { name value provider confidence observedAt } }
    routing { owner { id name email } decision { id outcome ruleVersion candidates { rep { name } eligible rejectedBecause } } }
    enrollments { sequence { name } state why messages { subject state sentAt decision { allowed reasons } } }
  } } pageInfo { endCursor } } }";
const SENT: &str = "{ messages(first: 1, filter: { state: SENT }) { totalCount } }";

pub async fn run() -> Result<()> {
    println!("  {ASKERS} askers over HTTP, each with one page of {PAGE} leads open; six services answer each page");
    let mut table = Table::new(["setup", "pages/s", "p50", "p99", "CPU a page", "memory", "against separate"]);
    let one = measure(Topology::OneProcess).await.context("one process")?;
    let separate = measure(Topology::Separate).await.context("separate processes")?;
    let base = separate.rate();
    table.row(one.row("one process: SQLite, local bus", base));
    table.row(separate.row("separate: PostgreSQL, NATS", base));
    table.print();
    Ok(())
}

struct Figures {
    seen: Seen,
    /// Of all the platform's programs; databases and NATS are not among them.
    cpu: Duration,
    megabytes: f64,
}

async fn measure(topology: Topology) -> Result<Figures> {
    let mut platform = Deployment::start(topology).await?;
    let imported = platform.import(&["leads", &seed("leads-hubspot.csv"), "--json"]).await?;
    ensure!(imported.exit == Some(3) || imported.exit == Some(0), "{}", imported.err);
    let all = |data: &Value| data["messages"]["totalCount"] == json!(887);
    platform.until("every first mail sent", SENT, json!({}), all).await?;
    let address = platform.url().trim_start_matches("http://").parse()?;
    let (mut askers, mut after) = (Vec::new(), Value::Null);
    for _ in 0..ASKERS {
        let variables = json!({ "first": PAGE, "after": after });
        let body = json!({ "query": QUERY, "variables": variables }).to_string();
        askers.push(HttpAsker::connect(address, platform.key(), &body).await?);
        after = platform.graphql(QUERY, variables).await?["leads"]["pageInfo"]["endCursor"].take();
    }
    askers = drive(askers, WARM_UP, &mut Seen::default()).await?;
    let pids: Vec<String> = platform.pids().map(|pid| pid.to_string()).collect();
    let cpu = || pids.iter().filter_map(|pid| cpu_time(pid)).sum::<Duration>();
    let (mut seen, before) = (Seen::default(), cpu());
    drive(askers, LOAD, &mut seen).await?;
    let cpu = cpu() - before;
    let megabytes = pids.iter().filter_map(|pid| resident_megabytes(pid)).sum();
    platform.stop().await?;
    Ok(Figures { seen, cpu, megabytes })
}

impl Figures {
    fn rate(&self) -> f64 {
        per_second(self.seen.latencies.len(), self.seen.elapsed)
    }

    fn row(&self, setup: &str, base: f64) -> [String; 7] {
        let sample = Sample::new(self.seen.latencies.clone());
        let micros = 1e6 * self.cpu.as_secs_f64() / sample.len().max(1) as f64;
        [
            setup.to_owned(),
            whole(self.rate()),
            ms(sample.percentile(50)),
            ms(sample.percentile(99)),
            format!("{} µs", whole(micros)),
            format!("{:.0} MB", self.megabytes),
            format!("{:.2} x", self.rate() / base),
        ]
    }
}
