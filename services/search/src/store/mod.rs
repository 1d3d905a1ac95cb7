//! SQL and rows.

mod readable;
pub mod timeline;
pub mod timeline_pages;
mod timeline_redirects;

use kernel::{Clock, EventId, LeadId, Timestamp, UserId, WorkspaceId, id::TypedId};
use platform::{
    Db, Tx,
    db::{Text, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};
use uuid::Uuid;

use crate::domain::document::{Document, Kind, Texts, Traits};

#[derive(FromRow)]
struct Row {
    workspace_id: WorkspaceId,
    kind: Text<Kind>,
    id: Uuid,
    version: i64,
    texts: Json<Texts>,
    owner_id: Option<UserId>,
    country: Option<String>,
    source: Option<String>,
    industry: Option<String>,
    revision: i64,
}

impl From<Row> for Document {
    fn from(row: Row) -> Self {
        let Row { workspace_id, kind, id, version, texts, owner_id, country, source, industry, revision } = row;
        let traits = Traits { owner: owner_id, country, source, industry };
        Self { workspace: workspace_id, kind: kind.0, id, version, texts: texts.0, traits, revision }
    }
}

/// What the indexer must know before each round.
#[derive(Debug, FromRow)]
pub struct State {
    pub generation: String,
    pub has_dirty: bool,
}

/// Keeps the document unless a newer one is there, and says whether it did.
pub async fn keep(tx: &mut Tx, document: &Document, now: Timestamp) -> Result<bool, sqlx::Error> {
    const SQL: &str = "insert into document (workspace_id, kind, id, version, texts, dirty, updated_at, owner_id, country, source, industry) \
        values ($1, $2, $3, $4, $5, true, $6, $7, $8, $9, $10) \
        on conflict (workspace_id, kind, id) do update set version = excluded.version, texts = excluded.texts, dirty = true, \
        updated_at = excluded.updated_at, revision = document.revision + 1, country = excluded.country, source = excluded.source, industry = excluded.industry, \
        owner_id = case when excluded.kind = 'lead' then document.owner_id else excluded.owner_id end \
        where excluded.version > document.version";
    let kept = execute!(
        tx,
        sqlx::query(SQL)
            .bind(document.workspace)
            .bind(Text(document.kind))
            .bind(document.id)
            .bind(document.version)
            .bind(Json(&document.texts))
            .bind(now)
            .bind(document.traits.owner)
            .bind(&document.traits.country)
            .bind(&document.traits.source)
            .bind(&document.traits.industry)
    )?;
    Ok(kept > 0)
}

/// Notes whose lead it is now, unless a later event has said so already. One that was not heard of gets a document
/// that nothing is found by yet.
pub async fn keep_owner(
    tx: &mut Tx,
    workspace: WorkspaceId,
    lead: LeadId,
    owner: Option<UserId>,
    (event, now): (EventId, Timestamp),
) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into document (workspace_id, kind, id, version, texts, dirty, updated_at, owner_id, owner_event) \
        values ($1, $2, $3, 0, $4, true, $5, $6, $7) \
        on conflict (workspace_id, kind, id) do update \
        set owner_id = excluded.owner_id, owner_event = excluded.owner_event, dirty = true, revision = document.revision + 1, updated_at = excluded.updated_at \
        where document.owner_event is null or document.owner_event < excluded.owner_event";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(workspace)
            .bind(Text(Kind::Lead))
            .bind(lead.uuid())
            .bind(Json(Texts::default()))
            .bind(now)
            .bind(owner)
            .bind(event)
    )?;
    Ok(())
}

pub async fn state(db: &Db) -> Result<State, sqlx::Error> {
    const SQL: &str =
        "select generation, exists (select 1 from document where dirty) as has_dirty from index_state where id = 1";
    with_db!(db.everywhere(), pool => sqlx::query_as(SQL).fetch_one(pool).await)
}

/// Up to `limit` documents that the index does not have yet, of all workspaces: there is one index.
pub async fn dirty(db: &Db, limit: i64) -> Result<Vec<Document>, sqlx::Error> {
    const SQL: &str = "select workspace_id, kind, id, version, texts, owner_id, country, source, industry, revision from document where dirty order by updated_at limit $1";
    let rows: Vec<Row> = with_db!(db.everywhere(), pool => sqlx::query_as(SQL).bind(limit).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(Document::from).collect())
}

/// Marks these documents as indexed, but for those that changed meanwhile.
pub async fn mark_indexed(db: &Db, documents: &[Document]) -> Result<(), sqlx::Error> {
    if documents.is_empty() {
        return Ok(());
    }
    let mut tx = db.everywhere().begin().await?;
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update document set dirty = false where (workspace_id, kind, id, revision) in (");
        push_rows(&mut query, documents, |mut row, document| {
            row.push_bind(document.workspace).push_bind(Text(document.kind)).push_bind(document.id).push_bind(document.revision);
        });
        query.push(")");
        query.build().persistent(false).execute(conn).await?;
    });
    tx.commit().await
}

/// Has everything indexed again.
pub async fn mark_all_dirty(db: &Db) -> Result<(), sqlx::Error> {
    let mut tx = db.everywhere().begin().await?;
    execute!(tx, sqlx::query("update document set dirty = true where not dirty"))?;
    tx.commit().await
}

/// Gives a new database its first generation.
pub async fn ensure_generation(db: &Db, clock: &Clock) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into index_state (id, generation) values (1, $1) on conflict do nothing";
    let mut tx = db.everywhere().begin().await?;
    execute!(tx, sqlx::query(SQL).bind(new_generation(clock)))?;
    tx.commit().await
}

/// Forgets every document and every timeline of every workspace, and begins another generation of the index.
pub async fn reset(db: &Db, clock: &Clock) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into index_state (id, generation) values (1, $1) on conflict (id) do update set generation = excluded.generation";
    const DERIVED: [&str; 5] = [
        "delete from document",
        "delete from timeline_event",
        "delete from timeline_entry",
        "delete from timeline_tie",
        "delete from timeline_redirect",
    ];
    let mut tx = db.everywhere().begin().await?;
    for table in DERIVED {
        execute!(tx, sqlx::query(table))?;
    }
    execute!(tx, sqlx::query(SQL).bind(new_generation(clock)))?;
    tx.commit().await
}

/// Random: two databases, or one before and after it was lost, must not agree by accident.
fn new_generation(clock: &Clock) -> String {
    let mut random = [0; 16];
    clock.random(&mut random);
    Uuid::from_bytes(random).simple().to_string()
}
