//! Accounts above and below accounts. A tree is followed whole, whoever asks; what is shown of it is what the actor may
//! read. Where an account is merged away, its survivor stands in its place: what was below it keeps its id.

use kernel::{AccountId, Actor, PageArgs, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Engine, ListBind, push_after, push_allowed, push_in_ids},
    execute, with_db, with_tx,
};
use sqlx::{Encode, FromRow, QueryBuilder, Type};

use super::accounts::{ACCESS, COLUMNS, Row, readable};
use crate::domain::account::Account;

/// The account that is shown above one.
const PARENT: &str = "(select coalesce(p.merged_into, p.id) from account p where p.workspace_id = account.workspace_id and p.id = account.parent_id)";

#[derive(FromRow)]
struct ChildRow {
    parent_id: AccountId,
    #[sqlx(flatten)]
    account: Row,
}

/// Taken before the hierarchy of a workspace is looked at to be changed: two links at once could close a circle that
/// neither sees.
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), sqlx::Error> {
    const SQL: &str = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
    // SQLite has one writer.
    if tx.engine() == Engine::Postgres {
        execute!(tx, sqlx::query(SQL).bind(format!("pipewright.lead.hierarchy.{workspace}")))?;
    }
    Ok(())
}

/// Under [`lock`].
pub async fn set_parent(
    tx: &mut Tx,
    workspace: WorkspaceId,
    child: AccountId,
    parent: Option<AccountId>,
) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update account set parent_id = $1 where workspace_id = $2 and id = $3";
    execute!(tx, sqlx::query(SQL).bind(parent).bind(workspace).bind(child))
}

/// The account and those above it, up to the top.
pub async fn line(tx: &mut Tx, workspace: WorkspaceId, id: AccountId) -> Result<Vec<AccountId>, sqlx::Error> {
    const SQL: &str = "with recursive line (id, parent_id, place) as ( \
            select id, parent_id, 0 from account where workspace_id = $1 and id = $2 \
            union all select a.id, a.parent_id, line.place + 1 from line cross join account p cross join account a \
            where p.workspace_id = $1 and p.id = line.parent_id and a.workspace_id = $1 and a.id = coalesce(p.merged_into, p.id) \
            and line.place < 100) \
        select id from line order by place";
    with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(workspace).bind(id).fetch_all(conn).await)
}

/// How many levels there are from the account down, with its own. As [`push_join_below`] goes on.
pub async fn levels(tx: &mut Tx, workspace: WorkspaceId, id: AccountId) -> Result<i64, sqlx::Error> {
    const SQL: &str = "with recursive below (id, level) as ( \
            select id, 1 from account where workspace_id = $1 and id = $2 \
            union all select a.id, below.level + case when a.merged_into is null then 1 else 0 end from below \
            cross join account a where ((a.workspace_id = $3 and a.parent_id = below.id and a.merged_into is null) \
            or (a.workspace_id = $4 and a.merged_into = below.id)) and below.level < 100) \
        select cast(coalesce(max(level), 0) as bigint) from below";
    with_tx!(tx, conn => {
        sqlx::query_scalar(SQL).bind(workspace).bind(id).bind(workspace).bind(workspace).fetch_one(conn).await
    })
}

/// For each of these accounts those above it, the nearest first: `(account, above)`.
pub async fn lines(
    db: &Db,
    workspace: WorkspaceId,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, AccountId)>, sqlx::Error> {
    with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(
            "with recursive line (start_id, id, parent_id, place) as (select id, id, parent_id, 0 from account where workspace_id = ",
        );
        query.push_bind(workspace).push(" and id");
        push_in_ids(&mut query, accounts.iter().copied());
        query.push(
            " union all select line.start_id, a.id, a.parent_id, line.place + 1 from line cross join account p cross join account a \
             where line.place < 100 and p.id = line.parent_id and a.id = coalesce(p.merged_into, p.id) and p.workspace_id = ",
        );
        query.push_bind(workspace).push(" and a.workspace_id = ").push_bind(workspace).push(") select start_id, id from line where place > 0 order by place");
        query.build_query_as().fetch_all(pool).await
    })
}

/// One page of the accounts right below each of these, in one statement; newest first, with one row more than the page
/// if another follows.
pub async fn children(
    db: &Db,
    actor: &Actor,
    parents: &[AccountId],
    page: PageArgs,
) -> Result<Vec<(AccountId, Account)>, sqlx::Error> {
    let rows: Vec<ChildRow> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!(
            "select parent_id, {COLUMNS} from (select {PARENT} as parent_id, {COLUMNS}, \
             row_number() over (partition by {PARENT} order by created_at desc, id desc) as place from account where workspace_id = "
        ));
        push_right_below(&mut query, actor.workspace, parents);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        push_after(&mut query, "created_at", "id", page);
        query.push(") as ranked where place <= ").push_bind(page.limit()).push(" order by parent_id, place");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| (row.parent_id, Account::from(row.account).seen_by(&actor.access))).collect())
}

/// How many accounts that the actor may read are right below each of these.
pub async fn child_counts(db: &Db, actor: &Actor, parents: &[AccountId]) -> Result<Vec<(AccountId, i64)>, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!(
            "select parent_id, count(*) from (select {PARENT} as parent_id from account where workspace_id = "
        ));
        push_right_below(&mut query, actor.workspace, parents);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.push(") as child group by parent_id");
        query.build_query_as().fetch_all(pool).await
    })
}

/// After `where workspace_id = `: those whose [`PARENT`] is one of these.
fn push_right_below<DB: ListBind>(query: &mut QueryBuilder<DB>, workspace: WorkspaceId, parents: &[AccountId])
where
    WorkspaceId: for<'q> Encode<'q, DB> + Type<DB>,
{
    query
        .push_bind(workspace)
        .push(" and merged_into is null and parent_id in (select id from account where workspace_id = ");
    query.push_bind(workspace).push(" and id");
    push_in_ids(query, parents.iter().copied());
    query.push(" union all select id from account where workspace_id = ").push_bind(workspace).push(" and merged_into");
    push_in_ids(query, parents.iter().copied());
    query.push(")");
}

/// Appends ` in (…)`: an account that the actor may read, all below it, and what was merged into them. Nothing is below one
/// that is hidden.
pub(super) fn push_in_tree<DB: ListBind>(query: &mut QueryBuilder<DB>, actor: &Actor, top: AccountId)
where
    WorkspaceId: for<'q> Encode<'q, DB> + Type<DB>,
    AccountId: for<'q> Encode<'q, DB> + Type<DB>,
{
    query.push(" in (with recursive below (id) as (select id from account where workspace_id = ");
    query.push_bind(actor.workspace).push(" and id = ");
    push_shown(query, actor.workspace, top);
    push_allowed(query, &readable(actor), &ACCESS);
    query.push(" union select a.id from below");
    push_join_below(query, actor.workspace);
    query.push(") select id from below)");
}

/// Appends the account that shows for this one: itself, or what it was merged into.
pub(super) fn push_shown<DB: ListBind>(query: &mut QueryBuilder<DB>, workspace: WorkspaceId, account: AccountId)
where
    WorkspaceId: for<'q> Encode<'q, DB> + Type<DB>,
    AccountId: for<'q> Encode<'q, DB> + Type<DB>,
{
    query.push("(select coalesce(merged_into, id) from account where workspace_id = ").push_bind(workspace);
    query.push(" and id = ").push_bind(account).push(")");
}

/// Goes on from `below` to the accounts `a` right below it, and to those that were merged into it. SQLite would begin with
/// all accounts of the workspace, were the join not `cross`; each condition has a workspace of its own, or that alone would
/// be looked up.
pub(super) fn push_join_below<DB: ListBind>(query: &mut QueryBuilder<DB>, workspace: WorkspaceId)
where
    WorkspaceId: for<'q> Encode<'q, DB> + Type<DB>,
{
    query
        .push(" cross join account a where ((a.parent_id = below.id and a.merged_into is null and a.workspace_id = ")
        .push_bind(workspace)
        .push(") or (a.merged_into = below.id and a.workspace_id = ")
        .push_bind(workspace)
        .push("))");
}
