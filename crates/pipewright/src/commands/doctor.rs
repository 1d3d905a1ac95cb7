//! `pipewright doctor`: what an operator wants to know at three in the morning.

use identity::app::{AuditReport, verify_audit};
use kernel::Clock;
use platform::{Db, Outbox, ServiceDef, bus::Bus, config::Config, db::Fence, inbox, telemetry::chain};
use serde::Serialize;

use crate::{import::CliError, stack::SERVICES};

/// One thing looked at.
#[derive(Serialize)]
struct Finding {
    what: String,
    ok: bool,
    says: String,
    /// What to do about it, when it is not well.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
}

#[expect(clippy::print_stdout, reason = "the command's output")]
pub async fn run(config: &Config, json: bool) -> Result<(), CliError> {
    let mut findings = Vec::new();
    for def in SERVICES {
        findings.extend(service(config, def).await);
    }
    findings.push(bus(config).await);
    let sick = findings.iter().filter(|finding| !finding.ok).count();
    if json {
        println!("{}", serde_json::to_string_pretty(&findings).map_err(|error| CliError::internal(error.to_string()))?);
    } else {
        for finding in &findings {
            println!("{} {:<24} {}", if finding.ok { "ok  " } else { "FAIL" }, finding.what, finding.says);
            if let Some(advice) = finding.advice {
                println!("     {:<24} -> {advice}", "");
            }
        }
    }
    if sick == 0 { Ok(()) } else { Err(CliError::internal(format!("{sick} of {} checks failed", findings.len()))) }
}

async fn service(config: &Config, def: ServiceDef) -> Vec<Finding> {
    let name = |what: &str| format!("{} {what}", def.name);
    let url = config.database_url(def.name);
    // Looking must not make a file that was not there.
    if let Some(file) = url.strip_prefix("sqlite:")
        && !std::path::Path::new(file).exists()
    {
        let says = "no database yet: the platform has not run with this data directory".to_owned();
        return vec![Finding { what: name("database"), ok: true, says, advice: None }];
    }
    let db = match Db::connect(&url).await {
        Ok(db) => db,
        Err(error) => {
            let advice = Some(
                "is the server up, and is database.url right? `pipewright config print` shows where it comes from",
            );
            return vec![Finding { what: name("database"), ok: false, says: chain(&error), advice }];
        }
    };
    let findings = match def.migrations.pending(&db).await {
        Ok(0) => contents(&db, def, name).await,
        Ok(pending) => {
            let advice = Some("run `pipewright migrate`");
            vec![Finding { what: name("migrations"), ok: false, says: format!("{pending} pending"), advice }]
        }
        Err(error) => vec![Finding { what: name("migrations"), ok: false, says: chain(&error), advice: None }],
    };
    db.close().await;
    findings
}

async fn contents(db: &Db, def: ServiceDef, name: impl Fn(&str) -> String) -> Vec<Finding> {
    let outbox = Outbox::new(def.name, db.clone(), Clock::system());
    let waiting = match outbox.depth().await {
        Ok(depth) => {
            let advice =
                (depth > 1_000).then_some("the relay does not keep up: is the platform running, and the bus up?");
            Finding {
                what: name("outbox"),
                ok: depth <= 1_000,
                says: format!("{depth} events wait to be published"),
                advice,
            }
        }
        Err(error) => Finding { what: name("outbox"), ok: false, says: chain(&error), advice: None },
    };
    let letters = match inbox::dead_letters(db, 1_000).await {
        Ok(letters) => {
            let advice =
                (!letters.is_empty()).then_some("`pipewright dead-letters list` says why, `… replay` tries again");
            Finding { what: name("dead letters"), ok: letters.is_empty(), says: letters.len().to_string(), advice }
        }
        Err(error) => Finding { what: name("dead letters"), ok: false, says: chain(&error), advice: None },
    };
    let mut findings = vec![waiting, letters, fence(db, name("fence")).await];
    if def.name == identity::SERVICE.name {
        findings.push(audit(db, name("audit trail")).await);
    }
    findings
}

/// Whether PostgreSQL itself keeps the workspaces apart.
async fn fence(db: &Db, what: String) -> Finding {
    match db.fence().await {
        Ok(fence) => {
            let advice = match fence {
                Fence::None | Fence::Up => None,
                Fence::Open(_) => Some("run `pipewright migrate` as the owner of the tables"),
                Fence::Bypassed => Some(
                    "take `superuser` and `bypassrls` from the login, or make the role `pipewright_service` and grant it to the login",
                ),
            };
            Finding { what, ok: advice.is_none(), says: fence.to_string(), advice }
        }
        Err(error) => Finding { what, ok: false, says: chain(&error), advice: None },
    }
}

/// Follows the chain of hashes of every workspace.
async fn audit(db: &Db, what: String) -> Finding {
    match verify_audit(db).await {
        Ok(AuditReport::Holds { workspaces, entries }) => {
            let says = format!("{entries} entries in {workspaces} workspaces, each follows from the one before");
            Finding { what, ok: true, says, advice: None }
        }
        Ok(AuditReport::Broken { workspace, seq, because }) => {
            let says = format!("{workspace}: entry {seq} does not hold: {because}");
            let advice =
                Some("somebody changed the trail in the database: compare it with an earlier export or backup");
            Finding { what, ok: false, says, advice }
        }
        Err(error) => {
            let advice = Some("an entry cannot be read: compare the trail with an earlier export or backup");
            Finding { what, ok: false, says: chain(&error), advice }
        }
    }
}

async fn bus(config: &Config) -> Finding {
    let url = config.bus_url();
    let what = "bus".to_owned();
    // A local bus belongs to the running process; only its file can be looked at.
    if let Some(file) = url.strip_prefix("local:") {
        let says = if std::path::Path::new(file).exists() { "local file is there" } else { "no file yet" };
        return Finding { what, ok: true, says: says.to_owned(), advice: None };
    }
    match Bus::connect(&url, Clock::system()).await {
        Ok(_) => Finding { what, ok: true, says: "NATS answers".to_owned(), advice: None },
        Err(error) => {
            let advice = Some("is NATS 2.10 or later up with JetStream on, and is bus.url right?");
            Finding { what, ok: false, says: chain(&error), advice }
        }
    }
}
