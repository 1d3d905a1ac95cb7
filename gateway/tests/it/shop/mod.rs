//! A shop of four services: accounts, products, inventory, reviews. Every entity is in more than one of them.

mod accounts;
mod inventory;
mod products;
mod reviews;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_graphql::{ObjectType, Schema, SubscriptionType};
use axum::Router;
use chrono::DateTime;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use kernel::{Actor, ActorKind, Clock, Permission};
use pipewright_gateway::{Gateway, GatewayParts, HttpSubgraph, Limits, Policy, Probe, Request, SubgraphSdl, compose};
use platform::{
    auth::{ActorTokens, Authenticator},
    graphql::{InProcess, Subgraph, SubgraphCall, SubgraphError, sdl},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::broadcast};

/// What the services did and may be told to do.
#[derive(Clone)]
pub struct World {
    pub log: Arc<Mutex<Vec<String>>>,
    /// Codes of products whose stock changed.
    pub stock: broadcast::Sender<String>,
}

impl World {
    fn note(&self, what: impl Into<String>) {
        self.log.lock().unwrap().push(what.into());
    }

    /// Everything noted so far, and forgets it.
    pub fn notes(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

pub struct Shop {
    pub gateway: Gateway,
    pub world: World,
}

pub struct ShopBuilder {
    world: World,
    pub sdls: Vec<SubgraphSdl>,
    subgraphs: HashMap<String, Arc<dyn Subgraph>>,
    probes: HashMap<String, Probe>,
    supergraph: Option<String>,
    limits: Limits,
    policy: Policy,
    authenticator: Option<Arc<dyn Authenticator>>,
    clock: Clock,
}

/// The secret between the gateway and the services.
pub fn tokens() -> ActorTokens {
    ActorTokens::new(b"shop", Clock::system())
}

pub fn clock() -> Clock {
    Clock::fixed(DateTime::UNIX_EPOCH, 7)
}

pub fn customer() -> Arc<Actor> {
    Arc::new(Actor {
        workspace: clock().id(),
        kind: ActorKind::ApiKey,
        subject: "customer".into(),
        permissions: vec![Permission::Read],
        access: kernel::Access::everything(),
        credential: None,
        expires_at: None,
        request: None,
    })
}

impl Shop {
    /// No services yet.
    pub fn empty() -> ShopBuilder {
        ShopBuilder {
            world: World { log: Arc::default(), stock: broadcast::channel(16).0 },
            sdls: Vec::new(),
            subgraphs: HashMap::new(),
            probes: HashMap::new(),
            supergraph: None,
            limits: Limits::default(),
            policy: Policy::default(),
            authenticator: None,
            clock: clock(),
        }
    }

    pub fn builder() -> ShopBuilder {
        let mut builder = Self::empty();
        let world = builder.world.clone();
        builder.add("accounts", accounts::schema(&world));
        builder.add("products", products::schema(&world));
        builder.add("inventory", inventory::schema(&world));
        builder.add("reviews", reviews::schema(&world));
        builder
    }

    /// Everything in this process.
    pub fn in_process() -> Self {
        Self::builder().build()
    }

    /// Data and errors of one request.
    pub async fn ask(&self, query: &str) -> Value {
        self.ask_with(query, json!({})).await
    }

    pub async fn ask_with(&self, query: &str, variables: Value) -> Value {
        let request = Request::new(query).variables(variables);
        serde_json::to_value(self.gateway.execute(request, Some(customer())).await).unwrap()
    }

    /// The data of a request that must not fail.
    pub async fn data(&self, query: &str) -> Value {
        let mut answer = self.ask(query).await;
        assert_eq!(answer.get("errors"), None, "{query}");
        answer["data"].take()
    }
}

impl ShopBuilder {
    pub fn add<Q, M, S>(&mut self, name: &str, schema: Schema<Q, M, S>)
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let url = format!("http://{name}.invalid/graphql");
        self.sdls.push(SubgraphSdl { name: name.into(), url, sdl: sdl(&schema) });
        self.subgraphs.insert(name.into(), Arc::new(InProcess::new(schema)));
    }

    pub fn compose(&self) -> String {
        compose(&self.sdls).unwrap()
    }

    /// Serves this and not what the services compose.
    pub fn supergraph(mut self, sdl: String) -> Self {
        self.supergraph = Some(sdl);
        self
    }

    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    pub fn authenticator(mut self, authenticator: impl Authenticator + 'static) -> Self {
        self.authenticator = Some(Arc::new(authenticator));
        self
    }

    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    pub fn probe(mut self, name: &str, probe: Probe) -> Self {
        self.probes.insert(name.into(), probe);
        self
    }

    pub fn subgraph(&self, name: &str) -> Arc<dyn Subgraph> {
        self.subgraphs[name].clone()
    }

    /// This service is said to be at `url`.
    pub fn at(mut self, name: &str, url: &str, timeout: Duration) -> Self {
        let subgraph = HttpSubgraph::new(name, url, reqwest_client(), Some(tokens()), timeout);
        self.subgraphs.insert(name.into(), Arc::new(subgraph));
        self
    }

    /// This service does not answer.
    pub fn without(mut self, name: &str) -> Self {
        self.subgraphs.insert(name.into(), Arc::new(Down(name.into())));
        self
    }

    /// Each service behind HTTP on a port of its own, with actor tokens.
    pub async fn over_http(mut self) -> Self {
        let client = reqwest_client();
        for (name, subgraph) in &mut self.subgraphs {
            let url = serve(platform::http::subgraph(subgraph.clone(), tokens())).await;
            let url = format!("{url}/graphql");
            *subgraph = Arc::new(HttpSubgraph::new(name, url, client.clone(), Some(tokens()), Duration::from_secs(5)));
        }
        self
    }

    pub fn build(self) -> Shop {
        let supergraph = self.supergraph.clone().unwrap_or_else(|| self.compose());
        let gateway = Gateway::new(GatewayParts {
            supergraph_sdl: &supergraph,
            subgraphs: self.subgraphs,
            probes: self.probes,
            authenticator: self.authenticator,
            metrics: Arc::new(|| "shop_metric 1\n".to_owned()),
            limits: self.limits,
            policy: self.policy,
            clock: self.clock,
        })
        .unwrap();
        Shop { gateway, world: self.world }
    }
}

pub fn reqwest_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// Serves on a free port until the test ends.
#[expect(clippy::disallowed_methods, reason = "the test's runtime ends it")]
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Answers nothing.
struct Down(String);

impl Subgraph for Down {
    fn execute(&self, _: SubgraphCall) -> BoxFuture<'static, Result<async_graphql::Response, SubgraphError>> {
        let error = SubgraphError::Unreachable { service: self.0.clone() };
        async { Err(error) }.boxed()
    }

    fn subscribe(&self, call: SubgraphCall) -> BoxStream<'static, Result<async_graphql::Response, SubgraphError>> {
        futures::stream::once(self.execute(call)).boxed()
    }
}
