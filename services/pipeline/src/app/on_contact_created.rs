use events::lead::ContactCreated;
use kernel::{Actor, Permission};
use platform::Tx;

use super::App;
use crate::{error::Error, store};

impl App {
    /// From now on an opportunity can name it.
    pub(super) async fn on_contact_created(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        event: &ContactCreated,
    ) -> Result<(), Error> {
        actor.require(Permission::Write)?;
        Ok(store::known::insert_contact(tx, actor.workspace, event.current.id).await?)
    }
}
