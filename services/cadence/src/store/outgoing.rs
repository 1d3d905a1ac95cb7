//! What the send gate must know of a message, in one statement.

use events::{enrichment::Verdict, lead::LeadStatus};
use kernel::{EmailAddress, MessageId, PersonName, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Engine, Text},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use super::messages;
use crate::domain::message::Message;

/// A queued message with everything that decides over it.
#[derive(Debug)]
pub struct Outgoing {
    pub message: Message,
    pub facts: Facts,
}

#[derive(Debug, FromRow)]
pub struct Facts {
    pub subject_template: String,
    pub body_template: String,
    pub token: String,
    pub lead_email: EmailAddress,
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub company: Option<String>,
    pub lead_status: Text<LeadStatus>,
    pub owner_name: Option<String>,
    pub verdict: Option<Text<Verdict>>,
    /// Why the address is suppressed, or another that is the same person's.
    pub suppressed: Option<String>,
    pub mailbox_paused: Option<bool>,
    /// The last other message that went, or may have gone, to the address.
    pub last_message_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    message: messages::Row,
    #[sqlx(flatten)]
    facts: Facts,
}

impl From<Row> for Outgoing {
    fn from(row: Row) -> Self {
        Self { message: row.message.into(), facts: row.facts }
    }
}

const FACTS: &str = "s.subject as subject_template, s.body as body_template, e.token, l.email as lead_email, l.first_name, l.last_name, \
    l.company, l.status as lead_status, l.owner_name, v.verdict, coalesce(u.reason, (select min(o.reason) from lead a \
    join suppression o on o.workspace_id = a.workspace_id and o.email = a.email \
    where a.workspace_id = m.workspace_id and a.merged_into = m.lead_id)) as suppressed, b.paused as mailbox_paused, \
    (select max(coalesce(x.sent_at, x.attempted_at)) from message x where x.workspace_id = m.workspace_id and x.email = m.email \
    and x.id <> m.id and x.state in ('sending', 'sent', 'uncertain')) as last_message_at \
    from message m \
    join enrollment e on e.workspace_id = m.workspace_id and e.id = m.enrollment_id \
    join step s on s.workspace_id = m.workspace_id and s.id = m.step_id \
    join lead l on l.workspace_id = m.workspace_id and l.id = m.lead_id \
    left join verification v on v.workspace_id = m.workspace_id and v.email = m.email \
    left join suppression u on u.workspace_id = m.workspace_id and u.email = m.email \
    left join mailbox b on b.workspace_id = m.workspace_id \
    where m.state = 'queued' and e.state = 'active'";

/// Whether any message of any workspace is due: asked often, so without a lock.
pub async fn any_due(db: &Db, now: Timestamp) -> Result<bool, sqlx::Error> {
    const SQL: &str = "select m.id from message m join enrollment e on e.workspace_id = m.workspace_id and e.id = m.enrollment_id \
        where m.state = 'queued' and e.state = 'active' and m.due_at <= $1 limit 1";
    let found: Option<MessageId> =
        with_db!(db.everywhere(), pool => sqlx::query_scalar(SQL).bind(now).fetch_optional(pool).await)?;
    Ok(found.is_some())
}

/// Lets one sender at a time look and reserve, until its transaction ends: two that look at once would both
/// find that an address has had no mail today.
pub async fn lock(tx: &mut Tx) -> Result<(), sqlx::Error> {
    const SQL: &str = "select pg_advisory_xact_lock(hashtext('pipewright.cadence.reserve'))";
    if tx.engine() == Engine::Postgres {
        execute!(tx, sqlx::query(SQL))?;
    }
    Ok(())
}

/// Messages of any workspace that are due, the longest waiting first. They and their enrolments are locked
/// until the transaction ends; what another sender has locked is passed over.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<Outgoing>, sqlx::Error> {
    let lock = match tx.engine() {
        Engine::Postgres => " for update of m, e skip locked",
        Engine::Sqlite => "",
    };
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(select());
        query.push(" and m.due_at <= ").push_bind(now);
        query.push(" order by m.due_at, m.id limit ").push_bind(limit).push(lock);
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Outgoing::from).collect())
}

/// One queued message, due or not.
pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: MessageId) -> Result<Option<Outgoing>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(select());
        query.push(" and m.workspace_id = ").push_bind(workspace).push(" and m.id = ").push_bind(id);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Outgoing::from))
}

fn select() -> String {
    let columns: Vec<String> = messages::COLUMNS.split(", ").map(|column| format!("m.{}", column.trim())).collect();
    format!("select {}, {FACTS}", columns.join(", "))
}
