use std::collections::HashMap;

use kernel::{
    AccountId, Action, Actor, ContactId, Currency, Money, Object, OpportunityId, PageArgs, PipelineId, StageId,
    Timestamp, UserId, WorkspaceId, access::Rows,
};
use platform::{
    Db, Tx,
    db::{AccessColumns, Text, push_after, push_allowed, push_in_ids, push_page},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::{
    opportunity::{Opportunity, OpportunityChange, StageEntry},
    pipeline::OpportunityState,
};

const COLUMNS: &str = "id, workspace_id, version, name, account_id, contact_id, pipeline_id, stage_id, state, \
    amount_minor, amount_currency, owner_id, created_at, updated_at, closed_at";
const ACCESS: AccessColumns = AccessColumns { owner: "owner_id", country: None, source: None, industry: None };
const ENTRY_COLUMNS: &str = "opportunity_id, version, workspace_id, stage_id, entered_at, entered_by";

/// Stage entries of one opportunity that a query shows.
const SHOWN_ENTRIES: i64 = 100;

/// Which opportunities a list shows.
#[derive(Debug, Clone, Default)]
pub struct OpportunityFilter {
    pub state: Option<OpportunityState>,
    pub stage: Option<StageId>,
    pub account: Option<AccountId>,
}

#[derive(FromRow)]
struct Row {
    id: OpportunityId,
    workspace_id: WorkspaceId,
    version: i64,
    name: String,
    account_id: AccountId,
    contact_id: Option<ContactId>,
    pipeline_id: PipelineId,
    stage_id: StageId,
    state: Text<OpportunityState>,
    amount_minor: Option<i64>,
    amount_currency: Option<Text<Currency>>,
    owner_id: Option<UserId>,
    created_at: Timestamp,
    updated_at: Timestamp,
    closed_at: Option<Timestamp>,
}

impl From<Row> for Opportunity {
    fn from(row: Row) -> Self {
        let amount = row.amount_minor.zip(row.amount_currency);
        Self {
            id: row.id,
            workspace: row.workspace_id,
            version: row.version,
            name: row.name,
            account: row.account_id,
            contact: row.contact_id,
            pipeline: row.pipeline_id,
            stage: row.stage_id,
            state: row.state.0,
            amount: amount.map(|(minor, currency)| Money { minor, currency: currency.0 }),
            owner: row.owner_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            closed_at: row.closed_at,
        }
    }
}

#[derive(FromRow)]
struct EntryRow {
    opportunity_id: OpportunityId,
    version: i64,
    workspace_id: WorkspaceId,
    stage_id: StageId,
    entered_at: Timestamp,
    entered_by: String,
}

impl From<EntryRow> for StageEntry {
    fn from(row: EntryRow) -> Self {
        let EntryRow { opportunity_id, version, workspace_id, stage_id, entered_at, entered_by } = row;
        Self {
            opportunity: opportunity_id,
            version,
            workspace: workspace_id,
            stage: stage_id,
            entered_at,
            by: entered_by,
        }
    }
}

fn readable(actor: &Actor) -> Rows<'_> {
    actor.access.rows(Object::Opportunity, Action::Read)
}

/// Appends the filter's conditions; a macro, so that one text serves both engines without naming their bounds.
macro_rules! push_filter {
    ($query:ident, $filter:expr) => {
        if let Some(state) = $filter.state {
            $query.push(" and state = ").push_bind(Text(state));
        }
        if let Some(stage) = $filter.stage {
            $query.push(" and stage_id = ").push_bind(stage);
        }
        if let Some(account) = $filter.account {
            $query.push(" and account_id = ").push_bind(account);
        }
    };
}

/// Inserts an opportunity; false if its id is there already.
pub async fn insert(tx: &mut Tx, opportunity: &Opportunity) -> Result<bool, sqlx::Error> {
    const SQL: &str = "insert into opportunity (id, workspace_id, version, name, account_id, contact_id, pipeline_id, \
        stage_id, state, amount_minor, amount_currency, owner_id, created_at, updated_at, closed_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict do nothing";
    let inserted = execute!(
        tx,
        sqlx::query(SQL)
            .bind(opportunity.id)
            .bind(opportunity.workspace)
            .bind(opportunity.version)
            .bind(&opportunity.name)
            .bind(opportunity.account)
            .bind(opportunity.contact)
            .bind(opportunity.pipeline)
            .bind(opportunity.stage)
            .bind(Text(opportunity.state))
            .bind(opportunity.amount.map(|amount| amount.minor))
            .bind(opportunity.amount.map(|amount| Text(amount.currency)))
            .bind(opportunity.owner)
            .bind(opportunity.created_at)
            .bind(opportunity.updated_at)
            .bind(opportunity.closed_at)
    )?;
    Ok(inserted == 1)
}

/// Writes the current state of a changed opportunity; false if it no longer stood at its previous version.
pub async fn update(tx: &mut Tx, change: &OpportunityChange) -> Result<bool, sqlx::Error> {
    const SQL: &str = "update opportunity set version = $1, name = $2, stage_id = $3, state = $4, amount_minor = $5, \
        amount_currency = $6, updated_at = $7, closed_at = $8 where workspace_id = $9 and id = $10 and version = $11";
    let OpportunityChange { previous, current } = change;
    let updated = execute!(
        tx,
        sqlx::query(SQL)
            .bind(current.version)
            .bind(&current.name)
            .bind(current.stage)
            .bind(Text(current.state))
            .bind(current.amount.map(|amount| amount.minor))
            .bind(current.amount.map(|amount| Text(amount.currency)))
            .bind(current.updated_at)
            .bind(current.closed_at)
            .bind(current.workspace)
            .bind(current.id)
            .bind(previous.version)
    )?;
    Ok(updated == 1)
}

pub async fn insert_entry(tx: &mut Tx, entry: &StageEntry) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into stage_history (opportunity_id, version, workspace_id, stage_id, entered_at, entered_by) \
        values ($1, $2, $3, $4, $5, $6)";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(entry.opportunity)
            .bind(entry.version)
            .bind(entry.workspace)
            .bind(entry.stage)
            .bind(entry.entered_at)
            .bind(&entry.by)
    )?;
    Ok(())
}

/// One opportunity that the actor may read, whole, in a transaction; [`update`]'s version check guards it against a concurrent change.
pub async fn by_id(tx: &mut Tx, actor: &Actor, id: OpportunityId) -> Result<Option<Opportunity>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from opportunity where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id = ").push_bind(id);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Opportunity::from))
}

/// The opportunities with these ids that the actor may read, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[OpportunityId]) -> Result<Vec<Opportunity>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from opportunity where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| Opportunity::from(row).seen_by(&actor.access)).collect())
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(
    db: &Db,
    actor: &Actor,
    filter: &OpportunityFilter,
    page: PageArgs,
) -> Result<Vec<Opportunity>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from opportunity where workspace_id = "));
        query.push_bind(actor.workspace);
        push_filter!(query, filter);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| Opportunity::from(row).seen_by(&actor.access)).collect())
}

pub async fn count(db: &Db, actor: &Actor, filter: &OpportunityFilter) -> Result<i64, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("select count(*) from opportunity where workspace_id = ");
        query.push_bind(actor.workspace);
        push_filter!(query, filter);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_scalar().fetch_one(pool).await
    })
}

/// One page for each of these accounts, in one statement; newest first, with one row more than the page if
/// another follows.
pub async fn pages_by_accounts(
    db: &Db,
    actor: &Actor,
    accounts: &[AccountId],
    page: PageArgs,
) -> Result<Vec<Opportunity>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!(
            "select {COLUMNS} from (select {COLUMNS}, \
             row_number() over (partition by account_id order by created_at desc, id desc) as place \
             from opportunity where workspace_id = "
        ));
        query.push_bind(actor.workspace).push(" and account_id");
        push_in_ids(&mut query, accounts.iter().copied());
        push_allowed(&mut query, &readable(actor), &ACCESS);
        push_after(&mut query, "created_at", "id", page);
        query.push(") as ranked where place <= ").push_bind(page.limit()).push(" order by account_id, place");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| Opportunity::from(row).seen_by(&actor.access)).collect())
}

/// How many opportunities each of these accounts has; one without any is missing.
pub async fn count_by_accounts(
    db: &Db,
    actor: &Actor,
    accounts: &[AccountId],
) -> Result<HashMap<AccountId, i64>, sqlx::Error> {
    let rows: Vec<(AccountId, i64)> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("select account_id, count(*) from opportunity where workspace_id = ");
        query.push_bind(actor.workspace).push(" and account_id");
        push_in_ids(&mut query, accounts.iter().copied());
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.push(" group by account_id");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().collect())
}

/// The last entries of each of these opportunities' ways through the stages, oldest first. Whoever asks has read the
/// opportunities.
pub async fn entries(db: &Db, actor: &Actor, ids: &[OpportunityId]) -> Result<Vec<StageEntry>, sqlx::Error> {
    let rows: Vec<EntryRow> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!(
            "select {ENTRY_COLUMNS} from (select {ENTRY_COLUMNS}, \
             row_number() over (partition by opportunity_id order by version desc) as place \
             from stage_history where workspace_id = "
        ));
        query.push_bind(actor.workspace).push(" and opportunity_id");
        push_in_ids(&mut query, ids.iter().copied());
        query.push(") as ranked where place <= ").push_bind(SHOWN_ENTRIES).push(" order by opportunity_id, version");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(StageEntry::from).collect())
}
