//! The section `[gateway]`: two profiles, each a set of defaults. `docs/gateway.md` has them side by side.

use serde::{Deserialize, Serialize};

use super::Secret;

/// Which defaults the gateway starts from; every setting can still be set by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Open and talkative: for people who build a client.
    #[default]
    Development,
    /// Closed and terse: for an address that strangers reach.
    Production,
}

/// Settings of the gateway. The defaults are those of the profile `development`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayConfig {
    /// Where the defaults of all the other settings of this section come from.
    pub profile: Profile,
    /// Signs the actor tokens that subgraphs accept; shared by the gateway and every service. In one process
    /// it may stay empty: a random one is made at start.
    pub actor_secret: Secret,
    /// Operations answered at once; more are refused with a time to come back.
    pub max_in_flight: usize,
    /// Subscriptions open at once; one key, or all sessions of a user, have at most a quarter, or 10.
    pub max_subscriptions: usize,
    /// WebSocket connections open at once; one key, or all sessions of a user, have at most a quarter, or 10.
    pub max_sockets: usize,
    /// Bytes of a request body.
    pub max_body_bytes: usize,
    /// Operations in one request, as a JSON list; 0 takes no lists.
    pub batching: usize,
    /// Lexical tokens of a document.
    pub max_tokens: usize,
    /// Levels of nested fields.
    pub max_depth: usize,
    /// Different fields, see `Limits::height` of the gateway.
    pub max_height: usize,
    /// Fields at the root of an operation.
    pub max_root_fields: usize,
    /// Fields with an alias.
    pub max_aliases: usize,
    /// Directives of a document.
    pub max_directives: usize,
    /// Fields altogether.
    pub max_fields: usize,
    /// The most that `first` or `last` may ask for.
    pub list_size: usize,
    /// Entries that the cost model expects of a list when nothing says how many.
    pub assumed_list_size: usize,
    /// The most that one operation may cost; 0 does not limit it.
    pub cost_limit: u64,
    /// What the operations of one API key, or of all sessions of a user, may cost in a minute; 0 does not limit it.
    pub cost_budget: u64,
    /// Seconds for a query or a mutation as a whole.
    pub deadline_seconds: u64,
    /// Seconds that a service in another process has to answer a query or a mutation.
    pub subgraph_timeout_seconds: u64,
    /// Milliseconds to find a plan.
    pub planning_milliseconds: u64,
    /// Refuse what a page of another origin could send without the browser asking first.
    pub csrf_prevention: bool,
    /// Origins whose pages may call the API, `https://app.example`; `*` is all of them.
    pub cors_origins: Vec<String>,
    /// The header in which a proxy names the client's address, for example `x-forwarded-for`: its last entry is
    /// believed. Empty where clients connect directly.
    pub client_address_header: String,
    /// What a scraper presents to read `/metrics`. Left empty, only this machine reads them, and through no proxy.
    pub metrics_token: Secret,
    /// Answer `__schema` and `__type`.
    pub introspection: bool,
    /// Serve the playground at `/`.
    pub playground: bool,
    /// Say in an error which name the client may have meant.
    pub suggestions: bool,
    /// Documents remembered by their hash (automatic persisted queries); 0 switches that off.
    pub persisted_queries: usize,
    /// A manifest of trusted documents: a JSON file, empty for none.
    pub trusted_documents: String,
    /// Run the documents of the manifest and no others.
    pub trusted_only: bool,
}

impl GatewayConfig {
    /// The defaults of a profile.
    pub fn of(profile: Profile) -> Self {
        let development = Self {
            profile,
            actor_secret: Secret::default(),
            max_in_flight: 256,
            max_subscriptions: 1_000,
            max_sockets: 1_000,
            max_body_bytes: 4 << 20,
            batching: 0,
            max_tokens: 15_000,
            max_depth: 20,
            max_height: 1_000,
            max_root_fields: 100,
            max_aliases: 200,
            max_directives: 200,
            max_fields: 5_000,
            list_size: 1_000,
            assumed_list_size: 10,
            cost_limit: 200_000,
            cost_budget: 0,
            deadline_seconds: 30,
            subgraph_timeout_seconds: 15,
            planning_milliseconds: 2_000,
            csrf_prevention: false,
            cors_origins: Vec::new(),
            client_address_header: String::new(),
            metrics_token: Secret::default(),
            introspection: true,
            playground: true,
            suggestions: true,
            persisted_queries: 1_000,
            trusted_documents: String::new(),
            trusted_only: false,
        };
        match profile {
            Profile::Development => development,
            Profile::Production => Self {
                max_tokens: 5_000,
                max_depth: 15,
                max_height: 300,
                max_root_fields: 20,
                max_aliases: 30,
                max_directives: 50,
                max_fields: 2_000,
                list_size: 200,
                cost_limit: 20_000,
                cost_budget: 600_000,
                planning_milliseconds: 1_000,
                csrf_prevention: true,
                introspection: false,
                playground: false,
                suggestions: false,
                ..development
            },
        }
    }
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self::of(Profile::Development)
    }
}
