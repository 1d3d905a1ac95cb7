//! What happened to a record, in causal order.

mod about_leads;
mod about_merges;
mod about_others;
mod changes;
mod entry_type;
mod told;

use chrono::TimeDelta;
use events::Envelope;
use kernel::{EventId, FormId, LandingPageId, Timestamp, WorkspaceId, id::TypedId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::document::Kind;
pub use changes::Change;
pub use entry_type::{EntryType, EntryTypes};
pub use told::{SUBJECTS, happening};

/// Something that has a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Record {
    pub kind: Kind,
    pub id: Uuid,
}

/// What the timeline keeps of an event. No `Debug`: it holds personal data.
#[derive(Clone, PartialEq)]
pub struct Happening {
    pub workspace: WorkspaceId,
    pub entry_type: EntryType,
    /// Id of a user, or a service's name.
    pub actor: String,
    pub place: Place,
    /// Whose timelines show it directly.
    pub records: Vec<Record>,
    pub ties: Vec<Tie>,
    pub redirects: Vec<Redirect>,
    pub told: Told,
}

/// What decides where an event stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub event: EventId,
    pub occurred_at: Timestamp,
    pub cause: Option<EventId>,
    /// The object whose state it tells, and its version: the state follows every older one.
    pub state: Option<(Uuid, i64)>,
    /// The object that it is about otherwise: it follows that one's first state.
    pub part_of: Option<Uuid>,
}

/// From `version` of the child on, its entries stand on the timeline of `parent` too, and on no other of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tie {
    pub child: Uuid,
    pub kind: Kind,
    pub parent: Option<Uuid>,
    pub version: i64,
}

/// From `version` of a record on, its entries stand on the timelines of another in its place, or on its own again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redirect {
    pub from: Uuid,
    pub to: Option<Uuid>,
    pub version: i64,
}

/// Through which form somebody came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    pub form: FormId,
    /// The landing page that it stood on, if it was one of ours.
    pub page: Option<LandingPageId>,
    /// Which variant of the page they saw.
    pub variant: Option<String>,
}

/// What an entry says. No `Debug`: it holds personal data.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// A sentence without anything that can be hidden.
    pub title: String,
    #[serde(default)]
    pub changes: Vec<Change>,
    #[serde(default)]
    pub decision: Option<Uuid>,
    #[serde(default)]
    pub enrichment_run: Option<Uuid>,
    #[serde(default)]
    pub enrollment: Option<Uuid>,
    #[serde(default)]
    pub capture: Option<Capture>,
}

/// The version of an object's first state.
pub const FIRST: i64 = 1;

/// The distance between an effect and the latest of its causes, where their clocks put the effect before it.
const STEP: TimeDelta = TimeDelta::microseconds(1);

/// Where an event stands that follows from what stands at `causes`: at its own time, unless that is not after all of
/// them. Places are what the whole set of events makes them, in whatever order it was heard of; of two events in one
/// place the id decides.
pub fn place_after(occurred_at: Timestamp, latest_cause: Option<Timestamp>) -> Timestamp {
    latest_cause.map_or(occurred_at, |cause| occurred_at.max(cause + STEP))
}

impl Happening {
    fn new(event: &Envelope, entry_type: EntryType, title: impl Into<String>) -> Self {
        let (cause, occurred_at) = (event.causation, kernel::truncate_to_micros(event.time));
        Self {
            workspace: event.workspace,
            entry_type,
            actor: event.actor.clone(),
            place: Place { event: event.id, occurred_at, cause, state: None, part_of: None },
            records: Vec::new(),
            ties: Vec::new(),
            redirects: Vec::new(),
            told: Told { title: title.into(), ..Told::default() },
        }
    }

    /// It stands on this record's timeline, and on those of whatever the record is tied to.
    fn about(mut self, kind: Kind, id: impl TypedId) -> Self {
        let (id, version) = (id.uuid(), 0);
        self.records.push(Record { kind, id });
        // A record is tied to itself: so its own entries are found as those of what belongs to it are.
        self.ties.push(Tie { child: id, kind, parent: Some(id), version });
        self
    }

    fn state_of(mut self, id: impl TypedId, version: i64) -> Self {
        self.place.state = Some((id.uuid(), version));
        self
    }

    fn part_of(mut self, id: impl TypedId) -> Self {
        self.place.part_of = Some(id.uuid());
        self
    }

    /// `child` belongs to this parent, or to none of that kind.
    fn tie(mut self, (child, version): (impl TypedId, i64), kind: Kind, parent: Option<impl TypedId>) -> Self {
        self.ties.push(Tie { child: child.uuid(), kind, parent: parent.map(TypedId::uuid), version });
        self
    }

    /// `from` is merged into this record, or itself again.
    fn redirect(mut self, (from, version): (impl TypedId, i64), to: Option<impl TypedId>) -> Self {
        self.redirects.push(Redirect { from: from.uuid(), to: to.map(TypedId::uuid), version });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_stands_after_its_cause_whatever_the_clocks_say() {
        let cause = Timestamp::from_timestamp_millis(1_790_000_000_000).unwrap();
        let minute = TimeDelta::minutes(1);
        assert_eq!(place_after(cause, None), cause);
        assert_eq!(place_after(cause + minute, Some(cause)), cause + minute);
        assert_eq!(place_after(cause, Some(cause)), cause + STEP);
        assert_eq!(place_after(cause - minute, Some(cause)), cause + STEP);
    }
}
