//! `pipewright-gateway`: serves any supergraph.

use std::{collections::HashMap, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};
use kernel::Clock;
use pipewright_gateway::{
    Gateway, GatewayParts, HttpAuthenticator, HttpSubgraph, Limits, Policy, Probe, Resilience, Source, Supergraph,
    SupergraphError, rights, router,
};
use platform::{
    auth::{ActorTokens, Authenticator, check_secret},
    config::{Config, ConfigError, Layers, LogConfig, Secret},
    graphql::Subgraph,
    hearing::HEARS_WITHIN,
    http,
    lifecycle::Tasks,
    telemetry,
};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

/// Serves a supergraph at /graphql, with a playground at /, and /live, /ready and /metrics.
#[derive(Parser)]
#[command(name = "pipewright-gateway", version)]
struct Args {
    /// The supergraph's SDL: a file or an http(s) URL.
    #[arg(long, value_name = "FILE|URL")]
    supergraph: String,
    /// Configuration file; of its settings those of the sections `gateway`, `bus` and `log` count, and `listen`
    /// [default: pipewright.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:4000]
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Who may come in: holders of an API key that the identity service knows, or everybody.
    #[arg(long, value_enum, default_value = "identity")]
    auth: Auth,
    /// Base URL of the identity service.
    #[arg(long, value_name = "URL", required_if_eq("auth", "identity"))]
    identity: Option<String>,
    /// The services' bus (`nats://HOST:PORT`), on which identity tells whose rights have changed: what is remembered of
    /// them then counts no longer. Left out, the setting `bus.url`; without either it counts for its few seconds.
    /// [env: PIPEWRIGHT__BUS__URL]
    #[arg(long, value_name = "URL")]
    bus: Option<String>,
    /// The secret shared with the services, which signs on whose behalf the gateway asks.
    /// [env: PIPEWRIGHT__GATEWAY__ACTOR_SECRET]
    #[arg(long, value_name = "SECRET")]
    actor_secret: Option<String>,
    /// A file that holds the secret.
    #[arg(long, value_name = "FILE", conflicts_with = "actor_secret")]
    actor_secret_file: Option<PathBuf>,
    /// Seconds to wait for a subgraph; left out, the setting `gateway.subgraph_timeout_seconds`.
    #[arg(long, value_name = "SECONDS")]
    subgraph_timeout: Option<u64>,
    /// Seconds between two looks at the supergraph; 0 looks only on SIGHUP.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    reload_seconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Auth {
    Identity,
    None,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let config = layers(&args).and_then(|layers| layers.config());
    telemetry::init(&config.as_ref().map_or_else(|_| LogConfig::default(), |config| config.log.clone()));
    telemetry::init_metrics();
    let served = match config {
        Ok(config) => serve(args, config).await,
        Err(error) => Err(error.into()),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn layers(args: &Args) -> Result<Layers, ConfigError> {
    let layers = Layers::load(args.config.as_deref())?;
    Ok(match &args.bus {
        Some(url) => layers.flag("--bus", "bus.url", url),
        None => layers,
    })
}

async fn serve(args: Args, config: Config) -> anyhow::Result<()> {
    // reqwest finds its TLS here. An error only says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A redirect would take the actor token elsewhere.
    let client = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        // Sooner than our own server closes an idle connection: what is sent just then would be lost.
        .pool_idle_timeout(http::REUSED_WITHIN)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .context("the HTTP client cannot be made")?;
    let clock = Clock::system();
    let tokens = secret(&args, &config)?.map(|secret| ActorTokens::new(secret.as_bytes(), clock.clone()));
    let authenticator = authenticator(&args, &client, tokens.as_ref())?;
    let bus = bus(&args, &config)?;
    // It may be anywhere, unlike the services.
    let outside = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
    let mut source = Source::new(&args.supergraph, outside);
    let sdl = source.changed().await?.unwrap_or_default();
    let (limits, policy) = (Limits::from(&config.gateway), Policy::read(&config.gateway)?);
    let timeout = Duration::from_secs(args.subgraph_timeout.unwrap_or(config.gateway.subgraph_timeout_seconds));
    let far = Far { client, tokens, timeout, limits: limits.clone() };
    let (subgraphs, probes) = far.subgraphs(&sdl)?;
    // Whoever has our identity service has our services, which learn from each other by events.
    let hears_within = if args.auth == Auth::Identity { HEARS_WITHIN } else { Duration::ZERO };
    let parts = GatewayParts {
        supergraph_sdl: &sdl,
        subgraphs,
        probes,
        authenticator,
        metrics: Arc::new(telemetry::render_metrics),
        limits,
        policy,
        clock: clock.clone(),
    };
    let gateway = Gateway::resilient(parts, Resilience { hears_within, ..Resilience::default() })?;
    let address = args.listen.unwrap_or_else(|| config.listen.to_string());
    let listener = TcpListener::bind(&address).await.with_context(|| format!("cannot listen on {address}"))?;
    // Before anybody knows the process and may send it a signal.
    let hangup = signal(SignalKind::hangup())?;
    announce(&listener)?;
    let tasks = Tasks::new();
    let every = (args.reload_seconds > 0).then(|| Duration::from_secs(args.reload_seconds));
    tasks.spawn("reload", watch(source, far, gateway.clone(), every, hangup, tasks.stop()));
    let (draining, stop) = (gateway.clone(), tasks.stop());
    tasks.spawn("drain", async move {
        stop.cancelled().await;
        draining.drain();
        Ok(())
    });
    if let Some(bus) = bus {
        tasks.spawn("rights", rights::follow_at(bus, clock, gateway.clone(), tasks.stop()));
    }
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

/// Where identity tells whose rights have changed, if that can be heard here: a local bus is of one process.
fn bus(args: &Args, config: &Config) -> anyhow::Result<Option<Secret>> {
    let url = config.bus.url.expose();
    if args.auth == Auth::None || url.is_empty() {
        return Ok(None);
    }
    if !url.starts_with("nats:") && !url.starts_with("tls:") {
        bail!(
            "the gateway hears nothing but NATS: the bus (--bus, bus.url, PIPEWRIGHT__BUS__URL) must start with nats: \
             or tls:, or be empty"
        );
    }
    Ok(Some(config.bus.url.clone()))
}

fn secret(args: &Args, config: &Config) -> anyhow::Result<Option<String>> {
    let secret = match &args.actor_secret_file {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            Some(text.trim_end().to_owned())
        }
        None => {
            let configured = &config.gateway.actor_secret;
            args.actor_secret.clone().or_else(|| (!configured.is_empty()).then(|| configured.expose().to_owned()))
        }
    };
    secret.as_deref().map(check_secret).transpose()?;
    Ok(secret)
}

/// How the subgraphs of a supergraph are reached. Connections outlive a reload.
struct Far {
    client: reqwest::Client,
    tokens: Option<ActorTokens>,
    timeout: Duration,
    limits: Limits,
}

type Subgraphs = (HashMap<String, Arc<dyn Subgraph>>, HashMap<String, Probe>);

impl Far {
    fn subgraphs(&self, sdl: &str) -> Result<Subgraphs, SupergraphError> {
        let mut subgraphs: HashMap<String, Arc<dyn Subgraph>> = HashMap::new();
        let mut probes = HashMap::new();
        for (name, url) in Supergraph::urls(sdl)? {
            let subgraph = HttpSubgraph::new(&name, url, self.client.clone(), self.tokens.clone(), self.timeout);
            let subgraph = subgraph.limits(&self.limits);
            probes.insert(name.clone(), subgraph.probe());
            subgraphs.insert(name, Arc::new(subgraph));
        }
        Ok((subgraphs, probes))
    }
}

/// Serves what the source says, as soon as it says something new: looked at `every` so often and on SIGHUP.
/// What cannot be served changes nothing.
async fn watch(
    mut source: Source,
    far: Far,
    gateway: Gateway,
    every: Option<Duration>,
    mut hangup: Signal,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let far = Arc::new(far);
    loop {
        let due = async {
            match every {
                Some(every) => tokio::time::sleep(every).await,
                None => std::future::pending().await,
            }
        };
        let found = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = due => source.changed().await,
            _ = hangup.recv() => source.read_again().await,
        };
        match found {
            Ok(None) => {}
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the supergraph stays as it is"),
            Ok(Some(sdl)) => {
                let (far, gateway) = (far.clone(), gateway.clone());
                // To make it ready takes a while, and the planner may panic.
                let reloaded = tokio::task::spawn_blocking(move || {
                    let (subgraphs, probes) = far.subgraphs(&sdl)?;
                    gateway.reload(&sdl, subgraphs, probes)
                });
                match reloaded.await.map_err(anyhow::Error::from).and_then(|done| done.map_err(Into::into)) {
                    Ok(()) => tracing::info!(%source, "serving another supergraph"),
                    Err(error) => tracing::error!("the new supergraph is refused, the old one stays: {error:#}"),
                }
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "whoever started the process waits for this line")]
fn announce(listener: &TcpListener) -> anyhow::Result<()> {
    println!("listening on http://{}", listener.local_addr()?);
    Ok(())
}
