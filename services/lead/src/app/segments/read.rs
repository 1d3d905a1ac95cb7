//! What can be asked of segments.

use filter::Explanation;
use kernel::{Action, Actor, LeadId, Object, PageArgs, Permission, SegmentId, Timestamp};

use crate::{
    app::App,
    domain::{
        lead::Lead,
        segment::{Definition, Segment},
    },
    error::Error,
    store::{self, leads::LeadFilter},
};

/// Of the leads that somebody may read, how many are in two segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentOverlap {
    pub both: i64,
    pub only_left: i64,
    pub only_right: i64,
}

/// Why a lead is in a segment or is not.
#[derive(Debug, Clone)]
pub struct Why {
    pub lead: Lead,
    pub segment: Segment,
    /// `None` if it is not in it.
    pub entered_at: Option<Timestamp>,
    pub explanation: Explanation,
}

impl App {
    pub async fn segment(&self, actor: &Actor, id: SegmentId) -> Result<Option<Segment>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::segments::by_id(&self.db, actor.workspace, id).await?)
    }

    /// One row more than the page holds, if another page follows.
    pub async fn segments(&self, actor: &Actor, page: PageArgs) -> Result<Vec<Segment>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::segments::list(&self.db, actor.workspace, page).await?)
    }

    /// The leads that would be in a segment with this definition.
    pub fn preview_segment(&self, actor: &Actor, definition: &str) -> Result<LeadFilter, Error> {
        actor.require(Permission::Read)?;
        let definition = Definition::parse(definition)?;
        definition.require_shown(&actor.access)?;
        Ok(LeadFilter { fits: Some(definition.filter().sql(self.clock.now())), ..LeadFilter::default() })
    }

    /// Refuses to say who is in a segment, which would tell of a field that is hidden.
    pub fn require_shown(&self, actor: &Actor, segment: &Segment) -> Result<(), Error> {
        actor.require(Permission::Read)?;
        // It may name what leads hold.
        actor.access.require_some(Object::Lead, Action::Read)?;
        Ok(Definition::parse(&segment.definition)?.require_shown(&actor.access)?)
    }

    pub async fn segment_overlap(
        &self,
        actor: &Actor,
        left: SegmentId,
        right: SegmentId,
    ) -> Result<SegmentOverlap, Error> {
        actor.require(Permission::Read)?;
        for (id, field) in [(left, "leftId"), (right, "rightId")] {
            let segment = self.segment(actor, id).await?.ok_or(Error::not_found("segment", field))?;
            self.require_shown(actor, &segment)?;
        }
        let counted = store::segments::overlap(&self.db, actor, left, right).await?;
        Ok(SegmentOverlap {
            both: counted.in_both,
            only_left: counted.in_left - counted.in_both,
            only_right: counted.in_right - counted.in_both,
        })
    }

    /// Holds a lead that the actor may read against a segment, as both stand now.
    pub async fn why_in_segment(&self, actor: &Actor, lead: LeadId, segment: SegmentId) -> Result<Why, Error> {
        actor.require(Permission::Read)?;
        let lead = self.lead(actor, lead).await?.ok_or(Error::not_found("lead", "leadId"))?;
        let segment = self.segment(actor, segment).await?.ok_or(Error::not_found("segment", "segmentId"))?;
        let definition = Definition::parse(&segment.definition)?;
        definition.require_shown(&actor.access)?;
        let explanation = definition.filter().evaluate(&lead, self.clock.now());
        let entered_at = store::segments::entered_at(&self.db, actor.workspace, (segment.id, lead.id)).await?;
        Ok(Why { lead, segment, entered_at, explanation })
    }
}
