//! What the enrichment service does: one use case a file. Every one that a client can call checks the actor
//! first; handlers act as the system inside the event's workspace.

mod enrich;
mod enrich_lead;
mod on_account;
mod on_event;
mod on_lead;
mod read;

use kernel::Clock;
use platform::{Db, Outbox};

pub use enrich_lead::EnrichLead;
pub use on_event::SUBJECTS;

/// The service's use cases and what they need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    pub db: Db,
    pub outbox: Outbox,
    pub clock: Clock,
}
