//! What there is to see of key accounts, and what was found to be amiss. A key account is looked at with all below it.

use events::lead::{Engagement, KeyAccountRules, Neglect};
use kernel::{AccountId, Actor, AlertId, PageArgs, Timestamp, WorkspaceId, id::TypedId};
use platform::{
    Db, Tx,
    db::{Text, push_in_ids, push_page, push_rows},
    execute, with_db, with_tx,
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
    const SQL: &str = "update account_plan set check_at = $3 where workspace_id = $1 and check_at <= $2 and account_id in \
        (select account_id from account_plan where workspace_id = $1 and check_at <= $2 and key_since is not null \
        order by check_at, account_id limit $4) returning account_id, key_since";
    with_tx!(tx, conn => {
        sqlx::query_as(SQL).bind(workspace).bind(now).bind(next).bind(limit).fetch_all(conn).await
    })
}

/// Makes the key accounts due that are above the account of a lead or a contact, or are it.
pub async fn make_due(
    tx: &mut Tx,
    workspace: WorkspaceId,
    person: impl TypedId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "with recursive line (id) as ( \
            select account_id from lead where workspace_id = $1 and id in \
                (select coalesce(merged_into, id) from lead where workspace_id = $1 and id = $2) \
            union select account_id from contact where workspace_id = $1 and id in \
                (select coalesce(merged_into, id) from contact where workspace_id = $1 and id = $2) \
            union select coalesce(a.merged_into, a.parent_id) from line join account a on a.id = line.id where a.workspace_id = $1) \
        update account_plan set check_at = $3 where workspace_id = $1 and check_at > $3 \
        and account_id in (select id from line where id is not null)";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(person.uuid()).bind(now))?;
    Ok(())
}

/// Looks at these accounts at `at`, those of them that are key accounts, or never while they are merged away.
pub async fn set_due(
    tx: &mut Tx,
    workspace: WorkspaceId,
    accounts: &[AccountId],
    at: Option<Timestamp>,
) -> Result<(), sqlx::Error> {
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update account_plan set check_at = ");
        query.push_bind(at).push(" where key_since is not null and workspace_id = ").push_bind(workspace);
        query.push(" and account_id");
        push_in_ids(&mut query, accounts.iter().copied());
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
        query.push(" union select below.top_id, a.id from below ");
        push_join_below(&mut query, workspace);
        // Who was a lead and is a contact is one person, and so are those that were merged.
        query.push(
            "), person (top_id, id, last_at, last_two_way_at) as ( \
             select below.top_id, coalesce(c.merged_into, c.id, l.id), t.last_at, t.last_two_way_at \
             from below join lead l on l.account_id = below.id and l.merged_into is null left join contact c on c.id = l.contact_id \
             join lead m on m.id = l.id or (m.merged_into = l.id and m.workspace_id = l.workspace_id) \
             join touch t on t.record_id = m.id and t.workspace_id = l.workspace_id \
             union all select below.top_id, c.id, t.last_at, t.last_two_way_at \
             from below join contact c on c.account_id = below.id and c.merged_into is null \
             join contact m on m.id = c.id or (m.merged_into = c.id and m.workspace_id = c.workspace_id) \
             join touch t on t.record_id = m.id and t.workspace_id = c.workspace_id) \
             select top_id, max(last_at), count(distinct case when last_two_way_at >= ",
        );
        query.push_bind(answered_since(rules, now)).push(" then id end) from person group by top_id");
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
        query.push(" and not exists (select 1 from account m where m.id = account_id and m.merged_into is not null)");
        if only_open {
            query.push(" and closed_at is null");
        }
        push_readable(&mut query, actor);
        push_page(&mut query, "opened_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Alert::from).collect())
}
