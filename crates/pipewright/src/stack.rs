//! The platform as one value: which services there are, and how they stand behind the gateway, in this
//! process or away.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Context;
use gateway::{Gateway, GatewayParts, HttpAuthenticator, HttpSubgraph, Limits, Policy, Probe, Resilience, SubgraphSdl};
use kernel::Clock;
use platform::{
    Db, ServiceDef,
    auth::{ActorTokens, Authenticator, check_secret},
    bus::Bus,
    config::{Config, Secret},
    graphql::Subgraph,
    hearing::HEARS_WITHIN,
    http,
    service::Service,
    telemetry, with_db,
};

/// Every service, in the order in which they start: identity first, since it makes the workspace.
pub const SERVICES: [ServiceDef; 7] = [
    identity::SERVICE,
    lead::SERVICE,
    enrichment::SERVICE,
    routing::SERVICE,
    cadence::SERVICE,
    pipeline::SERVICE,
    search::SERVICE,
];

/// How `--only` calls the gateway.
pub const GATEWAY: &str = "gateway";

/// What all services of this process share.
pub struct Shared {
    pub bus: Bus,
    pub clock: Clock,
    pub config: Arc<Config>,
    pub tokens: ActorTokens,
}

impl Shared {
    pub async fn connect(mut config: Config) -> anyhow::Result<Self> {
        let clock = Clock::system();
        if config.gateway.actor_secret.is_empty() {
            config.gateway.actor_secret = random_secret(&clock);
        }
        check_secret(config.gateway.actor_secret.expose())?;
        let tokens = ActorTokens::new(config.gateway.actor_secret.expose().as_bytes(), clock.clone());
        let bus = Bus::connect(&config.bus_url(), clock.clone()).await.context("the bus")?;
        Ok(Self { bus, clock, config: Arc::new(config), tokens })
    }

    /// Opens one service: connects, migrates and builds it. Nothing runs yet.
    pub async fn open(&self, def: ServiceDef) -> anyhow::Result<Service> {
        Service::open(def, self.bus.clone(), self.clock.clone(), self.config.clone(), self.tokens.clone()).await
    }

    /// Opens the services that `wanted` picks.
    pub async fn open_all(&self, wanted: impl Fn(&ServiceDef) -> bool) -> anyhow::Result<Vec<Service>> {
        let mut services = Vec::new();
        for def in SERVICES.into_iter().filter(wanted) {
            services.push(self.open(def).await?);
        }
        Ok(services)
    }

    /// The gateway over every service: those of `here` in process, the others at their addresses.
    pub fn gateway(&self, here: &[Service]) -> anyhow::Result<Gateway> {
        // On this machine no proxy stands between, and a redirect would take the actor token elsewhere.
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(2))
            // Sooner than our own server closes an idle connection: what is sent just then would be lost.
            .pool_idle_timeout(http::REUSED_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let limits = Limits::from(&self.config.gateway);
        let timeout = Duration::from_secs(self.config.gateway.subgraph_timeout_seconds);
        let mut subgraphs: HashMap<String, Arc<dyn Subgraph>> = HashMap::new();
        let mut probes = HashMap::new();
        for def in SERVICES {
            let (subgraph, probe): (Arc<dyn Subgraph>, Probe) =
                match here.iter().find(|service| service.def.name == def.name) {
                    Some(service) => (service.parts.subgraph.clone(), database_probe(service.context.db.clone())),
                    None => {
                        let (url, tokens) = (graphql_url(&def), Some(self.tokens.clone()));
                        let subgraph = HttpSubgraph::new(def.name, url, client.clone(), tokens, timeout);
                        let subgraph = subgraph.limits(&limits);
                        let probe = subgraph.probe();
                        (Arc::new(subgraph), probe)
                    }
                };
            subgraphs.insert(def.name.to_owned(), subgraph);
            probes.insert(def.name.to_owned(), probe);
        }
        let local = here.iter().find_map(|service| service.parts.authenticator.clone());
        let authenticator: Arc<dyn Authenticator> = local.unwrap_or_else(|| {
            Arc::new(HttpAuthenticator::new(client, &base_url(&identity::SERVICE), self.tokens.clone()))
        });
        let supergraph = supergraph()?;
        let parts = GatewayParts {
            supergraph_sdl: &supergraph,
            subgraphs,
            probes,
            authenticator: Some(authenticator),
            metrics: Arc::new(telemetry::render_metrics),
            limits,
            policy: Policy::read(&self.config.gateway)?,
            clock: self.clock.clone(),
        };
        Ok(Gateway::resilient(parts, Resilience { hears_within: HEARS_WITHIN, ..Resilience::default() })?)
    }
}

/// Every service's SDL under its name.
pub fn subgraph_sdls() -> Vec<SubgraphSdl> {
    let sdl = |def: ServiceDef| SubgraphSdl { name: def.name.to_owned(), url: graphql_url(&def), sdl: (def.sdl)() };
    SERVICES.into_iter().map(sdl).collect()
}

/// The composed supergraph of this build.
pub fn supergraph() -> anyhow::Result<String> {
    gateway::compose(&subgraph_sdls()).context("the services' schemas do not compose")
}

/// A service in this process can do its work while its database answers.
fn database_probe(db: Db) -> Probe {
    Arc::new(move || {
        let db = db.clone();
        Box::pin(async move {
            let answer: Result<i32, sqlx::Error> =
                with_db!(db, pool => sqlx::query_scalar("select 1").fetch_one(pool).await);
            answer.is_ok()
        })
    })
}

fn base_url(def: &ServiceDef) -> String {
    format!("http://127.0.0.1:{}", def.port)
}

fn graphql_url(def: &ServiceDef) -> String {
    format!("{}/graphql", base_url(def))
}

fn random_secret(clock: &Clock) -> Secret {
    let mut bytes = [0; 32];
    clock.random(&mut bytes);
    Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
