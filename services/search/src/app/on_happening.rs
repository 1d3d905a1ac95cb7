use std::collections::VecDeque;

use async_trait::async_trait;
use events::Envelope;
use kernel::WorkspaceId;
use platform::{EventHandler, HandleError, Tx};

use crate::{
    domain::timeline::{Place, happening, place_after},
    store::timeline,
};

/// Keeps what the timelines tell. Where an event stands depends on what it follows from, and that may be heard of later:
/// then it moves, and what follows from it does.
#[derive(Debug)]
pub struct OnHappening;

#[async_trait]
impl EventHandler for OnHappening {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        let Some(happening) = happening(event)? else { return Ok(()) };
        let workspace = happening.workspace;
        timeline::take_turn(tx, workspace).await?;
        let latest = timeline::latest_cause(tx, workspace, &happening.place).await?;
        let at = place_after(happening.place.occurred_at, latest);
        if timeline::keep_happening(tx, &happening, at).await? {
            move_followers(tx, workspace, happening.place).await?;
        }
        Ok(())
    }
}

/// Puts everything that follows from a new event where it belongs. An event that would follow from itself is refused, so
/// none that is kept does, and this ends.
async fn move_followers(tx: &mut Tx, workspace: WorkspaceId, new: Place) -> Result<(), HandleError> {
    let first = new.event;
    let mut waiting = VecDeque::from([new]);
    while let Some(place) = waiting.pop_front() {
        for follower in timeline::followers(tx, workspace, &place).await? {
            if follower.place.event == first {
                return Err(HandleError::Other("an event that follows from itself".to_owned()));
            }
            let latest = timeline::latest_cause(tx, workspace, &follower.place).await?;
            let at = place_after(follower.place.occurred_at, latest);
            if at != follower.at {
                timeline::move_event(tx, workspace, follower.place.event, at).await?;
                waiting.push_back(follower.place);
            }
        }
    }
    Ok(())
}
