//! `pipewright migrate`: before a new version starts, or after a database was made.

use anyhow::Context;
use platform::{Db, config::Config};

use crate::stack::SERVICES;

#[expect(clippy::print_stdout, reason = "the command's output")]
pub async fn run(config: &Config) -> anyhow::Result<()> {
    for def in SERVICES {
        let db = Db::connect(&config.database_url(def.name))
            .await
            .with_context(|| format!("the {} service's database", def.name))?;
        let applied =
            def.migrations.apply(&db).await.with_context(|| format!("the {} service's database", def.name))?;
        println!(
            "{:<12} {}",
            def.name,
            if applied == 0 { "up to date".to_owned() } else { format!("{applied} applied") }
        );
        db.close().await;
    }
    Ok(())
}
