use events::lead::SegmentChanged;
use kernel::{Action, Actor, Code, Object, Permission};
use platform::idempotency::{Request, made_before};
use serde_json::json;

use super::fill::fill;
use crate::{
    app::App,
    domain::segment::{Definition, MAX_SEGMENTS, Segment},
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateSegment {
    pub name: String,
    pub definition: String,
    pub idempotency_key: Option<String>,
}

impl App {
    /// Makes a segment and lets in what fits of the first page of leads; the job does the rest. The same key and input
    /// again find the first one.
    pub async fn create_segment(&self, actor: &Actor, input: CreateSegment) -> Result<Segment, Error> {
        require_segments(actor, Action::Update)?;
        let CreateSegment { name, definition, idempotency_key: key } = input;
        let asked = json!({ "name": name, "definition": definition });
        let definition = Definition::parse(&definition)?;
        definition.require_shown(&actor.access)?;
        let now = self.clock.now();
        let segment = Segment::create(self.clock.id(), actor.workspace, name, &definition, now);
        let request = Request { operation: "createSegment", key: key.as_deref(), input: &asked };
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let again = made_before(&mut tx, actor, request, segment.id).await?;
        store::segments::lock(&mut tx, actor.workspace).await?;
        let known = store::segments::all(&mut tx, actor.workspace).await?;
        if let Some(first) = again {
            return known.into_iter().find(|segment| segment.id == first).ok_or(Error::Conflict);
        }
        if known.len() >= MAX_SEGMENTS {
            let reason = format!("a workspace has at most {MAX_SEGMENTS} segments");
            return Err(Error::Invalid { code: Code::Conflict, field: "name", reason });
        }
        if !store::segments::insert(&mut tx, &segment).await? {
            return Err(Error::SegmentNameTaken);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&SegmentChanged { segment: segment.id, previous: None, current: Some(segment.published()) });
        let segment = fill(&mut tx, &mut events, segment, now).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(segment)
    }
}

/// Segments are the workspace's, and concern every lead.
pub(super) fn require_segments(actor: &Actor, action: Action) -> Result<(), Error> {
    actor.require(Permission::Write)?;
    actor.access.require_all(Object::Lead, Action::Read)?;
    Ok(actor.access.require_all(Object::Lead, action)?)
}
