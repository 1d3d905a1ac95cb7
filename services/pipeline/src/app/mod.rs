//! What the pipeline service can be asked to do: one use case a file. Every one checks the actor first.

mod create_opportunity;
mod default_pipeline;
mod handler;
mod move_opportunity;
mod on_lead_converted;
mod on_record_changed;
mod read;
mod update_opportunity;

use kernel::Clock;
use platform::{Db, Outbox};

pub use create_opportunity::CreateOpportunity;
pub use handler::handlers;
pub use move_opportunity::MoveOpportunity;
pub use update_opportunity::UpdateOpportunity;

/// The service's use cases and what they need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    pub db: Db,
    pub outbox: Outbox,
    pub clock: Clock,
}
