//! The enrichment service: is the address good, and what else is known of the lead? Answers come with their
//! source and confidence.

pub mod app;
pub mod domain;
pub mod error;
pub mod graphql;
pub mod store;

use std::sync::Arc;

use platform::{Handler, Parts, ServiceContext, ServiceDef, db::Migrations, graphql::InProcess};
use sqlx::migrate::Migrator;

use app::App;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

pub const SERVICE: ServiceDef = ServiceDef {
    name: "enrichment",
    migrations: Migrations::new(&MIGRATIONS),
    port: 4103,
    build: |context| Box::pin(build(context)),
    sdl: graphql::sdl,
};

#[expect(clippy::unused_async, reason = "every service's build has this shape")]
async fn build(context: ServiceContext) -> anyhow::Result<Parts> {
    let app = App { db: context.db, outbox: context.outbox, clock: context.clock };
    let mut parts = Parts::new(Arc::new(InProcess::new(graphql::schema(app.clone()))));
    parts.handlers.push(Handler { name: SERVICE.name, subjects: app::SUBJECTS, apply: Arc::new(app) });
    parts.handlers.push(platform::lead_access::handler("enrichment-lead-access"));
    Ok(parts)
}
