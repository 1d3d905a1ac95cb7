//! The pipeline service: opportunities and the stages they pass on their way to won or lost.

pub mod app;
pub mod domain;
pub mod error;
pub mod graphql;
pub mod store;

use std::sync::Arc;

use platform::{Parts, ServiceContext, ServiceDef, db::Migrations, graphql::InProcess};
use sqlx::migrate::Migrator;

use app::App;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

pub const SERVICE: ServiceDef = ServiceDef {
    name: "pipeline",
    migrations: Migrations::new(&MIGRATIONS),
    port: 4106,
    build: |context| Box::pin(build(context)),
    sdl: graphql::sdl,
};

#[expect(clippy::unused_async, reason = "every service's build has this shape")]
async fn build(context: ServiceContext) -> anyhow::Result<Parts> {
    let app = App { db: context.db, outbox: context.outbox, clock: context.clock };
    let mut parts = Parts::new(Arc::new(InProcess::new(graphql::schema(app.clone()))));
    parts.handlers = app::handlers(app);
    Ok(parts)
}
