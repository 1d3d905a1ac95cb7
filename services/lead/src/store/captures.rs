use events::lead::{Consent, Utm};
use kernel::{Action, Actor, CaptureId, FormId, LandingPageId, LeadId, Object, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Engine, Text, push_allowed, push_in_ids},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use super::leads::ACCESS;
use crate::domain::capture::{Answer, Capture, CaptureState, Draft, Given, PageSeen};

const COLUMNS: &str = "c.id, c.workspace_id, c.form_id, c.form_version, c.state, c.given, c.draft, c.answers, c.utm, c.consent, \
    c.landing_page_id, c.variant, c.once_key, c.given_hash, c.token_hash, c.confirm_by, c.confirmed_at, c.lead_id, c.attempts, \
    c.due_at, c.received_at";

/// Captures that a lead shows.
const SHOWN: i64 = 50;

#[derive(FromRow)]
struct Row {
    id: CaptureId,
    workspace_id: WorkspaceId,
    form_id: FormId,
    form_version: i64,
    state: Text<CaptureState>,
    given: Json<Given>,
    draft: Json<Draft>,
    answers: Json<Vec<Answer>>,
    utm: Json<Utm>,
    consent: Option<Json<Consent>>,
    landing_page_id: Option<LandingPageId>,
    variant: Option<String>,
    once_key: Option<String>,
    given_hash: String,
    token_hash: Option<String>,
    confirm_by: Option<Timestamp>,
    confirmed_at: Option<Timestamp>,
    lead_id: Option<LeadId>,
    attempts: i64,
    due_at: Timestamp,
    received_at: Timestamp,
}

impl From<Row> for Capture {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            form: row.form_id,
            form_version: row.form_version,
            state: row.state.0,
            given: row.given.0,
            draft: row.draft.0,
            answers: row.answers.0,
            utm: row.utm.0,
            consent: row.consent.map(|consent| consent.0),
            seen: row.landing_page_id.zip(row.variant).map(|(page, variant)| PageSeen { page, variant }),
            once_key: row.once_key,
            given_hash: row.given_hash,
            token_hash: row.token_hash,
            confirm_by: row.confirm_by,
            confirmed_at: row.confirmed_at,
            lead: row.lead_id,
            attempts: row.attempts,
            due_at: row.due_at,
            received_at: row.received_at,
        }
    }
}

/// False if this submission is there already.
pub async fn insert(tx: &mut Tx, capture: &Capture) -> Result<bool, sqlx::Error> {
    const SQL: &str = "insert into capture (id, workspace_id, form_id, form_version, state, given, draft, answers, utm, consent, \
        landing_page_id, variant, once_key, given_hash, token_hash, confirm_by, confirmed_at, email, lead_id, attempts, due_at, \
        received_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) \
        on conflict do nothing";
    let inserted = execute!(
        tx,
        sqlx::query(SQL)
            .bind(capture.id)
            .bind(capture.workspace)
            .bind(capture.form)
            .bind(capture.form_version)
            .bind(Text(capture.state))
            .bind(Json(&capture.given))
            .bind(Json(&capture.draft))
            .bind(Json(&capture.answers))
            .bind(Json(&capture.utm))
            .bind(capture.consent.as_ref().map(Json))
            .bind(capture.seen.as_ref().map(|seen| seen.page))
            .bind(capture.seen.as_ref().map(|seen| seen.variant.as_str()))
            .bind(&capture.once_key)
            .bind(&capture.given_hash)
            .bind(&capture.token_hash)
            .bind(capture.confirm_by)
            .bind(capture.confirmed_at)
            .bind(&capture.draft.email)
            .bind(capture.lead)
            .bind(capture.attempts)
            .bind(capture.due_at)
            .bind(capture.received_at)
    )?;
    Ok(inserted == 1)
}

/// Writes how far it has come.
pub async fn update(tx: &mut Tx, capture: &Capture) -> Result<(), sqlx::Error> {
    const SQL: &str = "update capture set state = $1, consent = $2, confirmed_at = $3, lead_id = $4, attempts = $5, due_at = $6, \
        answers = $9 where workspace_id = $7 and id = $8";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(Text(capture.state))
            .bind(capture.consent.as_ref().map(Json))
            .bind(capture.confirmed_at)
            .bind(capture.lead)
            .bind(capture.attempts)
            .bind(capture.due_at)
            .bind(capture.workspace)
            .bind(capture.id)
            .bind(Json(&capture.answers))
    )?;
    Ok(())
}

/// Locked until the transaction ends.
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId, id: CaptureId) -> Result<Option<Capture>, sqlx::Error> {
    let lock = match tx.engine() {
        Engine::Postgres => " for update",
        Engine::Sqlite => "",
    };
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from capture c where c.workspace_id = "));
        query.push_bind(workspace).push(" and c.id = ").push_bind(id).push(lock);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Capture::from))
}

/// What the first submission with this key made.
pub async fn by_once_key(
    tx: &mut Tx,
    workspace: WorkspaceId,
    form: FormId,
    key: &str,
) -> Result<Option<Capture>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from capture c where c.workspace_id = "));
        query.push_bind(workspace).push(" and c.form_id = ").push_bind(form);
        query.push(" and c.once_key = ").push_bind(key.to_owned());
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Capture::from))
}

/// What a link in a mail is about: it says whose it is.
pub async fn by_token(db: &Db, token_hash: &str) -> Result<Option<Capture>, sqlx::Error> {
    let row: Option<Row> = with_db!(db.everywhere(), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from capture c where c.token_hash = "));
        query.push_bind(token_hash.to_owned());
        query.build_query_as().fetch_optional(pool).await?
    });
    Ok(row.map(Capture::from))
}

/// Captures of any workspace that have yet to become leads, the longest waiting first.
pub async fn due(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<(WorkspaceId, CaptureId)>, sqlx::Error> {
    const SQL: &str =
        "select workspace_id, id from capture where state = 'received' and due_at <= $1 order by due_at, id limit $2";
    with_db!(db.everywhere(), pool => sqlx::query_as(SQL).bind(now).bind(limit).fetch_all(pool).await)
}

/// Whether a visitor gave this lead, or more of it.
pub async fn submitted(tx: &mut Tx, workspace: WorkspaceId, lead: LeadId) -> Result<bool, sqlx::Error> {
    const SQL: &str = "select exists (select 1 from capture where workspace_id = $1 and lead_id = $2)";
    with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(workspace).bind(lead).fetch_one(conn).await)
}

/// The newest captures of each of these leads that the actor may read, and of those that were merged into it.
pub async fn of_leads(db: &Db, actor: &Actor, leads: &[LeadId]) -> Result<Vec<(LeadId, Capture)>, sqlx::Error> {
    let rows: Vec<Shown> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!(
            "select {COLUMNS}, c.shown_id from (select c.*, known.shown_id, row_number() over \
             (partition by known.shown_id order by c.received_at desc, c.id desc) as place from \
             (select id as known_id, id as shown_id from lead where workspace_id = ",
        ));
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, leads.iter().copied());
        query.push(" union all select id, merged_into from lead where workspace_id = ").push_bind(actor.workspace);
        query.push(" and merged_into");
        push_in_ids(&mut query, leads.iter().copied());
        query.push(") known join capture c on c.lead_id = known.known_id join lead on lead.id = known.shown_id");
        query.push(" where c.workspace_id = ").push_bind(actor.workspace);
        push_allowed(&mut query, &actor.access.rows(Object::Lead, Action::Read), &ACCESS);
        query.push(") c where c.place <= ").push_bind(SHOWN).push(" order by c.received_at desc, c.id desc");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| (row.shown_id, Capture::from(row.row).seen_by(&actor.access))).collect())
}

#[derive(FromRow)]
struct Shown {
    shown_id: LeadId,
    #[sqlx(flatten)]
    row: Row,
}
