//! Leads, contacts and accounts alike.

use kernel::{Action, Actor, WorkspaceId};
use platform::{
    Db, Tx,
    db::{AccessColumns, Engine, ListBind, Text, push_allowed, push_rows},
    with_db, with_tx,
};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{accounts, contacts, leads};
use crate::domain::{
    account::AccountChange,
    contact::ContactChange,
    lead::LeadChange,
    record::{Kind, Record, RecordChange},
};

pub(super) fn table(kind: Kind) -> &'static str {
    kind.object().as_str()
}

pub(super) fn access(kind: Kind) -> &'static AccessColumns {
    match kind {
        Kind::Lead => &leads::ACCESS,
        Kind::Contact => &contacts::ACCESS,
        Kind::Account => &accounts::ACCESS,
    }
}

/// Reads the records of a kind that `$push` selects, after `where workspace_id = `.
macro_rules! select {
    ($conn:ident, $kind:expr, |$query:ident| $push:block) => {{
        let columns = match $kind {
            Kind::Lead => leads::COLUMNS,
            Kind::Contact => contacts::COLUMNS,
            Kind::Account => accounts::COLUMNS,
        };
        let mut $query = QueryBuilder::new(format!("select {columns} from {} where workspace_id = ", table($kind)));
        $push
        match $kind {
            Kind::Lead => {
                let rows: Vec<leads::Row> = $query.build_query_as().fetch_all($conn).await?;
                rows.into_iter().map(|row| Record::Lead(Box::new(row.into()))).collect::<Vec<_>>()
            }
            Kind::Contact => {
                let rows: Vec<contacts::Row> = $query.build_query_as().fetch_all($conn).await?;
                rows.into_iter().map(|row| Record::Contact(Box::new(row.into()))).collect()
            }
            Kind::Account => {
                let rows: Vec<accounts::Row> = $query.build_query_as().fetch_all($conn).await?;
                rows.into_iter().map(|row| Record::Account(Box::new(row.into()))).collect()
            }
        }
    }};
}

/// Those of these records that the actor may read and that are not merged away, in no order.
pub async fn readable(tx: &mut Tx, actor: &Actor, kind: Kind, ids: &[Uuid]) -> Result<Vec<Record>, sqlx::Error> {
    Ok(with_tx!(tx, conn => select!(conn, kind, |query| {
        query.push_bind(actor.workspace).push(" and merged_into is null and id");
        ListBind::push_ids(&mut query, ids.to_vec());
        push_allowed(&mut query, &actor.access.rows(kind.object(), Action::Read), access(kind));
    })))
}

/// The record that shows for this one, which may be merged away, if the actor may read it.
pub async fn standing_for(tx: &mut Tx, actor: &Actor, kind: Kind, id: Uuid) -> Result<Option<Record>, sqlx::Error> {
    let mut found = with_tx!(tx, conn => select!(conn, kind, |query| {
        query.push_bind(actor.workspace);
        query.push(format!(" and id = (select coalesce(merged_into, id) from {} where workspace_id = ", table(kind)));
        query.push_bind(actor.workspace).push(" and id = ").push_bind(id).push(")");
        push_allowed(&mut query, &actor.access.rows(kind.object(), Action::Read), access(kind));
    }));
    Ok(found.pop())
}

/// These records, whoever may read them, and merged away or not, in no order.
pub async fn any(tx: &mut Tx, workspace: WorkspaceId, kind: Kind, ids: &[Uuid]) -> Result<Vec<Record>, sqlx::Error> {
    Ok(with_tx!(tx, conn => select!(conn, kind, |query| {
        query.push_bind(workspace).push(" and id");
        ListBind::push_ids(&mut query, ids.to_vec());
    })))
}

/// These records and all that show as one of them, in no order.
pub async fn family(tx: &mut Tx, workspace: WorkspaceId, kind: Kind, ids: &[Uuid]) -> Result<Vec<Record>, sqlx::Error> {
    Ok(with_tx!(tx, conn => select!(conn, kind, |query| {
        query.push_bind(workspace).push(" and (id");
        ListBind::push_ids(&mut query, ids.to_vec());
        query.push(" or merged_into");
        ListBind::push_ids(&mut query, ids.to_vec());
        query.push(")");
    })))
}

/// A workspace with records of a kind that have yet to be compared.
pub async fn workspace_with_stale(db: &Db) -> Result<Option<(WorkspaceId, Kind)>, sqlx::Error> {
    const SQL: &str = "select workspace_id, record_kind from ( \
        select * from (select workspace_id, 'lead' as record_kind from lead where match_stale limit 1) as stale_lead \
        union all select * from (select workspace_id, 'contact' as record_kind from contact where match_stale limit 1) as stale_contact \
        union all select * from (select workspace_id, 'account' as record_kind from account where match_stale limit 1) as stale_account \
        ) as stale limit 1";
    let row: Option<(WorkspaceId, Text<Kind>)> =
        with_db!(db.everywhere(), pool => sqlx::query_as(SQL).fetch_optional(pool).await)?;
    Ok(row.map(|(workspace, kind)| (workspace, kind.0)))
}

/// Up to `limit` records that have yet to be compared, locked. One that somebody writes at this moment is passed over: whoever
/// waits for a row while they hold others may wait for ever.
pub async fn stale(tx: &mut Tx, workspace: WorkspaceId, kind: Kind, limit: i64) -> Result<Vec<Record>, sqlx::Error> {
    let lock = match tx.engine() {
        Engine::Postgres => " for no key update skip locked",
        // It has one writer.
        Engine::Sqlite => "",
    };
    Ok(with_tx!(tx, conn => select!(conn, kind, |query| {
        query.push_bind(workspace).push(" and match_stale order by id limit ").push_bind(limit).push(lock);
    })))
}

/// Notes that these records were compared as they are here; one that has changed meanwhile is compared again.
pub async fn mark_compared(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: Kind,
    records: &[Record],
) -> Result<(), sqlx::Error> {
    if records.is_empty() {
        return Ok(());
    }
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("update {} set match_stale = false where workspace_id = ", table(kind)));
        query.push_bind(workspace).push(" and (id, version) in (");
        push_rows(&mut query, records, |mut row, record| {
            row.push_bind(record.id()).push_bind(record.version());
        });
        query.push(")");
        query.build().persistent(false).execute(conn).await.map(|_| ())
    })
}

/// Has these records compared again.
pub async fn mark_stale(tx: &mut Tx, workspace: WorkspaceId, kind: Kind, ids: &[Uuid]) -> Result<(), sqlx::Error> {
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("update {} set match_stale = true where workspace_id = ", table(kind)));
        query.push_bind(workspace).push(" and id");
        ListBind::push_ids(&mut query, ids.to_vec());
        query.build().execute(conn).await.map(|_| ())
    })
}

/// Writes the current state of a changed record. Returns 0 if it no longer stood at its previous version.
pub async fn update(tx: &mut Tx, change: &RecordChange) -> Result<u64, sqlx::Error> {
    match (change.previous.clone(), change.current.clone()) {
        (Record::Lead(previous), Record::Lead(current)) => {
            leads::update(tx, &LeadChange { previous: *previous, current: *current }).await
        }
        (Record::Contact(previous), Record::Contact(current)) => {
            contacts::update(tx, &ContactChange { previous: *previous, current: *current }).await
        }
        (Record::Account(previous), Record::Account(current)) => {
            accounts::update(tx, &AccountChange { previous: *previous, current: *current }).await
        }
        _ => Ok(0),
    }
}

/// Has these records, at the versions that they have here, show as another, or as themselves again; each is one version
/// on then. Returns how many still stood there.
pub async fn redirect(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: Kind,
    records: &[Record],
    into: Option<Uuid>,
) -> Result<u64, sqlx::Error> {
    if records.is_empty() {
        return Ok(0);
    }
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("update {} set merged_into = ", table(kind)));
        query.push_bind(into).push(", version = version + 1, match_stale = true where workspace_id = ").push_bind(workspace);
        query.push(" and (id, version) in (");
        push_rows(&mut query, records, |mut row, record| {
            row.push_bind(record.id()).push_bind(record.version());
        });
        query.push(")");
        query.build().persistent(false).execute(conn).await.map(|done| done.rows_affected())
    })
}

/// Has records that are merged away show as another from now on.
pub async fn reroute(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: Kind,
    ids: &[Uuid],
    into: Uuid,
) -> Result<(), sqlx::Error> {
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("update {} set merged_into = ", table(kind)));
        query.push_bind(into).push(" where merged_into is not null and workspace_id = ").push_bind(workspace).push(" and id");
        ListBind::push_ids(&mut query, ids.to_vec());
        query.build().execute(conn).await.map(|_| ())
    })
}

/// What each of these records shows as: itself, unless it is merged away. One that is not there is left out.
pub async fn shown(
    db: &Db,
    workspace: WorkspaceId,
    kind: Kind,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select id, coalesce(merged_into, id) from {} where workspace_id = ", table(kind)));
        query.push_bind(workspace).push(" and id");
        ListBind::push_ids(&mut query, ids.to_vec());
        query.build_query_as().fetch_all(pool).await
    })
}
