//! The identity service: workspaces, users and the API keys that stand for them.

pub mod app;
pub mod domain;
pub mod error;
pub mod graphql;
mod http;
pub mod store;

use std::{path::PathBuf, sync::Arc, time::Duration};

use platform::{
    Job, Parts, ServiceContext, ServiceDef,
    config::{Config, KEY_FILE},
    db::{Engine, Migrations},
    graphql::InProcess,
};
use sqlx::migrate::Migrator;

use app::{App, Bootstrap};
use domain::api_key::ApiKeySecret;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How often the moments of use that keys have gathered are written.
const RECORD_USE_EVERY: Duration = Duration::from_secs(5);

pub const SERVICE: ServiceDef = ServiceDef {
    name: "identity",
    migrations: Migrations::new(&MIGRATIONS),
    port: 4101,
    build: |context| Box::pin(build(context)),
    sdl: graphql::sdl,
};

async fn build(context: ServiceContext) -> anyhow::Result<Parts> {
    let ServiceContext { db, outbox, clock, config, tokens, .. } = context;
    let engine = db.engine();
    let app = App::new(db, outbox, clock);
    let bootstrap = Bootstrap::from_config(&config.identity, key_file(&config, engine))?;
    if let Some(key) = app.bootstrap(bootstrap).await?
        && engine == Engine::Postgres
    {
        print(&key);
    }
    let mut parts = Parts::new(Arc::new(InProcess::new(graphql::schema(app.clone()))));
    let authenticator = Arc::new(app.clone());
    parts.http = http::router(authenticator.clone(), tokens);
    parts.authenticator = Some(authenticator);
    parts.jobs = vec![record_use(app)];
    Ok(parts)
}

/// With PostgreSQL there may be no data directory, and none is made for this; the key is printed then.
fn key_file(config: &Config, engine: Engine) -> Option<PathBuf> {
    let wanted = engine == Engine::Sqlite || config.data_dir.is_dir();
    wanted.then(|| config.data_dir.join(KEY_FILE))
}

#[expect(clippy::print_stdout, reason = "the only time that anybody sees this key")]
fn print(key: &ApiKeySecret) {
    println!("admin key: {}", key.expose());
}

fn record_use(app: App) -> Job {
    let run = move || -> futures::future::BoxFuture<'static, anyhow::Result<bool>> {
        let app = app.clone();
        Box::pin(async move { Ok(app.record_key_use().await?) })
    };
    Job { name: "identity.record_key_use", every: RECORD_USE_EVERY, run: Arc::new(run) }
}
