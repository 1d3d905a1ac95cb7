//! What happened to records, as it is read.

use kernel::{Actor, EventId, PageArgs, Timestamp};
use platform::{
    Db,
    db::{ListBind, Text, push_after, push_in_ids, push_in_texts},
    with_db,
};
use sqlx::{FromRow, QueryBuilder, types::Json};
use uuid::Uuid;

use super::readable::push_readable;
use crate::domain::{
    document::Kind,
    timeline::{EntryType, EntryTypes, Record, Told},
};

/// An event on the timeline of a record.
#[derive(FromRow)]
pub struct EntryRow {
    /// Whose timeline it is.
    pub root_id: Uuid,
    pub event_id: EventId,
    pub entry_type: Text<EntryType>,
    pub occurred_at: Timestamp,
    pub placed_at: Timestamp,
    pub actor: String,
    pub causation_id: Option<EventId>,
    pub told: Json<Told>,
}

/// A page of the timeline of each of these records, the last first, with one row more than the page if another
/// follows: what the actor may read, of records that the actor may read. Of one that is merged away it is its survivor's,
/// where its entries stand with those of all that was merged into it, and are read by whoever may read that.
pub async fn pages(
    db: &Db,
    actor: &Actor,
    records: &[Uuid],
    types: EntryTypes,
    page: PageArgs,
) -> Result<Vec<EntryRow>, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(
            "select root_id, v.event_id, v.entry_type, v.occurred_at, v.placed_at, v.actor, v.causation_id, v.told from \
             (select root_id, event_id, row_number() over (partition by root_id order by placed_at desc, event_id desc) as place from \
             (select distinct asked.from_id as root_id, e.event_id, e.placed_at from timeline_redirect asked \
             join timeline_redirect p on p.workspace_id = asked.workspace_id and p.shown_id = asked.shown_id \
             join timeline_tie t on t.workspace_id = p.workspace_id and t.parent_id = p.from_id \
             join timeline_redirect c on c.workspace_id = t.workspace_id and c.shown_id = t.child_id \
             join timeline_entry e on e.workspace_id = c.workspace_id and e.record_id = c.from_id where asked.workspace_id = ",
        );
        query.push_bind(actor.workspace).push(" and asked.from_id");
        ListBind::push_ids(&mut query, records.to_vec());
        push_readable(&mut query, actor, "t.parent_kind", "asked.shown_id");
        push_readable(&mut query, actor, "e.record_kind", "c.shown_id");
        if let Some(types) = types.get() {
            query.push(" and e.entry_type");
            push_in_texts(&mut query, types.into_iter().map(EntryType::as_str));
        }
        push_after(&mut query, "e.placed_at", "e.event_id", page);
        query.push(") as reached) as ranked join timeline_event v on v.event_id = ranked.event_id and v.workspace_id = ");
        query.push_bind(actor.workspace).push(" where place <= ").push_bind(page.limit());
        query.push(" order by root_id, place");
        query.build_query_as().fetch_all(pool).await
    })
}

/// The records that these events are about and that the actor may read.
pub async fn records(db: &Db, actor: &Actor, events: &[EventId]) -> Result<Vec<(EventId, Record)>, sqlx::Error> {
    let rows: Vec<(EventId, Text<Kind>, Uuid)> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(
            "select e.event_id, e.record_kind, e.record_id from timeline_entry e \
             join timeline_redirect c on c.workspace_id = e.workspace_id and c.from_id = e.record_id where e.workspace_id = ",
        );
        query.push_bind(actor.workspace).push(" and e.event_id");
        push_in_ids(&mut query, events.iter().copied());
        push_readable(&mut query, actor, "e.record_kind", "c.shown_id");
        query.push(" order by e.event_id, e.record_kind, e.record_id");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|(event, kind, id)| (event, Record { kind: kind.0, id })).collect())
}
