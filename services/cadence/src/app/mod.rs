//! What the cadence service can be asked to do: one use case a file. Every one that acts for somebody checks
//! the actor first; the sender acts for nobody and looks across workspaces.

mod change_enrollment;
mod confirmations;
mod enroll_lead;
mod enrolling;
mod on_email_verified;
mod on_lead_changed;
mod on_lead_merged;
mod on_lead_routed;
mod reacts;
mod read;
mod recover;
mod reserve_due;
mod resolve_uncertain_message;
mod send_due;
mod set_mailbox_paused;
mod settling;
mod stopping;
mod suppress;
mod unsubscribe;

use std::sync::Arc;

use kernel::{Action, Actor, Clock, LeadId, WorkspaceId};
use platform::{Db, Outbox, Tx, lead_access};

pub use enroll_lead::EnrollLead;
pub use reacts::{EVENTS, Reacts};
pub use reserve_due::{Reserved, ReservedMessage};
pub use resolve_uncertain_message::ResolveUncertainMessage;
pub use set_mailbox_paused::SetMailboxPaused;
pub use suppress::Suppress;

use crate::{
    error::Error,
    mail::{Letterhead, Mailer},
};

/// The service's use cases and what they need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub outbox: Outbox,
    pub clock: Clock,
    pub mailer: Arc<dyn Mailer>,
    pub letterhead: Arc<Letterhead>,
}

/// This service acting by itself.
fn system(workspace: WorkspaceId) -> Actor {
    Actor::system(workspace, crate::SERVICE.name)
}

/// Refuses unless the actor may send to the lead; with `missing` when they may not even see it.
async fn may_send(tx: &mut Tx, actor: &Actor, lead: LeadId, missing: Error) -> Result<(), Error> {
    lead_access::verdict(tx, actor, Action::Send, lead).await?.or_refuse(missing)
}
