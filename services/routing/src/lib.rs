//! The routing service: brings each enriched lead to one rep, fairly, and can say why it was that rep.

pub mod app;
pub mod domain;
pub mod error;
pub mod graphql;
pub mod store;

use std::sync::Arc;

use events::{
    Event,
    enrichment::LeadEnriched,
    identity::{UserCreated, UserUpdated},
    lead::{LeadMerged, LeadUnmerged},
};
use platform::{Handler, Parts, ServiceContext, ServiceDef, db::Migrations, graphql::InProcess};
use sqlx::migrate::Migrator;

use app::App;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

pub const SERVICE: ServiceDef = ServiceDef {
    name: "routing",
    migrations: Migrations::new(&MIGRATIONS),
    port: 4104,
    build: |context| Box::pin(build(context)),
    sdl: graphql::sdl,
};

#[expect(clippy::unused_async, reason = "every service's build has this shape")]
async fn build(context: ServiceContext) -> anyhow::Result<Parts> {
    let app = App { db: context.db, outbox: context.outbox, bus: context.bus, clock: context.clock };
    let mut parts = Parts::new(Arc::new(InProcess::new(graphql::schema(app.clone()))));
    parts.jobs.push(app.clone().route_waiting_job());
    parts.handlers.push(Handler {
        name: "routing",
        subjects: &[UserCreated::TYPE, UserUpdated::TYPE, LeadEnriched::TYPE, LeadMerged::TYPE, LeadUnmerged::TYPE],
        apply: Arc::new(app),
    });
    parts.handlers.push(platform::lead_access::attributes_handler("routing-lead-access"));
    Ok(parts)
}
