use events::{Envelope, lead::Account};
use platform::{HandleError, Tx};

use super::App;
use crate::store;

impl App {
    /// Remembers the account for leads to come. Leads that are here already profit when they change or are
    /// enriched by hand: an account that gains its industry does not start a thousand runs.
    pub(super) async fn on_account(&self, tx: &mut Tx, event: &Envelope, account: Account) -> Result<(), HandleError> {
        Ok(store::accounts::save(tx, event.workspace, &account).await?)
    }
}
