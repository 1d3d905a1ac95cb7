use events::lead::SegmentChanged;
use kernel::{Action, Actor, SegmentId};

use super::create::require_segments;
use crate::{app::App, error::Error, store};

impl App {
    /// Deletes a segment with all who are in it.
    pub async fn delete_segment(&self, actor: &Actor, id: SegmentId) -> Result<SegmentId, Error> {
        require_segments(actor, Action::Delete)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        store::segments::lock(&mut tx, actor.workspace).await?;
        let known = store::segments::all(&mut tx, actor.workspace).await?;
        let segment = known.iter().find(|segment| segment.id == id).ok_or(Error::not_found("segment", "id"))?;
        store::segments::delete(&mut tx, actor.workspace, id).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&SegmentChanged { segment: id, previous: Some(segment.published()), current: None });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(id)
    }
}
