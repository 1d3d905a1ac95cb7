//! The lead service: accounts, contacts and leads, captured once and never lost.

pub mod app;
pub mod domain;
pub mod error;
pub mod graphql;
pub mod store;

use std::sync::Arc;

use platform::{Handler, Parts, ServiceContext, ServiceDef, db::Migrations, graphql::InProcess};
use sqlx::migrate::Migrator;

use app::{ACCOUNT_FACTS, AccountFacts, App};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

pub const SERVICE: ServiceDef = ServiceDef {
    name: "lead",
    migrations: Migrations::new(&MIGRATIONS),
    port: 4102,
    build: |context| Box::pin(build(context)),
    sdl: graphql::sdl,
};

#[expect(clippy::unused_async, reason = "every service's build has this shape")]
async fn build(context: ServiceContext) -> anyhow::Result<Parts> {
    let app = App { db: context.db, outbox: context.outbox, clock: context.clock };
    let mut parts = Parts::new(Arc::new(InProcess::new(graphql::schema(app.clone()))));
    let owners = Arc::new(app.clone());
    parts.handlers.push(Handler { name: "lead-owner", subjects: events::routing::OWNER_EVENTS, apply: owners });
    let facts = Arc::new(AccountFacts(app.clone()));
    parts.handlers.push(Handler { name: "lead-accounts", subjects: ACCOUNT_FACTS, apply: facts });
    parts.jobs.extend([
        app.clone().link_job(),
        app.clone().filter_keys_job(),
        app.clone().size_job(),
        app.clone().key_account_job(),
        app.segment_job(),
    ]);
    Ok(parts)
}
