//! What one client may cost.

use std::time::Duration;

/// The bounds of the gateway. The defaults suit a page of a rich client.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Lexical tokens of a document.
    pub tokens: usize,
    /// Levels of nested fields.
    pub depth: usize,
    /// Fields with an alias, fragments expanded.
    pub aliases: usize,
    /// Fields altogether, fragments expanded; also how many fragments are expanded.
    pub fields: usize,
    /// Queries and mutations running at once.
    pub operations: usize,
    /// Subscriptions open at once.
    pub subscriptions: usize,
    /// WebSocket connections open at once.
    pub sockets: usize,
    /// Operations running at once on one WebSocket connection.
    pub socket_operations: usize,
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

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 * 1024 * 1024,
            tokens: 15_000,
            depth: 20,
            aliases: 200,
            fields: 5_000,
            operations: 512,
            subscriptions: 1_000,
            sockets: 1_000,
            socket_operations: 100,
            socket_init: Duration::from_secs(10),
            planning: Duration::from_secs(2),
            body_time: Duration::from_secs(30),
            answer_bytes: 64 * 1024 * 1024,
            reauthentication: Duration::from_secs(15),
            deadline: Duration::from_secs(30),
            cached_documents: 1_000,
        }
    }
}
