use events::{Envelope, lead::Redirect};
use kernel::LeadId;
use platform::Tx;

use crate::{error::Error, store};

/// Nobody is given a lead that another stands for; one that is itself again waits as it did.
pub(super) async fn on_lead_merged(tx: &mut Tx, event: &Envelope, redirects: &[Redirect<LeadId>]) -> Result<(), Error> {
    for Redirect { from, to } in redirects {
        store::assignments::save_merged(tx, event.workspace, *from, to.is_some(), event.id).await?;
    }
    Ok(())
}
