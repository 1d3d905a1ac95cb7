//! A service as a value, and how one runs: the same relay, handlers and jobs in one process and in twelve.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::Router;
use chrono::TimeDelta;
use futures::future::BoxFuture;
use kernel::Clock;
use tokio_util::sync::CancellationToken;

use crate::{
    Db, Outbox,
    auth::{ActorTokens, Authenticator},
    bus::{Bus, Consumer, DUPLICATE_WINDOW},
    config::Config,
    db::{Fence, Migrations},
    door::{Door, refusal_page},
    graphql::Subgraph,
    http,
    inbox::{Handler, Inbox},
    lifecycle::Tasks,
    prune,
};

/// Events a handler takes in one transaction.
const HANDLE_BATCH: usize = 128;
/// How long a fetch waits for the first event; bounds how late a stop is noticed.
const FETCH_WAIT: Duration = Duration::from_secs(2);
/// How often the relay looks without being woken: for rows of a process that died before waking it.
const RELAY_IDLE: Duration = Duration::from_secs(1);
/// What was published that long before a start is published again: longer than the bus takes to flush to disk.
const PUBLISH_AGAIN: TimeDelta = TimeDelta::minutes(5);
const _: () = assert!((PUBLISH_AGAIN.num_seconds() as u64) < DUPLICATE_WINDOW.as_secs(), "the bus drops what it has");
/// Pause after an infrastructure failure, so that a dead database is not hammered.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Everything the platform must know of a service.
#[derive(Clone, Copy)]
pub struct ServiceDef {
    /// The name in URLs, subjects, the supergraph and `--only`.
    pub name: &'static str,
    pub migrations: Migrations,
    /// Where it listens by default when it runs alone.
    pub port: u16,
    pub build: fn(ServiceContext) -> BoxFuture<'static, anyhow::Result<Parts>>,
    /// The subgraph's SDL, without a database.
    pub sdl: fn() -> String,
}

/// What a service is given to build itself.
#[derive(Debug, Clone)]
pub struct ServiceContext {
    pub db: Db,
    pub outbox: Outbox,
    pub bus: Bus,
    pub clock: Clock,
    pub config: Arc<Config>,
    pub tokens: ActorTokens,
}

/// What a service is made of, once built.
pub struct Parts {
    pub subgraph: Arc<dyn Subgraph>,
    /// Routes for clients beside GraphQL, served behind the door.
    pub api: Router,
    /// Pages for people (`/u/{token}`).
    pub http: Router,
    /// Routes for gateways in other processes; not served where the gateway is in this one.
    pub internal: Router,
    pub handlers: Vec<Handler>,
    pub jobs: Vec<Job>,
    /// Set by identity alone.
    pub authenticator: Option<Arc<dyn Authenticator>>,
}

impl Parts {
    pub fn new(subgraph: Arc<dyn Subgraph>) -> Self {
        Self {
            subgraph,
            api: Router::new(),
            http: Router::new(),
            internal: Router::new(),
            handlers: Vec::new(),
            jobs: Vec::new(),
            authenticator: None,
        }
    }
}

impl Parts {
    /// The routes for clients, behind `door`.
    pub fn guarded(&self, door: &Door) -> Router {
        door.guarded(self.api.clone(), "GET, POST", http::refusal)
    }

    /// The pages for people, beside `door`.
    pub fn pages(&self, door: &Door) -> Router {
        door.unguarded(self.http.clone(), refusal_page)
    }
}

/// Work that no event starts: sending what is due, committing an index.
#[derive(Clone)]
pub struct Job {
    pub name: &'static str,
    /// How long to rest when there was nothing to do.
    pub every: Duration,
    /// Does a bounded amount and says whether there was any.
    pub run: Arc<dyn Fn() -> JobRun + Send + Sync>,
}

/// One run of a [`Job`].
pub type JobRun = BoxFuture<'static, anyhow::Result<bool>>;

/// A built service with its database, ready to be started or pumped.
pub struct Service {
    pub def: ServiceDef,
    pub context: ServiceContext,
    pub parts: Parts,
    inboxes: Vec<Inbox>,
    consumers: tokio::sync::Mutex<HashMap<&'static str, Consumer>>,
}

impl Service {
    /// Opens the database, migrates it and builds the parts.
    pub async fn open(
        def: ServiceDef,
        bus: Bus,
        clock: Clock,
        config: Arc<Config>,
        tokens: ActorTokens,
    ) -> anyhow::Result<Self> {
        use anyhow::Context;
        let db = Db::connect(&config.database_url(def.name))
            .await
            .with_context(|| format!("the {} service's database", def.name))?;
        def.migrations.apply(&db).await.with_context(|| format!("the {} service's database", def.name))?;
        match db.fence().await? {
            Fence::None | Fence::Up => {}
            down => tracing::warn!(service = def.name, "the fence between workspaces is down: {down}"),
        }
        let outbox = Outbox::new(def.name, db.clone(), clock.clone());
        let context =
            ServiceContext { db: db.clone(), outbox: outbox.clone(), bus: bus.clone(), clock, config, tokens };
        let mut parts =
            (def.build)(context.clone()).await.with_context(|| format!("starting the {} service", def.name))?;
        parts.jobs.push(prune::job(&context));
        let mut consumers = HashMap::new();
        for handler in &parts.handlers {
            consumers.insert(handler.name, bus.consumer(handler.name, handler.subjects).await?);
        }
        let inboxes =
            parts.handlers.iter().map(|handler| Inbox::new(handler.clone(), db.clone(), outbox.clone())).collect();
        Ok(Self { def, context, parts, inboxes, consumers: tokio::sync::Mutex::new(consumers) })
    }

    pub fn inboxes(&self) -> &[Inbox] {
        &self.inboxes
    }

    /// Starts relay, handlers and jobs in the background.
    pub async fn start(&self, tasks: &Tasks) {
        let stop = tasks.stop();
        // It stops last, when nobody is left who could commit an event.
        let relay = relay(self.def.name, self.context.outbox.clone(), self.context.bus.clone(), tasks.flush());
        tasks.spawn_last(self.def.name, relay);
        let mut consumers = self.consumers.lock().await;
        for inbox in &self.inboxes {
            if let Some(consumer) = consumers.remove(inbox.handler().name) {
                tasks.spawn(inbox.handler().name, handle(inbox.clone(), consumer, stop.clone()));
            }
        }
        for job in &self.parts.jobs {
            tasks.spawn(job.name, repeat(job.clone(), stop.clone()));
        }
    }

    /// Runs relay, handlers and jobs once, for tests that want no background; says whether there was work.
    pub async fn pump(&self) -> anyhow::Result<bool> {
        let mut worked = self.context.outbox.relay(&self.context.bus).await? > 0;
        let mut consumers = self.consumers.lock().await;
        for inbox in &self.inboxes {
            if let Some(consumer) = consumers.get_mut(inbox.handler().name) {
                worked |= take_batch(inbox, consumer, Duration::ZERO).await? > 0;
            }
        }
        for job in &self.parts.jobs {
            worked |= (job.run)().await?;
        }
        Ok(worked)
    }
}

async fn relay(service: &'static str, outbox: Outbox, bus: Bus, stop: CancellationToken) -> anyhow::Result<()> {
    if let Err(error) = outbox.publish_again(PUBLISH_AGAIN).await {
        tracing::warn!(service, error = &error as &dyn std::error::Error, "the last events are not published again");
    }
    loop {
        let pause = match outbox.relay(&bus).await {
            Ok(0) if stop.is_cancelled() => return Ok(()),
            Ok(0) => RELAY_IDLE,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(service, error = &error as &dyn std::error::Error, "the relay waits");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = outbox.woken() => {}
            () = tokio::time::sleep(pause) => {}
            // Once more round, to flush what was committed last.
            () = stop.cancelled() => if pause == AFTER_FAILURE { return Ok(()) },
        }
    }
}

async fn handle(inbox: Inbox, mut consumer: Consumer, stop: CancellationToken) -> anyhow::Result<()> {
    let handler = inbox.handler().name;
    while !stop.is_cancelled() {
        let taken = tokio::select! {
            taken = take_batch(&inbox, &mut consumer, FETCH_WAIT) => taken,
            () = stop.cancelled() => return Ok(()),
        };
        if let Err(error) = taken {
            tracing::warn!(handler, error = &*error as &dyn std::error::Error, "the handler waits");
            rest(AFTER_FAILURE, &stop).await;
        }
    }
    Ok(())
}

async fn take_batch(inbox: &Inbox, consumer: &mut Consumer, wait: Duration) -> anyhow::Result<usize> {
    let deliveries = consumer.fetch(HANDLE_BATCH, wait).await?;
    let count = deliveries.len();
    if count > 0 {
        // In an outage the batch is held: given back, its events would come again at once and lose attempts.
        let settled = loop {
            match inbox.take(&deliveries).await {
                Ok(settled) => break settled,
                Err(outage) => {
                    let handler = inbox.handler().name;
                    tracing::warn!(handler, error = &outage as &dyn std::error::Error, "the handler waits");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        };
        consumer.settle(deliveries.into_iter().zip(settled).collect()).await?;
    }
    Ok(count)
}

async fn repeat(job: Job, stop: CancellationToken) -> anyhow::Result<()> {
    while !stop.is_cancelled() {
        match (job.run)().await {
            Ok(true) => {}
            Ok(false) => rest(job.every, &stop).await,
            Err(error) => {
                tracing::warn!(job = job.name, error = format!("{error:#}"), "the job waits");
                rest(AFTER_FAILURE, &stop).await;
            }
        }
    }
    Ok(())
}

async fn rest(pause: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = stop.cancelled() => {}
    }
}

/// The program of a service that runs alone.
pub mod standalone {
    use std::process::ExitCode;

    use super::*;
    use crate::{auth::check_secret, config::Layers, door::Rules, http::Readiness, telemetry, with_db};

    /// As in clap, which the programs with more to say use.
    const MISUSED: u8 = 2;

    /// Runs `def` until it is told to stop. The thin binaries call this. They take no arguments: one that nobody reads
    /// must not pass for a setting.
    #[expect(clippy::print_stdout, clippy::print_stderr, reason = "what was asked for on the command line")]
    pub fn main(def: ServiceDef) -> anyhow::Result<ExitCode> {
        let Some(argument) = std::env::args_os().nth(1) else {
            tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(def))?;
            return Ok(ExitCode::SUCCESS);
        };
        let argument = argument.to_string_lossy();
        match &*argument {
            "-h" | "--help" => println!("{}", help(def)),
            "-V" | "--version" => println!("{}", version(def)),
            _ => {
                // What stands behind it may be a secret.
                let name = argument.split('=').next().unwrap_or_default();
                eprintln!("error: unexpected argument '{name}'\n\nFor what can be set, and how, try '--help'.");
                return Ok(ExitCode::from(MISUSED));
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn version(def: ServiceDef) -> String {
        format!("pipewright-{} {}", def.name, env!("CARGO_PKG_VERSION"))
    }

    fn help(def: ServiceDef) -> String {
        let ServiceDef { name, port, .. } = def;
        format!(
            "The {name} service alone

Usage: pipewright-{name} [--help | --version]

What can be set comes from pipewright.toml in the working directory and, before it, from the environment:
PIPEWRIGHT__SECTION__KEY, a secret also from the file that PIPEWRIGHT__SECTION__KEY_FILE names.

  PIPEWRIGHT__GATEWAY__ACTOR_SECRET  needed: a random text, the same for the gateway and every service
  PIPEWRIGHT__DATABASE__URL          postgres://USER:PASSWORD@HOST/DATABASE [default: a file in the data directory]
  PIPEWRIGHT__BUS__URL               nats://HOST:PORT [default: a file in the data directory]
  PIPEWRIGHT__DATA_DIR               the data directory [default: .pipewright]
  PIPEWRIGHT__LISTEN                 where to listen; port 0 takes a free one [default: 127.0.0.1:{port}]

`pipewright config print` shows all of them, as they are set, and where each comes from."
        )
    }

    async fn run(def: ServiceDef) -> anyhow::Result<()> {
        let layers = Layers::load(None)?;
        let mut config = layers.config()?;
        telemetry::init(&config.log);
        telemetry::init_metrics();
        let _ = rustls::crypto::ring::default_provider().install_default();
        anyhow::ensure!(
            !config.gateway.actor_secret.is_empty(),
            "gateway.actor_secret is not set: a service that runs alone shares one with the gateway (PIPEWRIGHT__GATEWAY__ACTOR_SECRET)"
        );
        check_secret(config.gateway.actor_secret.expose())?;
        if config.listen == Config::default().listen {
            config.listen.set_port(def.port);
        }
        let clock = Clock::system();
        let bus = Bus::connect(&config.bus_url(), clock.clone()).await?;
        let tokens = ActorTokens::new(config.gateway.actor_secret.expose().as_bytes(), clock.clone());
        let listener = http::bind(config.listen).await?;
        config.listen = listener.local_addr()?;
        if config.mail.public_url.is_empty() {
            config.mail.public_url = format!("http://{}", config.listen);
        }
        let door = Door::new(Rules::read(&config.gateway)?, clock.clone());
        let service = Service::open(def, bus, clock, Arc::new(config), tokens).await?;
        let tasks = Tasks::new();
        service.start(&tasks).await;
        announce(&listener)?;
        tasks.spawn("http", http::serve(listener, router(&service, &door), tasks.stop()));
        tasks.run_until_stopped().await
    }

    /// Everything that a service serves at its own address: to gateways and probes, to clients and to people.
    pub fn router(service: &Service, door: &Door) -> Router {
        let Service { parts, context, .. } = service;
        let machines = http::subgraph(parts.subgraph.clone(), context.tokens.clone())
            .merge(parts.internal.clone())
            .merge(http::health(readiness(context.db.clone())));
        door.unguarded(machines, http::refusal)
            .merge(parts.guarded(door))
            .merge(parts.pages(door))
            .merge(door.elsewhere(http::refusal))
    }

    fn readiness(db: Db) -> Readiness {
        Arc::new(move || {
            let db = db.clone();
            Box::pin(async move {
                let answer: Result<i32, sqlx::Error> =
                    with_db!(db, pool => sqlx::query_scalar("select 1").fetch_one(pool).await);
                answer.map(|_| ()).map_err(|_| "database".to_owned())
            })
        })
    }

    /// Says where the process listens, for people and for the scripts that start it.
    #[expect(clippy::print_stdout, reason = "this line is the program's interface")]
    pub fn announce(listener: &tokio::net::TcpListener) -> std::io::Result<()> {
        println!("listening on http://{}", listener.local_addr()?);
        Ok(())
    }
}
