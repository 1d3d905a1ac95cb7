use std::collections::HashSet;

use events::lead::Tier;
use kernel::{AccountId, Action, Actor, Object, PageArgs, Timestamp, UserId, WorkspaceId, access::Rows};
use platform::{
    Db, Tx,
    db::{AccessColumns, ListBind, Text, push_allowed, push_in_ids, push_in_texts, push_page, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use super::{account_domains, asked_for, hierarchy, select_named};
use crate::domain::{
    account::{Account, AccountChange, AccountDetails},
    matching::AccountKeys,
};

pub(super) const COLUMNS: &str = "id, workspace_id, version, name, domain, industry, country, employees, owner_id, external_id, import_fingerprint, merged_into, created_at, updated_at";

pub(super) const ACCESS: AccessColumns =
    AccessColumns { owner: "owner_id", country: Some("country"), source: None, industry: Some("industry") };

/// Which accounts a list shows.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    pub domain: Option<String>,
    /// Compared without case, accents and legal form.
    pub name_key: Option<String>,
    pub under: Option<Under>,
    pub tier: Option<Tier>,
}

/// What is below an account: for accounts without it, for leads and contacts with its own.
#[derive(Debug, Clone, Copy)]
pub struct Under {
    pub parent: AccountId,
    /// Not only those right below it.
    pub descendants: bool,
}

#[derive(FromRow)]
pub(super) struct Row {
    id: AccountId,
    workspace_id: WorkspaceId,
    version: i64,
    name: String,
    domain: Option<String>,
    industry: Option<String>,
    country: Option<String>,
    employees: Option<String>,
    owner_id: Option<UserId>,
    external_id: Option<String>,
    import_fingerprint: Option<String>,
    merged_into: Option<AccountId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            version: row.version,
            details: AccountDetails {
                name: row.name,
                domain: row.domain,
                industry: row.industry,
                country: row.country,
                employees: row.employees,
            },
            owner: row.owner_id,
            external_id: row.external_id,
            import_fingerprint: row.import_fingerprint,
            merged_into: row.merged_into,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

pub(super) fn readable(actor: &Actor) -> Rows<'_> {
    actor.access.rows(Object::Account, Action::Read)
}

/// Appends the condition that `column` names this account, or one that shows as the same, and that the actor may read what
/// it shows as: nothing is found by one that is hidden.
pub(super) fn push_at<DB: ListBind>(query: &mut QueryBuilder<DB>, actor: &Actor, column: &str, account: AccountId)
where
    WorkspaceId: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    AccountId: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    query.push(" and ").push(column).push(" in (select id from account where workspace_id = ");
    query.push_bind(actor.workspace);
    query.push(" and id = ");
    hierarchy::push_shown(query, actor.workspace, account);
    query.push(" union all select id from account where workspace_id = ").push_bind(actor.workspace);
    query.push(" and merged_into = ");
    hierarchy::push_shown(query, actor.workspace, account);
    query.push(")");
    let rows = readable(actor);
    if rows == Rows::All {
        return;
    }
    query.push(" and exists (select 1 from account where workspace_id = ").push_bind(actor.workspace);
    query.push(" and id = ");
    hierarchy::push_shown(query, actor.workspace, account);
    push_allowed(query, &rows, &ACCESS);
    query.push(")");
}

/// Appends the condition that the actor may read the account that `account_id` shows as: nothing is found by one that is
/// hidden.
pub(super) fn push_readable<DB: ListBind>(query: &mut QueryBuilder<DB>, actor: &Actor)
where
    WorkspaceId: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let rows = readable(actor);
    if rows == Rows::All {
        return;
    }
    query.push(
        " and (select coalesce(m.merged_into, m.id) from account m where m.id = account_id and m.workspace_id = ",
    );
    query
        .push_bind(actor.workspace)
        .push(") in (select id from account where workspace_id = ")
        .push_bind(actor.workspace);
    push_allowed(query, &rows, &ACCESS);
    query.push(")");
}

macro_rules! push_filter {
    ($query:ident, $actor:expr, $filter:expr) => {
        if let Some(domain) = &$filter.domain {
            $query.push(
                " and id in (select coalesce(a.merged_into, a.id) from account_domain d join account a on a.id = d.account_id \
                 where a.workspace_id = d.workspace_id and d.workspace_id = ",
            );
            $query.push_bind($actor.workspace).push(" and d.domain = ").push_bind(domain.clone()).push(")");
        }
        if let Some(name_key) = &$filter.name_key {
            $query.push(" and name_key = ").push_bind(name_key.clone());
        }
        if let Some(tier) = $filter.tier {
            $query.push(" and id in (select account_id from account_plan where workspace_id = ");
            $query.push_bind($actor.workspace).push(" and tier = ").push_bind(Text(tier)).push(")");
        }
        match $filter.under {
            Some(Under { parent, descendants: true }) => {
                $query.push(" and id <> ");
                hierarchy::push_shown(&mut $query, $actor.workspace, parent);
                $query.push(" and id");
                hierarchy::push_in_tree(&mut $query, $actor, parent);
            }
            Some(Under { parent, descendants: false }) => push_at(&mut $query, $actor, "parent_id", parent),
            None => {}
        }
    };
}

/// Inserts accounts whose domain and foreign id are free, and returns the ids of those that went in. If one did not, the
/// transaction is to be given up.
pub async fn insert(tx: &mut Tx, accounts: &[Account]) -> Result<HashSet<AccountId>, sqlx::Error> {
    let mut inserted = HashSet::with_capacity(accounts.len());
    for chunk in accounts.chunks(500) {
        let ids: Vec<AccountId> = with_tx!(tx, conn => {
            let mut query = QueryBuilder::new(
                "insert into account (id, workspace_id, version, name, name_key, domain, industry, country, employees, owner_id, external_id, \
                 import_fingerprint, created_at, updated_at) ",
            );
            push_rows(&mut query, chunk, |mut row, account| {
                let details = &account.details;
                row.push_bind(account.id)
                    .push_bind(account.workspace)
                    .push_bind(account.version)
                    .push_bind(details.name.clone())
                    .push_bind(account.name_key())
                    .push_bind(details.domain.clone())
                    .push_bind(details.industry.clone())
                    .push_bind(details.country.clone())
                    .push_bind(details.employees.clone())
                    .push_bind(account.owner)
                    .push_bind(account.external_id.clone())
                    .push_bind(account.import_fingerprint.clone())
                    .push_bind(account.created_at)
                    .push_bind(account.updated_at);
            });
            query.push(" on conflict do nothing returning id");
            query.build_query_scalar().persistent(chunk.len() == 500).fetch_all(conn).await?
        });
        inserted.extend(ids);
        let fresh: Vec<&Account> = chunk.iter().filter(|account| inserted.contains(&account.id)).collect();
        for taken in account_domains::insert_first(tx, &fresh).await? {
            inserted.remove(&taken);
        }
    }
    Ok(inserted)
}

/// Writes the current state of a changed account. Returns 0 if it no longer stood at its previous version.
pub async fn update(tx: &mut Tx, change: &AccountChange) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update account set version = $1, name = $2, name_key = $3, domain = $4, industry = $5, country = $6, \
        employees = $7, import_fingerprint = $8, updated_at = $9, match_stale = true where workspace_id = $10 and id = $11 and version = $12";
    let AccountChange { previous, current } = change;
    let details = &current.details;
    let updated = execute!(
        tx,
        sqlx::query(SQL)
            .bind(current.version)
            .bind(&details.name)
            .bind(current.name_key())
            .bind(&details.domain)
            .bind(&details.industry)
            .bind(&details.country)
            .bind(&details.employees)
            .bind(&current.import_fingerprint)
            .bind(current.updated_at)
            .bind(current.workspace)
            .bind(current.id)
            .bind(previous.version)
    )?;
    if updated == 1 && previous.details.domain != details.domain {
        account_domains::replace_first(tx, change).await?;
    }
    Ok(updated)
}

/// Notes whether more leads may wait for these accounts than were linked.
pub async fn set_link_pending(
    tx: &mut Tx,
    workspace: WorkspaceId,
    accounts: &[Account],
    pending: bool,
) -> Result<(), sqlx::Error> {
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update account set link_pending = ");
        query.push_bind(pending).push(" where workspace_id = ").push_bind(workspace);
        query.push(" and link_pending <> ").push_bind(pending).push(" and id");
        push_in_ids(&mut query, accounts.iter().map(|account| account.id));
        query.build().execute(conn).await?;
    });
    Ok(())
}

/// A workspace with accounts for which more leads wait.
pub async fn workspace_with_pending_links(db: &Db) -> Result<Option<WorkspaceId>, sqlx::Error> {
    const SQL: &str = "select workspace_id from account where link_pending limit 1";
    with_db!(db.everywhere(), pool => sqlx::query_scalar(SQL).fetch_optional(pool).await)
}

/// Up to `limit` accounts for which more leads wait, locked: whoever changes one meanwhile has the last word on whether
/// leads wait.
pub async fn with_pending_links(tx: &mut Tx, workspace: WorkspaceId, limit: i64) -> Result<Vec<Account>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(
            "update account set link_pending = link_pending where id in (select id from account where link_pending and workspace_id = ",
        );
        query.push_bind(workspace).push(" order by id limit ").push_bind(limit);
        query.push(") and workspace_id = ").push_bind(workspace).push(format!(" returning {COLUMNS}"));
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Account::from).collect())
}

/// The accounts with these ids that the actor may read, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[AccountId]) -> Result<Vec<Account>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from account where workspace_id = "));
        query.push_bind(actor.workspace).push(" and merged_into is null and id");
        push_in_ids(&mut query, ids.iter().copied());
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| Account::from(row).seen_by(&actor.access)).collect())
}

/// One account that the actor may read, whole, locked against a concurrent change by the version check of [`update`].
pub async fn by_id(tx: &mut Tx, actor: &Actor, id: AccountId) -> Result<Option<Account>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from account where workspace_id = "));
        query.push_bind(actor.workspace).push(" and merged_into is null and id = ").push_bind(id);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Account::from))
}

/// Has whoever else would change this account, or its domains, wait until this transaction is over. Before it is read.
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId, id: AccountId) -> Result<(), sqlx::Error> {
    const SQL: &str = "update account set version = version where workspace_id = $1 and id = $2";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(id))?;
    Ok(())
}

/// One account of the workspace, or the one that it was merged into, whoever asks.
pub async fn any_by_id(tx: &mut Tx, workspace: WorkspaceId, id: AccountId) -> Result<Option<Account>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from account where workspace_id = "));
        query.push_bind(workspace).push(" and id = (select coalesce(merged_into, id) from account where workspace_id = ");
        query.push_bind(workspace).push(" and id = ").push_bind(id).push(")");
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Account::from))
}

/// Up to `limit` accounts that are not merged away, in the order of their ids, from the one after `after`.
pub async fn page_by_id(
    tx: &mut Tx,
    workspace: WorkspaceId,
    after: Option<AccountId>,
    limit: i64,
) -> Result<Vec<Account>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from account where merged_into is null and workspace_id = "));
        query.push_bind(workspace);
        if let Some(after) = after {
            query.push(" and id > ").push_bind(after);
        }
        query.push(" order by id limit ").push_bind(limit);
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Account::from).collect())
}

/// Every account that one of these ids, names or foreign ids names.
pub async fn candidates(tx: &mut Tx, workspace: WorkspaceId, wanted: &Wanted) -> Result<Vec<Account>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let columns = [("name_key", wanted.name_keys.as_slice()), ("external_id", &wanted.external_ids)];
        let mut query = select_named(COLUMNS, "account", workspace, &columns);
        query.push(" or (workspace_id = ").push_bind(workspace).push(" and id");
        push_in_ids(&mut query, wanted.ids.iter().copied());
        query.push(")");
        query.build_query_as().persistent(false).fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Account::from).collect())
}

/// See [`candidates`].
#[derive(Debug, Default)]
pub struct Wanted {
    pub ids: Vec<AccountId>,
    pub name_keys: Vec<String>,
    pub external_ids: Vec<String>,
}

/// What a lead is compared with: the accounts that have one of these names, and the holders of these domains. One that is
/// merged away stands for its survivor.
pub async fn keys(
    tx: &mut Tx,
    workspace: WorkspaceId,
    domains: &[String],
    name_keys: &[String],
) -> Result<Vec<AccountKeys>, sqlx::Error> {
    const NAMED: &str = "coalesce(merged_into, id), name_key, \
        coalesce((select s.domain from account s where s.workspace_id = account.workspace_id and s.id = account.merged_into), domain)";
    let rows: Vec<(AccountId, Option<String>, Option<String>)> = with_tx!(tx, conn => {
        let mut query = select_named(NAMED, "account", workspace, &[("name_key", name_keys)]);
        query.push(
            " union all select coalesce(a.merged_into, a.id), null, d.domain from account_domain d \
             join account a on a.id = d.account_id where a.workspace_id = d.workspace_id and d.workspace_id = ",
        );
        query.push_bind(workspace).push(" and d.domain");
        push_in_texts(&mut query, domains.iter().map(String::as_str));
        query.build_query_as().persistent(false).fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(|(id, name_key, domain)| AccountKeys { id, name_key, domain }).collect())
}

/// What the actor may read of these accounts, each by the id it was asked for: of one that is merged away, the survivor.
pub async fn asked(db: &Db, actor: &Actor, ids: &[AccountId]) -> Result<Vec<(AccountId, Account)>, sqlx::Error> {
    let rows: Vec<Asked> = with_db!(db.of(actor.workspace), pool => {
        let mut query = asked_for("account", COLUMNS, actor.workspace, ids);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| (row.asked_id, Account::from(row.row).seen_by(&actor.access))).collect())
}

#[derive(FromRow)]
struct Asked {
    asked_id: AccountId,
    #[sqlx(flatten)]
    row: Row,
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, filter: &AccountFilter, page: PageArgs) -> Result<Vec<Account>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from account where workspace_id = "));
        query.push_bind(actor.workspace).push(" and merged_into is null");
        push_filter!(query, actor, filter);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| Account::from(row).seen_by(&actor.access)).collect())
}

pub async fn count(db: &Db, actor: &Actor, filter: &AccountFilter) -> Result<i64, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("select count(*) from account where workspace_id = ");
        query.push_bind(actor.workspace).push(" and merged_into is null");
        push_filter!(query, actor, filter);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_scalar().fetch_one(pool).await
    })
}
