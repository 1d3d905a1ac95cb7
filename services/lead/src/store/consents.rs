use events::lead::ConsentEvidence;
use kernel::{CaptureId, ConsentId, EmailAddress, Timestamp, WorkspaceId, id::TypedId};
use platform::{
    Db, Tx,
    db::{Text, push_in_ids},
    execute, with_db,
};
use sqlx::{FromRow, QueryBuilder, types::Json};
use uuid::Uuid;

use super::records::table;
use crate::domain::{
    consent::{ConsentEntry, ConsentState},
    record::Kind,
};

const COLUMNS: &str = "id, workspace_id, email, purpose, state, wording, note, capture_id, evidence, said_at, recorded_at, \
    recorded_by";

/// Lines of one address and purpose that a query shows.
const SHOWN: i64 = 20;

#[derive(FromRow)]
struct Row {
    id: ConsentId,
    workspace_id: WorkspaceId,
    email: EmailAddress,
    purpose: String,
    state: Text<ConsentState>,
    wording: Option<String>,
    note: Option<String>,
    capture_id: Option<CaptureId>,
    evidence: Option<Json<ConsentEvidence>>,
    said_at: Timestamp,
    recorded_at: Timestamp,
    recorded_by: String,
}

impl From<Row> for ConsentEntry {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            email: row.email,
            purpose: row.purpose,
            state: row.state.0,
            wording: row.wording,
            note: row.note,
            capture: row.capture_id,
            evidence: row.evidence.map(|evidence| evidence.0),
            said_at: row.said_at,
            recorded_at: row.recorded_at,
            recorded_by: row.recorded_by,
        }
    }
}

pub async fn insert(tx: &mut Tx, entry: &ConsentEntry) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into consent (id, workspace_id, email, purpose, state, wording, note, capture_id, evidence, \
        said_at, recorded_at, recorded_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(entry.id)
            .bind(entry.workspace)
            .bind(entry.email.as_str())
            .bind(&entry.purpose)
            .bind(Text(entry.state))
            .bind(&entry.wording)
            .bind(&entry.note)
            .bind(entry.capture)
            .bind(entry.evidence.as_ref().map(Json))
            .bind(entry.said_at)
            .bind(entry.recorded_at)
            .bind(&entry.recorded_by)
    )?;
    Ok(())
}

pub async fn by_id(db: &Db, workspace: WorkspaceId, id: ConsentId) -> Result<Option<ConsentEntry>, sqlx::Error> {
    let row: Option<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from consent where workspace_id = "));
        query.push_bind(workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(pool).await?
    });
    Ok(row.map(ConsentEntry::from))
}

/// What these people said of each purpose at the addresses that they have, or had before a merge: by person and purpose,
/// and then what holds first. Whoever asks has read the people.
pub async fn of<P: TypedId>(
    db: &Db,
    workspace: WorkspaceId,
    kind: Kind,
    ids: &[P],
) -> Result<Vec<(P, ConsentEntry)>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let table = table(kind);
    let rows: Vec<Shown> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!(
            "select {COLUMNS}, shown_id from (select c.*, person.shown_id, row_number() over \
             (partition by person.shown_id, c.purpose order by c.said_at desc, c.id desc) as place from \
             (select id as shown_id, email from {table} where workspace_id = "
        ));
        query.push_bind(workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        query.push(format!(" union select merged_into, email from {table} where workspace_id = ")).push_bind(workspace);
        query.push(" and merged_into");
        push_in_ids(&mut query, ids.iter().copied());
        query.push(") person join consent c on c.email = person.email where c.workspace_id = ").push_bind(workspace);
        query.push(") ranked where place <= ").push_bind(SHOWN).push(" order by shown_id, purpose, place");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|Shown { shown_id, row }| (P::from(shown_id), row.into())).collect())
}

#[derive(FromRow)]
struct Shown {
    shown_id: Uuid,
    #[sqlx(flatten)]
    row: Row,
}
