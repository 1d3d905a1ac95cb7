//! Forms, and what comes in over them: kept first, answered, then made a lead.

mod accept;
mod confirm;
mod create;
mod delete;
mod process;
mod read;
mod update;

use kernel::{Access, Action, Actor, Object, Permission, WorkspaceId, access::Grants};

use crate::error::Error;

pub use accept::{Refused, Submitted};
pub use confirm::Confirmation;
pub use create::CreateForm;
pub use update::UpdateForm;

/// Forms and pages are the workspace's, and what they take in becomes leads of nobody's yet.
pub(super) fn require_capturing(actor: &Actor) -> Result<(), Error> {
    actor.require(Permission::Write)?;
    for action in [Action::Read, Action::Create, Action::Update] {
        actor.access.require_all(Object::Lead, action)?;
    }
    Ok(())
}

/// Whoever fills in a form: may make a lead, and change none, for an address is easily known. Who has shown that it is
/// theirs may fill the blanks of their lead.
fn visitor(workspace: WorkspaceId, confirmed: bool) -> Actor {
    let actions: &[Action] = if confirmed { &[Action::Create, Action::Update] } else { &[Action::Create] };
    let access = Access { role: Grants::everything().only(actions), ..Access::everything() };
    Actor { permissions: vec![Permission::Write], access, ..Actor::system(workspace, crate::SERVICE.name) }
}
