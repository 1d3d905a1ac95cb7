use kernel::{EventId, LeadId, Object, UserId, WorkspaceId, id::TypedId};
use platform::{Db, Tx, db::Text, execute, with_db};
use sqlx::FromRow;
use uuid::Uuid;

use crate::domain::record::Record;

/// A record as it stands at `version`.
#[derive(Debug, Clone)]
pub struct Known {
    pub object: Object,
    pub id: Uuid,
    pub version: i64,
    /// A lead's owner is told apart, see [`keep_owner`].
    pub record: Record,
}

#[derive(FromRow)]
struct Row {
    owner_id: Option<UserId>,
    country: Option<String>,
    source: Option<String>,
    industry: Option<String>,
}

/// Keeps what is known of a record, unless something newer is there.
pub async fn keep(tx: &mut Tx, workspace: WorkspaceId, known: &Known) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into record_access (workspace_id, object, id, version, owner_id, country, source, industry) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) \
        on conflict (workspace_id, object, id) do update set version = excluded.version, country = excluded.country, \
        source = excluded.source, industry = excluded.industry, \
        owner_id = case when excluded.object = 'lead' then record_access.owner_id else excluded.owner_id end \
        where record_access.version < excluded.version";
    let Known { object, id, version, record } = known;
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(workspace)
            .bind(Text(*object))
            .bind(id)
            .bind(version)
            .bind(record.owner)
            .bind(&record.country)
            .bind(&record.source)
            .bind(&record.industry)
    )?;
    Ok(())
}

/// Notes whose lead it is now, unless a later event has said so already.
pub async fn keep_owner(
    tx: &mut Tx,
    workspace: WorkspaceId,
    lead: LeadId,
    owner: Option<UserId>,
    event: EventId,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into record_access (workspace_id, object, id, version, owner_id, owner_event) \
        values ($1, $2, $3, 0, $4, $5) \
        on conflict (workspace_id, object, id) do update set owner_id = excluded.owner_id, owner_event = excluded.owner_event \
        where record_access.owner_event is null or record_access.owner_event < excluded.owner_event";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(Text(Object::Lead)).bind(lead.uuid()).bind(owner).bind(event))?;
    Ok(())
}

pub async fn by_id(db: &Db, workspace: WorkspaceId, object: Object, id: Uuid) -> Result<Option<Record>, sqlx::Error> {
    const SQL: &str = "select owner_id, country, source, industry from record_access \
        where workspace_id = $1 and object = $2 and id = $3";
    let row: Option<Row> = with_db!(db.of(workspace), pool => sqlx::query_as(SQL).bind(workspace).bind(Text(object)).bind(id).fetch_optional(pool).await?);
    Ok(row.map(|Row { owner_id, country, source, industry }| Record { owner: owner_id, country, source, industry }))
}
