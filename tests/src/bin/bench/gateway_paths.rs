//! What HTTP costs: the same gateway asked in process, through its own HTTP path, and with its subgraphs behind
//! HTTP as well.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Result, ensure};
use futures::{FutureExt, future::BoxFuture};
use gateway::{Gateway, GatewayParts, HttpSubgraph, Limits, Policy, Request, Resilience, SubgraphSdl, compose, router};
use kernel::{Actor, Clock};
use platform::{
    auth::{ActorTokens, AuthError, Authenticator},
    graphql::{InProcess, Subgraph, sdl},
    http,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    import,
    load::{Asker, HttpAsker, Seen, drive},
    report::{Sample, Table, ms, per_second, resident_megabytes, verdict, whole},
    shop::{self, Catalogue, Inventory, People, Reviews},
};

const CONCURRENCY: usize = 32;
const WARM_UP: Duration = Duration::from_millis(500);
/// The paths take turns, so that a slow moment of the machine hits all of them.
const ROUNDS: usize = 4;
const ROUND: Duration = Duration::from_secs(1);
const TARGET: f64 = 1.5;

const LEADS: &str = "query Leads($first: Int!) { leads(first: $first) { totalCount edges { cursor node { id email firstName lastName title company source status } } \
    pageInfo { hasNextPage endCursor } } }";

pub async fn run() -> Result<()> {
    println!("  {CONCURRENCY} askers, each with one question open; {ROUNDS} rounds of {} s a path", ROUND.as_secs());
    let mut table =
        Table::new(["query", "path", "queries/s", "p50", "p99", "CPU a query", "memory", "against HTTP", "target 1.5"]);
    let clock = Clock::system();
    let actor = Arc::new(Actor::system(clock.id(), "bench"));
    let mut services = Services::new(clock.clone(), actor.clone());
    services.add("catalogue", shop::subgraph(Catalogue));
    services.add("inventory", shop::subgraph(Inventory));
    services.add("reviews", shop::subgraph(Reviews));
    services.add("people", shop::subgraph(People));
    services.compare("shop, 3 products", &shop_page(3), &mut table).await?;
    services.compare("shop, 10 products", &shop_page(10), &mut table).await?;

    let folder = tempfile::tempdir()?;
    let lead = import::open(&format!("sqlite:{}", folder.path().join("lead.db").display()), &clock).await?;
    for stretch in 0..4 {
        import::app(&lead).import_leads(&actor, import::rows(stretch)).await?;
    }
    let mut services = Services::new(clock, actor);
    services.add_built("lead", (lead::SERVICE.sdl)(), lead.parts.subgraph.clone());
    let question = Question { query: LEADS, variables: json!({ "first": 20 }) };
    services.compare("20 leads, SQLite", &question, &mut table).await?;
    table.print();
    Ok(())
}

fn shop_page(first: i32) -> Question {
    Question { query: shop::QUERY, variables: json!({ "first": first }) }
}

struct Question {
    query: &'static str,
    variables: Value,
}

/// Subgraphs in this process, and what stands around them.
struct Services {
    clock: Clock,
    actor: Arc<Actor>,
    tokens: ActorTokens,
    sdls: Vec<SubgraphSdl>,
    subgraphs: HashMap<String, Arc<dyn Subgraph>>,
    /// Servers; they end with this.
    servers: JoinSet<Result<()>>,
}

impl Services {
    fn new(clock: Clock, actor: Arc<Actor>) -> Self {
        let tokens = ActorTokens::new(b"bench", clock.clone());
        Self { clock, actor, tokens, sdls: Vec::new(), subgraphs: HashMap::new(), servers: JoinSet::new() }
    }

    fn add<Q: async_graphql::ObjectType + 'static>(&mut self, name: &str, schema: shop::Subgraph<Q>) {
        self.add_built(name, sdl(&schema), Arc::new(InProcess::new(schema)));
    }

    fn add_built(&mut self, name: &str, sdl: String, subgraph: Arc<dyn Subgraph>) {
        self.sdls.push(SubgraphSdl { name: name.to_owned(), url: format!("http://{name}.invalid/graphql"), sdl });
        self.subgraphs.insert(name.to_owned(), subgraph);
    }

    async fn compare(&mut self, name: &str, question: &Question, table: &mut Table) -> Result<()> {
        // All askers are one actor with one question: as one they would ask the subgraphs hardly anything.
        let each = Resilience { shared_reads: 0, ..Resilience::default() };
        let near = self.gateway(self.subgraphs.clone(), each.clone())?;
        let away = self.behind_http().await?;
        let far = self.gateway(away.clone(), each)?;
        let together = self.gateway(away, Resilience::default())?;
        ensure!(self.answer(&near, question).await? == self.answer(&far, question).await?, "the paths differ");

        let mut here = Path::new((0..CONCURRENCY).map(|_| InProcessAsker::new(&near, &self.actor, question)).collect());
        let mut through = Path::new(self.connections(near, question).await?);
        let mut away = Path::new(self.connections(far, question).await?);
        let mut shared = Path::new(self.connections(together, question).await?);
        here.warm_up().await?;
        through.warm_up().await?;
        away.warm_up().await?;
        shared.warm_up().await?;
        for _ in 0..ROUNDS {
            here.drive().await?;
            through.drive().await?;
            away.drive().await?;
            shared.drive().await?;
        }
        let base = away.rate();
        let reached = verdict(here.rate() / base >= TARGET);
        table.row(here.row(name, "in process", base, reached));
        table.row(through.row("", "HTTP", base, String::new()));
        table.row(away.row("", "HTTP, subgraphs behind HTTP", base, String::new()));
        table.row(shared.row("", "the same, reads shared", base, String::new()));
        Ok(())
    }

    fn gateway(&self, subgraphs: HashMap<String, Arc<dyn Subgraph>>, resilience: Resilience) -> Result<Gateway> {
        let supergraph_sdl = compose(&self.sdls)?;
        let parts = GatewayParts {
            supergraph_sdl: &supergraph_sdl,
            subgraphs,
            probes: HashMap::new(),
            authenticator: Some(Arc::new(Anybody(self.actor.clone()))),
            metrics: Arc::new(String::new),
            limits: Limits::default(),
            policy: Policy::default(),
            clock: self.clock.clone(),
        };
        Ok(Gateway::resilient(parts, resilience)?)
    }

    /// The same subgraphs, each on a port of its own.
    async fn behind_http(&mut self) -> Result<HashMap<String, Arc<dyn Subgraph>>> {
        let client = reqwest::Client::new();
        let mut away: HashMap<String, Arc<dyn Subgraph>> = HashMap::new();
        for (name, subgraph) in self.subgraphs.clone() {
            let listener = http::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
            let url = format!("http://{}/graphql", listener.local_addr()?);
            let router = http::subgraph(subgraph, self.tokens.clone());
            self.servers.spawn(http::serve(listener, router, CancellationToken::new()));
            let subgraph =
                HttpSubgraph::new(&name, url, client.clone(), Some(self.tokens.clone()), Duration::from_secs(5));
            away.insert(name, Arc::new(subgraph));
        }
        Ok(away)
    }

    async fn connections(&mut self, gateway: Gateway, question: &Question) -> Result<Vec<HttpAsker>> {
        let listener = http::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let address = listener.local_addr()?;
        self.servers.spawn(http::serve(listener, router(gateway), CancellationToken::new()));
        let body = json!({ "query": question.query, "variables": question.variables }).to_string();
        let mut askers = Vec::new();
        for _ in 0..CONCURRENCY {
            askers.push(HttpAsker::connect(address, "pw_key_of_the_bench", &body).await?);
        }
        Ok(askers)
    }

    async fn answer(&self, gateway: &Gateway, question: &Question) -> Result<Value> {
        let request = Request::new(question.query).variables(question.variables.clone());
        let answer = serde_json::to_value(gateway.execute(request, Some(self.actor.clone())).await)?;
        ensure!(answer.get("errors").is_none(), "{answer}");
        Ok(answer)
    }
}

/// One way to ask, and what was seen of it.
struct Path<A> {
    askers: Vec<A>,
    seen: Seen,
    /// In MB, after the last round.
    memory: Option<f64>,
}

impl<A: Asker> Path<A> {
    fn new(askers: Vec<A>) -> Self {
        Self { askers, seen: Seen::default(), memory: None }
    }

    async fn warm_up(&mut self) -> Result<()> {
        self.askers = drive(std::mem::take(&mut self.askers), WARM_UP, &mut Seen::default()).await?;
        Ok(())
    }

    async fn drive(&mut self) -> Result<()> {
        self.askers = drive(std::mem::take(&mut self.askers), ROUND, &mut self.seen).await?;
        self.memory = resident_megabytes("self");
        Ok(())
    }

    fn rate(&self) -> f64 {
        per_second(self.seen.latencies.len(), self.seen.elapsed)
    }

    fn row(&self, query: &str, path: &str, base: f64, verdict: String) -> [String; 9] {
        let sample = Sample::new(self.seen.latencies.clone());
        let micros = 1e6 * self.seen.cpu.as_secs_f64() / sample.len().max(1) as f64;
        [
            query.to_owned(),
            path.to_owned(),
            whole(self.rate()),
            ms(sample.percentile(50)),
            ms(sample.percentile(99)),
            format!("{} µs", whole(micros)),
            self.memory.map_or_else(|| "-".to_owned(), |memory| format!("{memory:.0} MB")),
            format!("{:.2} x", self.rate() / base),
            verdict,
        ]
    }
}

struct InProcessAsker {
    gateway: Gateway,
    actor: Arc<Actor>,
    request: Request,
}

impl InProcessAsker {
    fn new(gateway: &Gateway, actor: &Arc<Actor>, question: &Question) -> Self {
        let request = Request::new(question.query).variables(question.variables.clone());
        Self { gateway: gateway.clone(), actor: actor.clone(), request }
    }
}

impl Asker for InProcessAsker {
    async fn ask(&mut self) -> Result<()> {
        let response = self.gateway.execute(self.request.clone(), Some(self.actor.clone())).await;
        ensure!(response.data.is_some() && response.errors.is_empty(), "{:?}", response.errors);
        Ok(())
    }
}

/// Lets everybody in as one actor.
struct Anybody(Arc<Actor>);

impl Authenticator for Anybody {
    fn authenticate(&self, _credential: &str) -> BoxFuture<'static, Result<Arc<Actor>, AuthError>> {
        let actor = self.0.clone();
        async move { Ok(actor) }.boxed()
    }
}
