//! What there is to see of key accounts, and what was found to be amiss. A key account is looked at with all below it.

use events::lead::{Engagement, KeyAccountRules, Neglect};
use kernel::{AccountId, Actor, AlertId, PageArgs, Timestamp, WorkspaceId, id::TypedId};
use platform::{
    Db, Tx,
    db::{Engine, Text, push_in_ids, push_page, push_rows},
    with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use super::{accounts::push_readable, hierarchy::push_join_below};
use crate::domain::key_account::{Alert, answered_since};

const COLUMNS: &str = "id, account_id, kind, because, opened_at, closed_at";

#[derive(FromRow)]
struct Row {
    id: AlertId,
    account_id: AccountId,
    kind: Text<Neglect>,
    because: Json<Engagement>,
    opened_at: Timestamp,
    closed_at: Option<Timestamp>,
}

impl From<Row> for Alert {
    fn from(row: Row) -> Self {
        let Row { id, account_id: account, kind, because: Json(because), opened_at, closed_at } = row;
        Self { id, account, neglect: kind.0, because, opened_at, closed_at }
    }
}

/// A workspace with a key account that is due to be looked at.
pub async fn workspace_with_due(db: &Db, now: Timestamp) -> Result<Option<WorkspaceId>, sqlx::Error> {
    const SQL: &str = "select workspace_id from account_plan where check_at <= $1 limit 1";
    with_db!(db.everywhere(), pool => sqlx::query_scalar(SQL).bind(now).fetch_optional(pool).await)
}

/// Up to `limit` key accounts that are due, with the time since they are key accounts; due again at `next`. Locked: what
/// touches one meanwhile makes it due once more.
pub async fn take_due(
    tx: &mut Tx,
    workspace: WorkspaceId,
    now: Timestamp,
    next: Timestamp,
    limit: i64,
) -> Result<Vec<(AccountId, Timestamp)>, sqlx::Error> {
    const DUE: &str = "select account_id from account_plan where workspace_id = $1 and check_at <= $2 and key_since is not null \
        order by check_at, account_id limit $3";
    let due: Vec<AccountId> = with_tx!(tx, conn => {
        sqlx::query_scalar(DUE).bind(workspace).bind(now).bind(limit).fetch_all(conn).await?
    });
    lock(tx, workspace, &due).await?;
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update account_plan set check_at = ");
        query.push_bind(next).push(" where check_at <= ").push_bind(now).push(" and workspace_id = ").push_bind(workspace);
        query.push(" and account_id");
        push_in_ids(&mut query, due.iter().copied());
        query.push(" returning account_id, key_since");
        query.build_query_as().fetch_all(conn).await
    })
}

/// Makes the key accounts due that are above the account of a lead or a contact, or are it.
pub async fn make_due(
    tx: &mut Tx,
    workspace: WorkspaceId,
    person: impl TypedId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const LINE: &str = "with recursive line (id) as ( \
            select account_id from lead where workspace_id = $1 and id = \
                (select coalesce(merged_into, id) from lead where workspace_id = $1 and id = $2) \
            union select account_id from contact where workspace_id = $1 and id = \
                (select coalesce(merged_into, id) from contact where workspace_id = $1 and id = $2) \
            union select coalesce(a.merged_into, a.parent_id) from line cross join account a where a.workspace_id = $1 and a.id = line.id) \
        select line.id from line cross join account_plan p where p.workspace_id = $1 and p.account_id = line.id and p.check_at > $3";
    let line: Vec<AccountId> = with_tx!(tx, conn => {
        sqlx::query_scalar(LINE).bind(workspace).bind(person.uuid()).bind(now).fetch_all(conn).await?
    });
    if line.is_empty() {
        return Ok(());
    }
    lock(tx, workspace, &line).await?;
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update account_plan set check_at = case when check_at > ");
        query.push_bind(now).push(" then ").push_bind(now).push(" else check_at end where workspace_id = ");
        query.push_bind(workspace).push(" and account_id");
        push_in_ids(&mut query, line.iter().copied());
        query.build().execute(conn).await.map(|_| ())
    })
}

/// Looks at these accounts at `at`, those of them that are key accounts, or never while they are merged away.
pub async fn set_due(
    tx: &mut Tx,
    workspace: WorkspaceId,
    accounts: &[AccountId],
    at: Option<Timestamp>,
) -> Result<(), sqlx::Error> {
    lock(tx, workspace, accounts).await?;
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update account_plan set check_at = ");
        query.push_bind(at).push(" where key_since is not null and workspace_id = ").push_bind(workspace);
        query.push(" and account_id");
        push_in_ids(&mut query, accounts.iter().copied());
        query.build().execute(conn).await.map(|_| ())
    })
}

/// Locks the plans of several accounts, in the order of their ids: nobody waits for one who waits for them.
async fn lock(tx: &mut Tx, workspace: WorkspaceId, accounts: &[AccountId]) -> Result<(), sqlx::Error> {
    // SQLite has one writer.
    if tx.engine() == Engine::Sqlite {
        return Ok(());
    }
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("select account_id from account_plan where workspace_id = ");
        query.push_bind(workspace).push(" and account_id");
        push_in_ids(&mut query, accounts.iter().copied());
        query.push(" order by account_id for update");
        query.build().execute(conn).await.map(|_| ())
    })
}

/// What there is to see of these accounts by these rules.
pub async fn engagements(
    tx: &mut Tx,
    workspace: WorkspaceId,
    accounts: &[AccountId],
    rules: &KeyAccountRules,
    now: Timestamp,
) -> Result<Vec<(AccountId, Engagement)>, sqlx::Error> {
    let rows: Vec<(AccountId, Option<Timestamp>, i64)> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("with recursive below (top_id, id) as (select id, id from account where workspace_id = ");
        query.push_bind(workspace).push(" and id");
        push_in_ids(&mut query, accounts.iter().copied());
        query.push(" union select below.top_id, a.id from below");
        push_join_below(&mut query, workspace);
        // Who was a lead and is a contact is one person, and so are those that were merged.
        query.push(
            "), shown (top_id, person_id, id) as (select below.top_id, \
             coalesce((select coalesce(c.merged_into, c.id) from contact c where c.id = l.contact_id and c.workspace_id = l.workspace_id), l.id), \
             l.id from below cross join lead l where l.account_id = below.id and l.merged_into is null and l.workspace_id = ",
        );
        query.push_bind(workspace).push(
            " union all select below.top_id, c.id, c.id from below cross join contact c \
             where c.account_id = below.id and c.merged_into is null and c.workspace_id = ",
        );
        query.push_bind(workspace).push("), record (top_id, person_id, id) as (select top_id, person_id, id from shown");
        for table in ["lead", "contact"] {
            query.push(format!(
                " union all select shown.top_id, shown.person_id, m.id from shown cross join {table} m \
                 where m.merged_into = shown.id and m.workspace_id = "
            ));
            query.push_bind(workspace);
        }
        query.push(
            ") select record.top_id, max(t.last_at), count(distinct case when t.last_two_way_at >= ",
        );
        query.push_bind(answered_since(rules, now)).push(
            " then record.person_id end) from record cross join touch t where t.record_id = record.id and t.workspace_id = ",
        );
        query.push_bind(workspace).push(" group by record.top_id");
        query.build_query_as().fetch_all(conn).await?
    });
    let seen = |(account, last_touch_at, two_way_contacts)| {
        (account, Engagement { last_touch_at, two_way_contacts, rules_version: rules.version })
    };
    Ok(rows.into_iter().map(seen).collect())
}

/// The alerts of these accounts that are not over.
pub async fn open(tx: &mut Tx, workspace: WorkspaceId, accounts: &[AccountId]) -> Result<Vec<Alert>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from key_account_alert where closed_at is null and workspace_id = "));
        query.push_bind(workspace).push(" and account_id");
        push_in_ids(&mut query, accounts.iter().copied());
        query.push(" order by opened_at, kind");
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Alert::from).collect())
}

pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, alerts: &[Alert]) -> Result<(), sqlx::Error> {
    if alerts.is_empty() {
        return Ok(());
    }
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("insert into key_account_alert (workspace_id, id, account_id, kind, because, opened_at) ");
        push_rows(&mut query, alerts, |mut row, alert| {
            row.push_bind(workspace)
                .push_bind(alert.id)
                .push_bind(alert.account)
                .push_bind(Text(alert.neglect))
                .push_bind(Json(alert.because.clone()))
                .push_bind(alert.opened_at);
        });
        query.build().persistent(false).execute(conn).await.map(|_| ())
    })
}

pub async fn close(tx: &mut Tx, workspace: WorkspaceId, alerts: &[AlertId], now: Timestamp) -> Result<(), sqlx::Error> {
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update key_account_alert set closed_at = ");
        query.push_bind(now).push(" where workspace_id = ").push_bind(workspace).push(" and id");
        push_in_ids(&mut query, alerts.iter().copied());
        query.build().execute(conn).await.map(|_| ())
    })
}

/// A page of those of accounts that are not merged away, the latest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, only_open: bool, page: PageArgs) -> Result<Vec<Alert>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from key_account_alert where workspace_id = "));
        query.push_bind(actor.workspace);
        query.push(" and not exists (select 1 from account m where m.workspace_id = key_account_alert.workspace_id \
             and m.id = key_account_alert.account_id and m.merged_into is not null)");
        if only_open {
            query.push(" and closed_at is null");
        }
        push_readable(&mut query, actor);
        push_page(&mut query, "opened_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Alert::from).collect())
}
