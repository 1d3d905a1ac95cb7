//! The lead service: accounts, contacts and leads, captured once and never lost.

pub mod app;
pub mod domain;
pub mod error;
pub mod graphql;
mod html;
mod http;
pub mod store;

use std::sync::Arc;

use platform::{Handler, Parts, ServiceContext, ServiceDef, db::Migrations, door::Rules, graphql::InProcess};
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
    let ServiceContext { db, outbox, clock, config, .. } = context;
    let public_url = config.mail.public_url.trim_end_matches('/').into();
    let app = App { db, outbox, clock, public_url };
    let mut parts = Parts::new(Arc::new(InProcess::new(graphql::schema(app.clone()))));
    let owners = Arc::new(app.clone());
    parts.handlers.push(Handler { name: "lead-owner", subjects: events::routing::OWNER_EVENTS, apply: owners });
    let facts = Arc::new(AccountFacts(app.clone()));
    parts.handlers.push(Handler { name: "lead-accounts", subjects: ACCOUNT_FACTS, apply: facts });
    parts.http = http::router(app.clone(), Rules::read(&config.gateway)?);
    parts.jobs.extend([
        app.clone().link_job(),
        app.clone().filter_keys_job(),
        app.clone().captures_job(),
        app.clone().size_job(),
        app.clone().key_account_job(),
        app.clone().segment_job(),
        app.duplicates_job(),
    ]);
    Ok(parts)
}
