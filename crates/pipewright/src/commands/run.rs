//! `pipewright run`: the platform in one process, or some of its services.

use std::path::PathBuf;

use anyhow::{Context, bail};
use axum::Router;
use gateway::Gateway;
use platform::{
    config::Config,
    door::{Door, Rules},
    http::{self, Readiness},
    lifecycle::Tasks,
    service::Service,
    telemetry, with_db,
};
use tokio::net::TcpListener;

use crate::{
    rights,
    stack::{GATEWAY, SERVICES, Shared},
};

/// A started platform.
pub struct Running {
    pub url: String,
    /// The file that identity has just written the first admin key to, if this was the first start.
    pub new_key: Option<PathBuf>,
    pub tasks: Tasks,
}

/// Runs until a signal.
pub async fn run(config: Config, only: &[String]) -> anyhow::Result<()> {
    let running = start(config, only).await?;
    announce_key(&running)?;
    running.tasks.run_until_stopped().await
}

/// Opens, starts and serves; returns once everything answers.
pub async fn start(mut config: Config, only: &[String]) -> anyhow::Result<Running> {
    check_names(only)?;
    let apart = !only.is_empty() && everybody().any(|name| !only.iter().any(|wanted| wanted == name));
    if apart && config.gateway.actor_secret.is_empty() {
        bail!(
            "gateway.actor_secret is not set: processes that run parts of the platform share one, or they refuse each other (PIPEWRIGHT__GATEWAY__ACTOR_SECRET)"
        );
    }
    telemetry::init(&config.log);
    telemetry::init_metrics();
    let listener = http::bind(config.listen).await?;
    config.listen = listener.local_addr()?;
    let url = format!("http://{}", config.listen);
    if config.mail.public_url.is_empty() {
        config.mail.public_url.clone_from(&url);
    }
    let key_file = config.data_dir.join(platform::config::KEY_FILE);
    let had_key = key_file.exists();
    let shared = Shared::connect(config).await?;
    let wanted = |name: &str| only.is_empty() || only.iter().any(|wanted| wanted == name);
    let services = shared.open_all(|def| wanted(def.name)).await?;
    let gateway = wanted(GATEWAY).then(|| shared.gateway(&services)).transpose()?;
    let tasks = Tasks::new();
    for service in &services {
        service.start(&tasks).await;
    }
    serve(listener, &shared, &services, gateway, &tasks)?;
    Ok(Running { url, new_key: (!had_key && key_file.exists()).then_some(key_file), tasks })
}

/// What `--only` can name.
fn everybody() -> impl Iterator<Item = &'static str> {
    SERVICES.into_iter().map(|def| def.name).chain([GATEWAY])
}

fn check_names(only: &[String]) -> anyhow::Result<()> {
    let known: Vec<&str> = everybody().collect();
    match only.iter().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => bail!("there is no service called {unknown}; there are {}", known.join(", ")),
        None => Ok(()),
    }
}

fn serve(
    listener: TcpListener,
    shared: &Shared,
    services: &[Service],
    gateway: Option<Gateway>,
    tasks: &Tasks,
) -> anyhow::Result<()> {
    let pages = services.iter().fold(Router::new(), |router, service| router.merge(service.parts.http.clone()));
    let stop = tasks.stop();
    let router = match gateway {
        Some(gateway) => {
            let (draining, stopped) = (gateway.clone(), stop.clone());
            tasks.spawn("drain", async move {
                stopped.cancelled().await;
                draining.drain();
                Ok(())
            });
            tasks.spawn("rights", rights::follow(shared.bus.clone(), gateway.clone(), stop.clone()));
            let api = rights::forgets(gateway.clone(), guarded(services, gateway.door()));
            gateway::router(gateway.clone()).merge(rest::router(gateway)?).merge(api).merge(pages)
        }
        None => {
            let door = Door::new(Rules::read(&shared.config.gateway)?, shared.clock.clone());
            services
                .iter()
                .fold(pages, |router, service| {
                    let subgraph = http::subgraph(service.parts.subgraph.clone(), shared.tokens.clone());
                    // One service is where it is when it runs alone; several stand side by side.
                    if services.len() == 1 {
                        router.merge(subgraph)
                    } else {
                        router.nest(&format!("/{}", service.def.name), subgraph)
                    }
                })
                .merge(guarded(services, &door))
                .merge(door.elsewhere(http::refusal))
                .merge(http::health(readiness(services)))
        }
    };
    tasks.spawn("http", http::serve(listener, router, stop));
    Ok(())
}

/// What the services serve to clients beside GraphQL.
fn guarded(services: &[Service], door: &Door) -> Router {
    services.iter().fold(Router::new(), |router, service| router.merge(service.parts.guarded(door)))
}

fn readiness(services: &[Service]) -> Readiness {
    let databases: Vec<_> = services.iter().map(|service| (service.def.name, service.context.db.clone())).collect();
    std::sync::Arc::new(move || {
        let databases = databases.clone();
        Box::pin(async move {
            for (name, db) in databases {
                let answer: Result<i32, _> = with_db!(db, pool => sqlx::query_scalar("select 1").fetch_one(pool).await);
                answer.map_err(|_| format!("the {name} service's database"))?;
            }
            Ok(())
        })
    })
}

#[expect(clippy::print_stdout, reason = "whoever started the process reads this")]
fn announce_key(running: &Running) -> anyhow::Result<()> {
    if let Some(file) = &running.new_key {
        let key = std::fs::read_to_string(file).context("the new admin key")?;
        println!("admin key: {} (also in {})", key.trim(), file.display());
    }
    println!("listening on {}", running.url);
    Ok(())
}
