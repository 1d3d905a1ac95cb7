//! `pipewright dead-letters`: events that a handler gave up on are kept, seen and tried again.

use anyhow::Context;
use platform::{
    Db,
    config::Config,
    inbox::{self, DeadLetter},
};
use serde_json::json;

use crate::stack::{SERVICES, Shared};

/// Letters shown or replayed a service at a time.
const PAGE: i64 = 1_000;

#[expect(clippy::print_stdout, reason = "the command's output")]
pub async fn list(config: &Config, as_json: bool) -> anyhow::Result<()> {
    for def in SERVICES {
        let db = Db::connect(&config.database_url(def.name))
            .await
            .with_context(|| format!("the {} service's database", def.name))?;
        def.migrations.apply(&db).await?;
        for DeadLetter { handler, event_id, envelope, error, attempts } in inbox::dead_letters(&db, PAGE).await? {
            if as_json {
                let letter = json!({ "handler": handler, "event": event_id, "type": envelope.r#type, "subject": envelope.subject, "attempts": attempts, "error": error });
                println!("{letter}");
            } else {
                println!(
                    "{handler:<12} {event_id} {} {} after {attempts} attempts: {error}",
                    envelope.r#type, envelope.subject
                );
            }
        }
        db.close().await;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command's output")]
pub async fn replay(config: Config) -> anyhow::Result<()> {
    let shared = Shared::connect(config).await?;
    for service in shared.open_all(|_| true).await? {
        for inbox in service.inboxes() {
            for letter in inbox::dead_letters(&service.context.db, PAGE).await? {
                if letter.handler != inbox.handler().name {
                    continue;
                }
                match inbox.revive(&letter).await {
                    Ok(()) => println!("{:<12} {} handled", letter.handler, letter.event_id),
                    Err(error) => println!("{:<12} {} failed again: {error}", letter.handler, letter.event_id),
                }
            }
        }
    }
    Ok(())
}
