//! How long a lead is on its way through the services: captured, verified, enriched, matched, routed.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use futures::StreamExt;
use pipewright_tests::{Deployment, Topology, seed};
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

use crate::report::{Sample, Table, ms};

/// Rows of one call, as `pipewright import` sends them.
const STRETCH: usize = 500;
/// A subscriber opens and the accounts settle; nothing tells when.
const SETTLE: Duration = Duration::from_secs(3);
/// Without news for that long, an event was missed.
const SILENCE: Duration = Duration::from_secs(20);

const IMPORT: &str = "mutation($input: ImportRowsInput!) { importLeads(input: $input) { outcomes { outcome matchKey } errors { message } } }";
const SUBSCRIPTION: &str = "subscription { leadRouted { lead { id } } }";
const LEADS: &str = "query($after: String) { leads(first: 200, after: $after) { edges { node { id email } } pageInfo { hasNextPage endCursor } } }";
const ROUTED: &str = "{ routingDecisions(first: 1) { totalCount } }";

pub async fn run() -> Result<()> {
    println!("  the sample export in stretches of {STRETCH}; heard by one subscriber of leadRouted over HTTP");
    let mut table = Table::new(["setup", "leads", "all routed after", "p50", "p99", "max", "not heard"]);
    for (name, topology) in
        [("one process: SQLite, local bus", Topology::OneProcess), ("separate: PostgreSQL, NATS", Topology::Separate)]
    {
        let mut platform = Deployment::start(topology).await?;
        let heard = journey(&platform).await.with_context(|| name.to_owned())?;
        table.row([
            name.to_owned(),
            heard.leads.to_string(),
            ms(heard.total),
            ms(heard.sample.percentile(50)),
            ms(heard.sample.percentile(99)),
            ms(heard.sample.max()),
            (heard.leads - heard.sample.len()).to_string(),
        ]);
        platform.stop().await?;
    }
    table.print();
    Ok(())
}

struct Heard {
    leads: usize,
    /// From the first call to the last event.
    total: Duration,
    /// Per lead: from the answer to its stretch's call to its event.
    sample: Sample,
}

async fn journey(platform: &Deployment) -> Result<Heard> {
    let accounts = platform.import(&["accounts", &seed("accounts-sp500.csv"), "--json"]).await?;
    ensure!(accounts.exit == Some(0), "{}", accounts.err);
    let (tell, mut events) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    tasks.spawn(listen(format!("{}/graphql", platform.url()), platform.key(), tell));
    tokio::time::sleep(SETTLE).await;

    let started = Instant::now();
    let answered = import(platform).await?;
    let mut routed: HashMap<String, Instant> = HashMap::new();
    while routed.len() < answered.len() {
        match timeout(SILENCE, events.recv()).await {
            Ok(Some((lead, at))) => _ = routed.entry(lead).or_insert(at),
            Ok(None) => bail!("the subscription ended: {:?}", tasks.join_next().await),
            Err(_) => break,
        }
    }
    let decisions = platform.graphql(ROUTED, json!({})).await?["routingDecisions"]["totalCount"].take();
    ensure!(decisions == json!(answered.len()), "{decisions} of {} leads are routed", answered.len());
    let durations = platform.all(LEADS, "leads").await?.into_iter().filter_map(|lead| {
        let answered = answered.get(lead["email"].as_str()?)?;
        Some(routed.get(lead["id"].as_str()?)?.saturating_duration_since(*answered))
    });
    let sample = Sample::new(durations.collect());
    let last = routed.values().max().context("no event was heard")?;
    Ok(Heard { leads: answered.len(), total: last.saturating_duration_since(started), sample })
}

/// Imports the sample; when the call of each new lead was answered, by its address.
async fn import(platform: &Deployment) -> Result<HashMap<String, Instant>> {
    let mut reader = csv::Reader::from_path(seed("leads-hubspot.csv"))?;
    let headers: Vec<String> =
        reader.headers()?.iter().map(|header| header.trim_start_matches('\u{feff}').to_owned()).collect();
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    let mut answered = HashMap::new();
    for stretch in rows.chunks(STRETCH) {
        let rows: Vec<Value> = stretch
            .iter()
            .zip(1..)
            .map(|(cells, row)| json!({ "row": row, "cells": cells.iter().collect::<Vec<_>>() }))
            .collect();
        let input = json!({ "headers": headers, "rows": rows, "dryRun": false });
        let payload = platform.graphql(IMPORT, json!({ "input": input })).await?["importLeads"].take();
        let now = Instant::now();
        ensure!(payload["errors"] == json!([]), "{}", payload["errors"]);
        for row in payload["outcomes"].as_array().context("outcomes")? {
            if row["outcome"] == json!("CREATED") {
                answered.insert(row["matchKey"].as_str().context("an address")?.to_owned(), now);
            }
        }
    }
    Ok(answered)
}

/// Tells of every lead that was routed, as a subscriber hears of it.
async fn listen(url: String, key: &'static str, tell: mpsc::UnboundedSender<(String, Instant)>) -> Result<()> {
    let request = reqwest::Client::new().post(url).bearer_auth(key).header("accept", "text/event-stream");
    let response = request.json(&json!({ "query": SUBSCRIPTION })).send().await?.error_for_status()?;
    let mut chunks = response.bytes_stream();
    let mut buffer = String::new();
    while let Some(chunk) = chunks.next().await {
        let now = Instant::now();
        // The ids are ASCII: a chunk that ends inside a character could only be of something else.
        buffer.push_str(&String::from_utf8_lossy(&chunk?));
        while let Some((line, rest)) = buffer.split_once('\n') {
            if let Some(json) = line.strip_prefix("data: ") {
                let event: Value = serde_json::from_str(json)?;
                let lead = event["data"]["leadRouted"]["lead"]["id"].as_str();
                tell.send((lead.with_context(|| event.to_string())?.to_owned(), now))?;
            }
            buffer = rest.to_owned();
        }
    }
    Ok(())
}
