use std::collections::HashMap;

use kernel::{Actor, EventId, PageArgs, Timestamp};
use uuid::Uuid;

use super::App;
use crate::{
    domain::timeline::{EntryType, EntryTypes, Record, Told},
    store::timeline_pages::{self, EntryRow},
};

/// An event on a timeline, as far as the one who asks may know of it. No `Debug`: it holds personal data.
#[derive(Clone)]
pub struct Entry {
    pub event: EventId,
    pub entry_type: EntryType,
    pub occurred_at: Timestamp,
    pub placed_at: Timestamp,
    pub actor: String,
    pub cause: Option<EventId>,
    /// What it is about.
    pub records: Vec<Record>,
    pub told: Told,
}

impl App {
    /// A page of the timeline of each of these records, the last first, each entry with the record whose timeline it is
    /// on. For actors who may read.
    pub async fn timelines(
        &self,
        actor: &Actor,
        records: &[Uuid],
        types: EntryTypes,
        page: PageArgs,
    ) -> Result<Vec<(Uuid, Entry)>, sqlx::Error> {
        let rows = timeline_pages::pages(&self.db, actor, records, types, page).await?;
        let events: Vec<EventId> = rows.iter().map(|row| row.event_id).collect();
        let mut about: HashMap<EventId, Vec<Record>> = HashMap::new();
        for (event, record) in timeline_pages::records(&self.db, actor, &events).await? {
            about.entry(event).or_default().push(record);
        }
        let entry = |row: EntryRow| {
            let records = about.get(&row.event_id).cloned().unwrap_or_default();
            (row.root_id, Entry::new(actor, row, records))
        };
        Ok(rows.into_iter().map(entry).collect())
    }
}

impl Entry {
    /// `records` are those that the actor may read: what is told of others stays out, and so do hidden fields.
    fn new(actor: &Actor, row: EntryRow, records: Vec<Record>) -> Self {
        let mut told = row.told.0;
        told.changes.retain(|change| records.contains(&change.record) && change.is_shown(&actor.access));
        Self {
            event: row.event_id,
            entry_type: row.entry_type.0,
            occurred_at: row.occurred_at,
            placed_at: row.placed_at,
            actor: row.actor,
            cause: row.causation_id,
            records,
            told,
        }
    }
}
