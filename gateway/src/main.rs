//! `pipewright-gateway`: serves any supergraph.

use std::{collections::HashMap, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};
use kernel::Clock;
use pipewright_gateway::{Gateway, GatewayParts, HttpAuthenticator, HttpSubgraph, Limits, Supergraph, router};
use platform::{
    auth::{ActorTokens, Authenticator, check_secret},
    config::LogConfig,
    graphql::Subgraph,
    http,
    lifecycle::Tasks,
    telemetry,
};
use tokio::net::TcpListener;

/// Serves a supergraph at /graphql, with a playground at /, and /live, /ready and /metrics.
#[derive(Parser)]
#[command(name = "pipewright-gateway", version)]
struct Args {
    /// The supergraph's SDL: a file or an http(s) URL.
    #[arg(long, value_name = "FILE|URL")]
    supergraph: String,
    /// Where to listen.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4000")]
    listen: String,
    /// Who may come in: holders of an API key that the identity service knows, or everybody.
    #[arg(long, value_enum, default_value = "identity")]
    auth: Auth,
    /// Base URL of the identity service.
    #[arg(long, value_name = "URL", required_if_eq("auth", "identity"))]
    identity: Option<String>,
    /// The secret shared with the services, which signs on whose behalf the gateway asks.
    #[arg(long, env = "PIPEWRIGHT__GATEWAY__ACTOR_SECRET", hide_env_values = true, value_name = "SECRET")]
    actor_secret: Option<String>,
    /// A file that holds the secret.
    #[arg(long, value_name = "FILE", conflicts_with = "actor_secret")]
    actor_secret_file: Option<PathBuf>,
    /// Seconds to wait for a subgraph.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    subgraph_timeout: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Auth {
    Identity,
    None,
}

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::init(&LogConfig::default());
    telemetry::init_metrics();
    match serve(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(args: Args) -> anyhow::Result<()> {
    // reqwest finds its TLS here. An error only says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A redirect would take the actor token elsewhere.
    let client = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .context("the HTTP client cannot be made")?;
    let clock = Clock::system();
    let tokens = secret(&args)?.map(|secret| ActorTokens::new(secret.as_bytes(), clock.clone()));
    let authenticator = authenticator(&args, &client, tokens.as_ref())?;
    let sdl = read_supergraph(&args.supergraph).await?;
    let timeout = Duration::from_secs(args.subgraph_timeout);
    let limits = Limits::default();
    let mut subgraphs: HashMap<String, Arc<dyn Subgraph>> = HashMap::new();
    let mut probes = HashMap::new();
    for (name, url) in Supergraph::parse(&sdl)?.subgraphs {
        let subgraph = HttpSubgraph::new(&name, url, client.clone(), tokens.clone(), timeout).limits(&limits);
        probes.insert(name.clone(), subgraph.probe());
        subgraphs.insert(name, Arc::new(subgraph));
    }
    let gateway = Gateway::new(GatewayParts {
        supergraph_sdl: &sdl,
        subgraphs,
        probes,
        authenticator,
        metrics: Arc::new(telemetry::render_metrics),
        limits,
        clock,
    })?;
    let listener =
        TcpListener::bind(&args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    announce(&listener)?;
    let tasks = Tasks::new();
    let (draining, stop) = (gateway.clone(), tasks.stop());
    tasks.spawn("drain", async move {
        stop.cancelled().await;
        draining.drain();
        Ok(())
    });
    tasks.spawn("http", http::serve(listener, router(gateway), tasks.stop()));
    tasks.run_until_stopped().await
}

fn authenticator(
    args: &Args,
    client: &reqwest::Client,
    tokens: Option<&ActorTokens>,
) -> anyhow::Result<Option<Arc<dyn Authenticator>>> {
    match (args.auth, &args.identity, tokens) {
        (Auth::None, _, _) => Ok(None),
        (Auth::Identity, Some(identity), Some(tokens)) => {
            Ok(Some(Arc::new(HttpAuthenticator::new(client.clone(), identity, tokens.clone()))))
        }
        (Auth::Identity, ..) => bail!(
            "authentication needs --identity and the secret shared with the services \
             (PIPEWRIGHT__GATEWAY__ACTOR_SECRET or --actor-secret-file); --auth none lets everybody in"
        ),
    }
}

fn secret(args: &Args) -> anyhow::Result<Option<String>> {
    let secret = match &args.actor_secret_file {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            Some(text.trim_end().to_owned())
        }
        None => args.actor_secret.clone(),
    };
    secret.as_deref().map(check_secret).transpose()?;
    Ok(secret)
}

async fn read_supergraph(place: &str) -> anyhow::Result<String> {
    let reading = || format!("cannot read the supergraph from {place}");
    if place.starts_with("http://") || place.starts_with("https://") {
        let response = reqwest::get(place).await.and_then(reqwest::Response::error_for_status);
        return response.with_context(reading)?.text().await.with_context(reading);
    }
    tokio::fs::read_to_string(place).await.with_context(reading)
}

#[expect(clippy::print_stdout, reason = "whoever started the process waits for this line")]
fn announce(listener: &TcpListener) -> anyhow::Result<()> {
    println!("listening on http://{}", listener.local_addr()?);
    Ok(())
}
