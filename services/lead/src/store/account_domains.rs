//! All domains of accounts. The first stands in the account's own row too, and [`accounts`](super::accounts) keeps both
//! in step. An account that is merged away keeps its domains: they lead to its survivor, which may have one of them first.

use std::collections::HashSet;

use kernel::{AccountId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{ListBind, push_in_ids, push_in_texts, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{Encode, QueryBuilder, Type};

use crate::domain::account::{Account, AccountChange};

const INSERT: &str =
    "insert into account_domain (workspace_id, domain, account_id, created_at) values ($1, $2, $3, $4)";

/// Keeps the first domains of accounts that were just inserted, and returns the accounts whose domain is another's.
pub(super) async fn insert_first(tx: &mut Tx, accounts: &[&Account]) -> Result<Vec<AccountId>, sqlx::Error> {
    let with_domain: Vec<_> =
        accounts.iter().filter_map(|account| Some((account, account.details.domain.clone()?))).collect();
    if with_domain.is_empty() {
        return Ok(Vec::new());
    }
    let kept: Vec<AccountId> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("insert into account_domain (workspace_id, domain, account_id, created_at) ");
        push_rows(&mut query, &with_domain, |mut row, (account, domain)| {
            row.push_bind(account.workspace).push_bind(domain.clone()).push_bind(account.id).push_bind(account.created_at);
        });
        query.push(" on conflict do nothing returning account_id");
        query.build_query_scalar().persistent(with_domain.len() == 500).fetch_all(conn).await?
    });
    let kept: HashSet<AccountId> = kept.into_iter().collect();
    Ok(with_domain.into_iter().map(|(account, _)| account.id).filter(|id| !kept.contains(id)).collect())
}

/// Follows a change of an account's first domain: another of its own, or of what shows as the same account, moves to the
/// front, and a new one takes the place of the old.
pub(super) async fn replace_first(
    tx: &mut Tx,
    AccountChange { previous, current }: &AccountChange,
) -> Result<(), sqlx::Error> {
    const OWN: &str = "update account_domain set account_id = account_id where workspace_id = $1 and domain = $2 \
        and (select coalesce(merged_into, id) from account where workspace_id = $1 and id = account_domain.account_id) \
        = (select coalesce(merged_into, id) from account where workspace_id = $1 and id = $3)";
    let (workspace, id) = (current.workspace, current.id);
    if let Some(domain) = &current.details.domain {
        if execute!(tx, sqlx::query(OWN).bind(workspace).bind(domain).bind(id))? == 1 {
            return Ok(());
        }
        execute!(tx, sqlx::query(INSERT).bind(workspace).bind(domain).bind(id).bind(current.updated_at))?;
    }
    if let Some(old) = &previous.details.domain {
        remove(tx, workspace, id, old).await?;
    }
    Ok(())
}

/// Gives an account one more domain; a unique violation if another has it.
pub async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    account: AccountId,
    domain: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    execute!(tx, sqlx::query(INSERT).bind(workspace).bind(domain).bind(account).bind(now))?;
    Ok(())
}

/// Returns 0 if the account does not have it.
pub async fn remove(tx: &mut Tx, workspace: WorkspaceId, account: AccountId, domain: &str) -> Result<u64, sqlx::Error> {
    const SQL: &str = "delete from account_domain where workspace_id = $1 and account_id = $2 and domain = $3";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(account).bind(domain))
}

/// Which accounts these domains lead to.
pub async fn holders(
    tx: &mut Tx,
    workspace: WorkspaceId,
    domains: &[String],
) -> Result<Vec<(String, AccountId)>, sqlx::Error> {
    if domains.is_empty() {
        return Ok(Vec::new());
    }
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(
            "select d.domain, coalesce(a.merged_into, a.id) from account_domain d join account a on a.id = d.account_id \
             where a.workspace_id = d.workspace_id and d.workspace_id = ",
        );
        query.push_bind(workspace).push(" and d.domain");
        push_in_texts(&mut query, domains.iter().map(String::as_str));
        query.build_query_as().persistent(false).fetch_all(conn).await
    })
}

/// All domains that lead to these accounts, as this transaction has written them, the oldest first.
pub async fn of_all(
    tx: &mut Tx,
    workspace: WorkspaceId,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, String)>, sqlx::Error> {
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("");
        push_leading_to(&mut query, workspace, accounts);
        query.build_query_as().fetch_all(conn).await
    })
}

/// All domains that lead to accounts that the actor was shown, the oldest first.
pub async fn listed(
    db: &Db,
    workspace: WorkspaceId,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, String)>, sqlx::Error> {
    with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new("");
        push_leading_to(&mut query, workspace, accounts);
        query.build_query_as().fetch_all(pool).await
    })
}

/// The domains that each of these accounts has itself, merged away or not, the oldest first.
pub async fn own(
    tx: &mut Tx,
    workspace: WorkspaceId,
    accounts: impl Iterator<Item = AccountId>,
) -> Result<Vec<(AccountId, String)>, sqlx::Error> {
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("select account_id, domain from account_domain where workspace_id = ");
        query.push_bind(workspace).push(" and account_id");
        push_in_ids(&mut query, accounts);
        query.push(" order by created_at, domain");
        query.build_query_as().fetch_all(conn).await
    })
}

fn push_leading_to<DB: ListBind>(query: &mut QueryBuilder<DB>, workspace: WorkspaceId, accounts: &[AccountId])
where
    WorkspaceId: for<'q> Encode<'q, DB> + Type<DB>,
{
    query.push("select account_id, domain from (");
    for (column, and) in [("id", ""), ("merged_into", " union ")] {
        query.push(and).push(
            "select coalesce(a.merged_into, a.id) as account_id, d.domain as domain, d.created_at as created_at \
             from account a cross join account_domain d where d.account_id = a.id and d.workspace_id = ",
        );
        query.push_bind(workspace).push(" and a.workspace_id = ").push_bind(workspace).push(format!(" and a.{column}"));
        push_in_ids(query, accounts.iter().copied());
    }
    query.push(") as led order by created_at, domain");
}
