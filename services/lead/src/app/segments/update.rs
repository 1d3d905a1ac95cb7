use events::lead::SegmentChanged;
use kernel::{Action, Actor, SegmentId};

use super::{create::require_segments, fill::fill};
use crate::{
    app::App,
    domain::segment::{Definition, Segment},
    error::Error,
    store,
};

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateSegment {
    pub id: SegmentId,
    pub name: Option<String>,
    pub definition: Option<String>,
    /// The version that was read: refused with `CONFLICT` if the segment is newer.
    pub version: Option<i64>,
}

impl App {
    /// Under another definition the first page of leads comes and goes at once, the rest by the job; until then the
    /// segment says that it is not ready.
    pub async fn update_segment(&self, actor: &Actor, input: UpdateSegment) -> Result<Segment, Error> {
        require_segments(actor, Action::Update)?;
        let UpdateSegment { id, name, definition, version } = input;
        let definition = definition.map(|definition| Definition::parse(&definition)).transpose()?;
        if let Some(definition) = &definition {
            definition.require_shown(&actor.access)?;
        }
        let now = self.clock.now();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        store::segments::lock(&mut tx, actor.workspace).await?;
        let known = store::segments::all(&mut tx, actor.workspace).await?;
        let segment = known.iter().find(|segment| segment.id == id).ok_or(Error::not_found("segment", "id"))?;
        if version.is_some_and(|version| version != segment.version) {
            return Err(Error::Conflict);
        }
        let Some(mut current) = segment.change(name, definition.as_ref(), now) else { return Ok(segment.clone()) };
        store::segments::update(&mut tx, &current).await?;
        let mut events = self.outbox.events(actor.into());
        let (previous, now_is) = (segment.published(), current.published());
        events.push(&SegmentChanged { segment: id, previous: Some(previous), current: Some(now_is) });
        if !current.ready {
            current = fill(&mut tx, &mut events, current, now).await?;
        }
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(current)
    }
}
