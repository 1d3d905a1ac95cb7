use events::{
    Envelope,
    identity::{Role, User},
};
use kernel::{Actor, Permission};
use platform::{Origin, Tx};

use super::{App, SERVICE, route_waiting::BATCH};
use crate::{error::Error, store};

impl App {
    /// Makes a user with the role Rep a member of the default pool, and keeps the copy of every user new.
    /// A rep who can take leads finds the ones that wait.
    pub(super) async fn on_user(&self, tx: &mut Tx, event: &Envelope, user: &User) -> Result<(), Error> {
        let actor = Actor::system(event.workspace, SERVICE);
        actor.require(Permission::Write)?;
        let now = self.clock.now();
        self.lock_pool(tx, event.workspace).await?;
        let Some(rep) = store::reps::learn(tx, event.workspace, self.clock.id(), user, now).await? else {
            return Ok(());
        };
        if user.role == Role::Rep {
            store::reps::join_pool(tx, event.workspace, self.clock.id(), rep, now).await?;
            if user.active {
                self.route_waiting(tx, Origin::caused_by(&actor, event), BATCH).await?;
            }
        }
        Ok(())
    }
}
