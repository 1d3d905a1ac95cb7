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
    let stop = tasks.stop();
    let router = match gateway {
        Some(gateway) => {
            let (draining, stopped) = (gateway.clone(), stop.clone());
            tasks.spawn("drain", async move {
                stopped.cancelled().await;
                draining.drain();
                Ok(())
            });
            tasks.spawn("rights", gateway::rights::follow(shared.bus.clone(), gateway.clone(), stop.clone()));
            let door = gateway.door();
            let api = rights::forgets(gateway.clone(), guarded(services, door));
            let pages = pages(services, door);
            gateway::router(gateway.clone()).merge(rest::router(gateway)?).merge(api).merge(pages)
        }
        None => {
            let door = Door::new(Rules::read(&shared.config.gateway)?, shared.clock.clone());
            door.unguarded(machines(services, shared), http::refusal)
                .merge(guarded(services, &door))
                .merge(pages(services, &door))
                .merge(door.elsewhere(http::refusal))
        }
    };
    tasks.spawn("http", http::serve(listener, router, stop));
    Ok(())
}

/// What gateways in other processes ask of the services, and probes of this one.
fn machines(services: &[Service], shared: &Shared) -> Router {
    services.iter().fold(http::health(readiness(services)), |router, service| {
        let subgraph = http::subgraph(service.parts.subgraph.clone(), shared.tokens.clone());
        let router = router.merge(service.parts.internal.clone());
        // One service is where it is when it runs alone; several stand side by side.
        if services.len() == 1 {
            router.merge(subgraph)
        } else {
            router.nest(&format!("/{}", service.def.name), subgraph)
        }
    })
}

/// What the services show to people.
fn pages(services: &[Service], door: &Door) -> Router {
    services.iter().fold(Router::new(), |router, service| router.merge(service.parts.pages(door)))
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

#[cfg(test)]
mod tests {
    use platform::config::Secret;
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    async fn started(folder: &TempDir, only: &[&str]) -> Running {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        config.listen.set_port(0);
        config.gateway.actor_secret = Secret::new("secret-of-the-test-0123456789abcdef");
        let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
        start(config, &only).await.unwrap()
    }

    /// What a client looks at first: status, content type and `Allow`; then the text.
    async fn answer(request: reqwest::RequestBuilder) -> ((u16, String, String), String) {
        let answer = request.send().await.unwrap();
        let told = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let head = (answer.status().as_u16(), told("content-type"), told("allow"));
        (head, answer.text().await.unwrap())
    }

    #[tokio::test]
    async fn whatever_the_platform_refuses_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let (running, client) = (started(&folder, &[]).await, reqwest::Client::new());
        let url = |path: &str| format!("{}{path}", running.url);
        let (json, problem, html) = ("application/json", "application/problem+json", "text/html; charset=utf-8");
        let of_graphql = "application/json; charset=utf-8";
        for (method, path, status, media, allow, says) in [
            ("PUT", "/graphql", 405, of_graphql, "GET, HEAD, POST, OPTIONS", "METHOD_NOT_ALLOWED"),
            ("DELETE", "/openapi.json", 405, problem, "GET,HEAD", "METHOD_NOT_ALLOWED"),
            ("GET", "/auth/sign-in", 405, json, "POST", "METHOD_NOT_ALLOWED"),
            ("POST", "/live", 405, json, "GET,HEAD", "METHOD_NOT_ALLOWED"),
            ("POST", "/ready", 405, json, "GET,HEAD", "METHOD_NOT_ALLOWED"),
            ("POST", "/metrics", 405, json, "GET,HEAD", "METHOD_NOT_ALLOWED"),
            ("POST", "/", 405, html, "GET,HEAD", "METHOD_NOT_ALLOWED"),
            ("POST", "/assets/nothing.js", 405, html, "GET,HEAD", "METHOD_NOT_ALLOWED"),
            ("GET", "/assets/nothing.js", 404, html, "", "NOT_FOUND"),
            ("PUT", "/u/nothing", 405, html, "GET,HEAD,POST", "METHOD_NOT_ALLOWED"),
            ("GET", "/u/nothing", 404, html, "", "This link is not valid"),
            ("PATCH", "/dev/mail", 405, html, "GET,HEAD", "METHOD_NOT_ALLOWED"),
            ("GET", "/nowhere", 404, json, "", "NOT_FOUND"),
        ] {
            let method: reqwest::Method = method.parse().unwrap();
            let (head, text) = answer(client.request(method.clone(), url(path))).await;
            assert_eq!(head, (status, media.to_owned(), allow.to_owned()), "{method} {path}");
            assert!(text.contains(says), "{method} {path}: {text}");
        }
        let (head, text) = answer(client.get(url("/dev/mail")).header("x-forwarded-for", "192.0.2.1")).await;
        assert_eq!(head, (404, html.to_owned(), String::new()));
        assert!(text.contains("NOT_FOUND"), "{text}");
        running.tasks.drain().await;
    }

    #[tokio::test]
    async fn whom_a_key_stands_for_is_told_to_gateways_elsewhere_and_not_beside_the_gateway() {
        let (alone, beside) = ((401, "UNAUTHENTICATED"), (404, "NOT_FOUND"));
        let everybody = Vec::new();
        for (only, (status, code)) in
            [(vec!["identity"], alone), (vec!["gateway", "identity"], beside), (everybody, beside)]
        {
            let folder = tempfile::tempdir().unwrap();
            let running = started(&folder, &only).await;
            let request = reqwest::Client::new().post(format!("{}/internal/authenticate", running.url));
            let (head, text) = answer(request.json(&json!({ "credential": "pw_unknown" }))).await;
            assert_eq!(head, (status, "application/json".to_owned(), String::new()), "{only:?}");
            assert!(text.contains(code), "{only:?}: {text}");
            running.tasks.drain().await;
        }
    }
}
