//! The identity service: workspaces, users, teams and roles, and the keys and sessions that stand for users.

pub mod app;
pub mod domain;
pub mod error;
pub mod graphql;
mod http;
pub mod provider;
pub mod store;

use std::{path::PathBuf, sync::Arc, time::Duration};

use platform::{
    Handler, Job, Parts, ServiceContext, ServiceDef,
    config::{Config, KEY_FILE},
    db::{Engine, Migrations},
    graphql::InProcess,
    service::JobRun,
};
use sqlx::migrate::Migrator;

use app::{AUDITED, App, Bootstrap, OnRecordChanged};
use domain::api_key::ApiKeySecret;
use provider::Provider;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");
static ON_SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
static ON_POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");

/// How often what requests have only noted is written.
const RECORD_EVERY: Duration = Duration::from_secs(5);
const RENEW_EVERY: Duration = Duration::from_secs(3600);
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

pub const SERVICE: ServiceDef = ServiceDef {
    name: "identity",
    migrations: Migrations::new(&MIGRATIONS).and_by_engine(&ON_SQLITE, &ON_POSTGRES),
    port: 4101,
    build: |context| Box::pin(build(context)),
    sdl: graphql::sdl,
};

async fn build(context: ServiceContext) -> anyhow::Result<Parts> {
    let ServiceContext { db, outbox, clock, config, tokens, .. } = context;
    let engine = db.engine();
    let provider = Provider::from_config(&config.identity, clock.clone())?;
    let app = App::new(db, outbox, clock).with_provider(provider);
    let bootstrap = Bootstrap::from_config(&config.identity, key_file(&config, engine))?;
    if let Some(key) = app.bootstrap(bootstrap).await?
        && engine == Engine::Postgres
    {
        print(&key);
    }
    app.renew_signing_keys().await?;
    let mut parts = Parts::new(Arc::new(InProcess::new(graphql::schema(app.clone()))));
    let authenticator = Arc::new(app.clone());
    parts.api = http::api(app.clone(), &config, authenticator.clone())?;
    parts.internal = http::internal(authenticator.clone(), tokens);
    parts.authenticator = Some(authenticator);
    parts.jobs = jobs(&app);
    parts.handlers = vec![
        Handler { name: SERVICE.name, subjects: AUDITED, apply: Arc::new(app) },
        Handler {
            name: "identity-record-access",
            subjects: OnRecordChanged::SUBJECTS,
            apply: Arc::new(OnRecordChanged),
        },
    ];
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

fn jobs(app: &App) -> Vec<Job> {
    let job = |name, every, run: fn(App) -> JobRun| {
        let app = app.clone();
        Job { name, every, run: Arc::new(move || run(app.clone())) }
    };
    vec![
        job("identity.record_key_use", RECORD_EVERY, |app| Box::pin(async move { Ok(app.record_key_use().await?) })),
        job("identity.record_failed_sign_ins", RECORD_EVERY, |app| {
            Box::pin(async move { Ok(app.record_failed_sign_ins().await?) })
        }),
        job("identity.renew_signing_keys", RENEW_EVERY, |app| {
            Box::pin(async move { Ok(app.look_after_signing_keys().await?) })
        }),
        job("identity.prune_sessions", PRUNE_EVERY, |app| Box::pin(async move { Ok(app.prune_sessions().await?) })),
    ]
}
