use events::lead::AccountCreated;
use kernel::{Actor, Permission};
use platform::Tx;

use super::App;
use crate::{error::Error, store};

impl App {
    /// From now on an opportunity can be opened for it.
    pub(super) async fn on_account_created(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        event: &AccountCreated,
    ) -> Result<(), Error> {
        actor.require(Permission::Write)?;
        Ok(store::known::insert_account(tx, actor.workspace, event.current.id).await?)
    }
}
