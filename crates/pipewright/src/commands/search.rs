//! `pipewright search rebuild`: the index is derived, so it can be thrown away and built again from what the
//! services have published.

use anyhow::Context;
use platform::{Db, Outbox, config::Config};

use crate::stack::{SERVICES, Shared};

/// Events replayed in one transaction.
const PAGE: i64 = 1_000;

#[expect(clippy::print_stdout, reason = "the command's output")]
pub async fn rebuild(config: Config) -> anyhow::Result<()> {
    let shared = Shared::connect(config).await?;
    let search = shared.open(search::SERVICE).await.context("is the platform still running? stop it first")?;
    let index = &search.context.db;
    search::reset(index, &shared.clock).await?;
    let mut objects = 0;
    for def in SERVICES.into_iter().filter(|def| def.name != search::SERVICE.name) {
        let db = Db::connect(&shared.config.database_url(def.name))
            .await
            .with_context(|| format!("the {} service's database", def.name))?;
        def.migrations.apply(&db).await?;
        let outbox = Outbox::new(def.name, db.clone(), shared.clock.clone());
        let mut after = None;
        loop {
            let page = outbox.history(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            objects += search::replay(index, &page).await?;
        }
        db.close().await;
    }
    for job in &search.parts.jobs {
        while (job.run)().await? {}
    }
    println!("the index was built anew from {objects} events");
    Ok(())
}
