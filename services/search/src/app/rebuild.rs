//! Building everything anew from the outboxes of the services that publish:
//! [`reset`], then [`replay`] for every page of every history. The index follows by itself, at once where the
//! service runs, else when it starts.

use events::Envelope;
use kernel::Clock;
use platform::{Db, EventHandler, HandleError, Tx};

use super::{OnHappening, OnObjectChanged};
use crate::{domain::timeline, store};

/// Empties the documents, and with them the index as soon as the indexer runs, and the timelines.
pub async fn reset(db: &Db, clock: &Clock) -> Result<(), sqlx::Error> {
    store::reset(db, clock).await
}

/// Applies a page of a history, in one transaction; returns how many events it took. Live events may arrive
/// meanwhile and events may come twice: versions decide. What a live handler would have buried is passed over.
pub async fn replay(db: &Db, history: &[Envelope]) -> Result<usize, HandleError> {
    let mut tx = db.everywhere().begin().await?;
    let mut taken = 0;
    for event in history {
        taken += usize::from(take(&mut tx, event).await?);
    }
    tx.commit().await?;
    Ok(taken)
}

/// Whether the event was of interest.
async fn take(tx: &mut Tx, event: &Envelope) -> Result<bool, HandleError> {
    let handlers: [(&[&str], &dyn EventHandler); 2] =
        [(OnObjectChanged::SUBJECTS, &OnObjectChanged), (timeline::SUBJECTS, &OnHappening)];
    let mut taken = false;
    for (_, handler) in handlers.into_iter().filter(|(subjects, _)| subjects.contains(&event.r#type.as_str())) {
        tx.turn_to(event.workspace).await?;
        match handler.handle(tx, event).await {
            Ok(()) => taken = true,
            Err(HandleError::Payload(_)) => {
                tracing::warn!(event = %event.id, kind = event.r#type, "an event without a valid payload is passed over");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}
