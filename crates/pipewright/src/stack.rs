//! The platform as one value: which services there are, and how they stand behind the gateway, in this
//! process or away.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Context;
use gateway::{Gateway, GatewayParts, HttpAuthenticator, HttpSubgraph, Limits, SubgraphSdl};
use kernel::Clock;
use platform::{
    ServiceDef,
    auth::{ActorTokens, Authenticator},
    bus::Bus,
    config::{Config, Secret},
    graphql::Subgraph,
    service::Service,
    telemetry,
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

/// Time a service has to answer the gateway over HTTP.
const SUBGRAPH_TIMEOUT: Duration = Duration::from_secs(15);

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
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let mut subgraphs: HashMap<String, Arc<dyn Subgraph>> = HashMap::new();
        for def in SERVICES {
            let local =
                here.iter().find(|service| service.def.name == def.name).map(|service| service.parts.subgraph.clone());
            let subgraph = local.unwrap_or_else(|| {
                Arc::new(HttpSubgraph::new(
                    def.name,
                    graphql_url(&def),
                    client.clone(),
                    Some(self.tokens.clone()),
                    SUBGRAPH_TIMEOUT,
                ))
            });
            subgraphs.insert(def.name.to_owned(), subgraph);
        }
        let local = here.iter().find_map(|service| service.parts.authenticator.clone());
        let authenticator: Arc<dyn Authenticator> = local.unwrap_or_else(|| {
            Arc::new(HttpAuthenticator::new(client, &base_url(&identity::SERVICE), self.tokens.clone()))
        });
        let limits = Limits {
            operations: self.config.gateway.max_in_flight,
            body_bytes: self.config.gateway.max_body_bytes,
            ..Limits::default()
        };
        Ok(Gateway::new(GatewayParts {
            supergraph_sdl: &supergraph()?,
            subgraphs,
            authenticator: Some(authenticator),
            metrics: Arc::new(telemetry::render_metrics),
            limits,
            clock: self.clock.clone(),
        })?)
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
