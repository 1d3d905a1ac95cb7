//! What happened to records, as it is written: events with their places, the records they are about, and on whose
//! pages those stand.

use kernel::{EventId, Timestamp, WorkspaceId};
use platform::{
    Tx,
    db::{Text, push_rows},
    execute, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};
use uuid::Uuid;

use super::timeline_redirects::keep_redirects;
use crate::domain::timeline::{FIRST, Happening, Place};

/// An event with where it stands by now.
#[derive(Debug)]
pub struct Placed {
    pub place: Place,
    pub at: Timestamp,
}

#[derive(FromRow)]
struct PlaceRow {
    event_id: EventId,
    occurred_at: Timestamp,
    placed_at: Timestamp,
    causation_id: Option<EventId>,
    object_id: Option<Uuid>,
    object_version: Option<i64>,
    part_of_id: Option<Uuid>,
}

impl From<PlaceRow> for Placed {
    fn from(row: PlaceRow) -> Self {
        let place = Place {
            event: row.event_id,
            occurred_at: row.occurred_at,
            cause: row.causation_id,
            state: row.object_id.zip(row.object_version),
            part_of: row.part_of_id,
        };
        Self { place, at: row.placed_at }
    }
}

/// Waits until no other transaction places events of this workspace, and keeps others waiting until this one ends.
pub async fn take_turn(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into timeline_turn (workspace_id) values ($1) \
        on conflict (workspace_id) do update set workspace_id = excluded.workspace_id";
    execute!(tx, sqlx::query(SQL).bind(workspace))?;
    Ok(())
}

/// Keeps an event that was not heard of, with the records that it is about, and says whether it did.
pub async fn keep_happening(tx: &mut Tx, happening: &Happening, at: Timestamp) -> Result<bool, sqlx::Error> {
    const SQL: &str = "insert into timeline_event (workspace_id, event_id, entry_type, occurred_at, placed_at, actor, causation_id, object_id, object_version, part_of_id, told) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (workspace_id, event_id) do nothing";
    let Happening { workspace, entry_type, actor, place, told, .. } = happening;
    let (object, version) = place.state.unzip();
    let kept = execute!(
        tx,
        sqlx::query(SQL)
            .bind(workspace)
            .bind(place.event)
            .bind(Text(*entry_type))
            .bind(place.occurred_at)
            .bind(at)
            .bind(actor)
            .bind(place.cause)
            .bind(object)
            .bind(version)
            .bind(place.part_of)
            .bind(Json(told))
    )?;
    if kept == 0 {
        return Ok(false);
    }
    keep_entries(tx, happening, at).await?;
    keep_ties(tx, happening).await?;
    keep_redirects(tx, happening).await?;
    Ok(true)
}

async fn keep_entries(tx: &mut Tx, happening: &Happening, at: Timestamp) -> Result<(), sqlx::Error> {
    const SQL: &str =
        "insert into timeline_entry (workspace_id, event_id, record_kind, record_id, entry_type, placed_at) ";
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(SQL);
        push_rows(&mut query, &happening.records, |mut row, record| {
            row.push_bind(happening.workspace).push_bind(happening.place.event).push_bind(Text(record.kind));
            row.push_bind(record.id).push_bind(Text(happening.entry_type)).push_bind(at);
        });
        query.build().execute(conn).await?;
    });
    Ok(())
}

async fn keep_ties(tx: &mut Tx, happening: &Happening) -> Result<(), sqlx::Error> {
    with_tx!(tx, conn => {
        let mut query =
            QueryBuilder::new("insert into timeline_tie (workspace_id, child_id, parent_kind, parent_id, version) ");
        push_rows(&mut query, &happening.ties, |mut row, tie| {
            row.push_bind(happening.workspace).push_bind(tie.child).push_bind(Text(tie.kind));
            row.push_bind(tie.parent).push_bind(tie.version);
        });
        query.push(
            " on conflict (workspace_id, child_id, parent_kind) do update \
             set parent_id = excluded.parent_id, version = excluded.version \
             where timeline_tie.version < excluded.version",
        );
        query.build().execute(conn).await?;
    });
    Ok(())
}

/// Where the latest stands of what the event follows from: what caused it, the older states of its object, and the
/// first state of the object that it is part of.
pub async fn latest_cause(
    tx: &mut Tx,
    workspace: WorkspaceId,
    place: &Place,
) -> Result<Option<Timestamp>, sqlx::Error> {
    const SQL: &str = "select placed_at from timeline_event where workspace_id = $1 and (event_id = $2 \
        or (object_id = $3 and object_version < $4) or (object_id = $5 and object_version = $6)) \
        order by placed_at desc limit 1";
    let (object, version) = place.state.unzip();
    with_tx!(tx, conn => {
        let query = sqlx::query_scalar(SQL).bind(workspace).bind(place.cause).bind(object).bind(version);
        query.bind(place.part_of).bind(FIRST).fetch_optional(conn).await
    })
}

/// What follows directly from an event.
pub async fn followers(tx: &mut Tx, workspace: WorkspaceId, place: &Place) -> Result<Vec<Placed>, sqlx::Error> {
    const SQL: &str = "select event_id, occurred_at, placed_at, causation_id, object_id, object_version, part_of_id \
        from timeline_event where workspace_id = $1 and (causation_id = $2 \
        or (object_id = $3 and object_version = (select min(object_version) from timeline_event \
            where workspace_id = $1 and object_id = $3 and object_version > $4)) \
        or part_of_id = $5)";
    let (object, version) = place.state.unzip();
    let begun = place.state.and_then(|(object, version)| (version == FIRST).then_some(object));
    let rows: Vec<PlaceRow> = with_tx!(tx, conn => {
        let query = sqlx::query_as(SQL).bind(workspace).bind(place.event).bind(object).bind(version);
        query.bind(begun).fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Placed::from).collect())
}

/// Puts an event, and its entries, elsewhere.
pub async fn move_event(tx: &mut Tx, workspace: WorkspaceId, event: EventId, at: Timestamp) -> Result<(), sqlx::Error> {
    const EVENT: &str = "update timeline_event set placed_at = $3 where workspace_id = $1 and event_id = $2";
    const ENTRIES: &str = "update timeline_entry set placed_at = $3 where workspace_id = $1 and event_id = $2";
    for table in [EVENT, ENTRIES] {
        execute!(tx, sqlx::query(table).bind(workspace).bind(event).bind(at))?;
    }
    Ok(())
}
