use events::{Envelope, enrichment::EmailVerified};
use platform::{HandleError, Tx};

use super::App;
use crate::store;

impl App {
    /// Keeps the latest verdict on the address for the send gate.
    pub(super) async fn on_email_verified(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        verified: EmailVerified,
    ) -> Result<(), HandleError> {
        let EmailVerified { email, verdict, verified_at, .. } = verified;
        Ok(store::leads::save_verdict(tx, event.workspace, &email, verdict, verified_at).await?)
    }
}
