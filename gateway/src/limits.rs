//! What one client may cost.

use std::time::Duration;

use platform::{config::GatewayConfig, door::BODY_TIME};

/// The bounds of the gateway. The defaults are those of the profile `development`, without a cost limit.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Operations in one request, as a JSON list; 0 takes no lists.
    pub batching: usize,
    /// Lexical tokens of a document.
    pub tokens: usize,
    /// Levels of nested fields.
    pub depth: usize,
    /// Different fields: fragments expanded, fields of one name in one selection set counted once, whatever
    /// their aliases. As Apollo Router counts its `max_height`.
    pub height: usize,
    /// Fields at the root, fragments expanded.
    pub root_fields: usize,
    /// Fields with an alias, fragments expanded.
    pub aliases: usize,
    /// Directives, as written in the document.
    pub directives: usize,
    /// Fields altogether, fragments expanded; also how many fragments are expanded.
    pub fields: usize,
    /// The most that an argument which sizes a list (`first`, `last`, or what `@listSize` names) may ask for.
    pub list_size: usize,
    /// Entries expected of a list when nothing says how many.
    pub assumed_list_size: usize,
    /// The most that one operation may cost; 0 does not limit it. See `docs/gateway.md` for the units.
    pub cost: u64,
    /// What the operations of one credential may cost in a minute; 0 does not limit it.
    pub cost_budget: u64,
    /// Queries and mutations running at once.
    pub operations: usize,
    /// Subscriptions open at once; one credential has at most a quarter of them, or 10.
    pub subscriptions: usize,
    /// WebSocket connections open at once, of clients that have said who they are; one credential has at most a
    /// quarter of them, or 10. As many as one has, besides, may be about to say it.
    pub sockets: usize,
    /// Operations running at once on one WebSocket connection.
    pub socket_operations: usize,
    /// Operations that wait for a core to be parsed and planned on.
    pub thinking: usize,
    /// Time for a WebSocket client to say who it is.
    pub socket_init: Duration,
    /// Time to find a plan.
    pub planning: Duration,
    /// Time for a client to send the body of a request.
    pub body_time: Duration,
    /// Bytes of a subgraph's answer, or of one event.
    pub answer_bytes: usize,
    /// How often an open stream asks whether its credential is still good.
    pub reauthentication: Duration,
    /// Time for a query or a mutation as a whole.
    pub deadline: Duration,
    /// Documents whose plans are remembered.
    pub cached_documents: usize,
}

impl From<&GatewayConfig> for Limits {
    fn from(config: &GatewayConfig) -> Self {
        Self {
            body_bytes: config.max_body_bytes,
            batching: config.batching,
            tokens: config.max_tokens,
            depth: config.max_depth,
            height: config.max_height,
            root_fields: config.max_root_fields,
            aliases: config.max_aliases,
            directives: config.max_directives,
            fields: config.max_fields,
            list_size: config.list_size,
            assumed_list_size: config.assumed_list_size,
            cost: config.cost_limit,
            cost_budget: config.cost_budget,
            operations: config.max_in_flight,
            subscriptions: config.max_subscriptions,
            sockets: config.max_sockets,
            socket_operations: 100,
            thinking: 128,
            socket_init: Duration::from_secs(10),
            planning: Duration::from_millis(config.planning_milliseconds),
            body_time: BODY_TIME,
            answer_bytes: 64 * 1024 * 1024,
            reauthentication: Duration::from_secs(15),
            deadline: Duration::from_secs(config.deadline_seconds),
            cached_documents: 1_000,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let development = Self::from(&GatewayConfig::default());
        Self { cost: 0, cost_budget: 0, ..development }
    }
}
