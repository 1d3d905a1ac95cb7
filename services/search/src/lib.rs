//! The search service: finds leads, accounts, contacts and opportunities by what a person remembers of them.
//! It owns no facts: documents come from events, the index from the documents. And it keeps the timelines: what
//! happened to a record, as all services tell it.

pub mod app;
pub mod domain;
pub mod error;
pub mod graphql;
pub mod index;
pub mod store;

use std::{sync::Arc, time::Duration};

use platform::{Handler, Job, Parts, ServiceContext, ServiceDef, db::Migrations, graphql::InProcess};
use sqlx::migrate::Migrator;

use app::{App, OnHappening, OnObjectChanged};
pub use app::{replay, reset};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How soon after its event an object can be found, at the latest, when nothing else is waiting.
const INDEX_EVERY: Duration = Duration::from_millis(200);

pub const SERVICE: ServiceDef = ServiceDef {
    name: "search",
    migrations: Migrations::new(&MIGRATIONS),
    port: 4107,
    build: |context| Box::pin(build(context)),
    sdl: graphql::sdl,
};

async fn build(context: ServiceContext) -> anyhow::Result<Parts> {
    let app = App::open(context.db, &context.clock, &context.config.search_url()).await?;
    let mut parts = Parts::new(Arc::new(InProcess::new(graphql::schema(app.clone()))));
    parts.handlers.push(Handler {
        name: "search",
        subjects: OnObjectChanged::SUBJECTS,
        apply: Arc::new(OnObjectChanged),
    });
    parts.handlers.push(Handler {
        name: "search-timeline",
        subjects: domain::timeline::SUBJECTS,
        apply: Arc::new(OnHappening),
    });
    parts.jobs.push(Job {
        name: "search.indexer",
        every: INDEX_EVERY,
        run: Arc::new(move || {
            let app = app.clone();
            Box::pin(async move { app.index_pending().await })
        }),
    });
    Ok(parts)
}
