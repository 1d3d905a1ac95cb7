//! Plans of accounts, and by which rules a key account is neglected.

use events::lead::{AccountPlan, KeyAccountRules, Tier};
use kernel::{AccountId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Engine, Text, push_in_ids},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use crate::domain::key_account::Planned;

#[derive(FromRow)]
struct Row {
    account_id: AccountId,
    version: i64,
    tier: Option<Text<Tier>>,
    plan: Json<AccountPlan>,
    key_since: Option<Timestamp>,
}

impl From<Row> for Planned {
    fn from(row: Row) -> Self {
        let Row { account_id: account, version, tier, plan: Json(plan), key_since } = row;
        Self { account, plan: AccountPlan { version, tier: tier.map(|tier| tier.0), ..plan }, key_since }
    }
}

type RulesRow = (i64, i64, i64, i64);

fn rules_of((version, untouched_days, min_contacts, within_days): RulesRow) -> KeyAccountRules {
    KeyAccountRules { version, untouched_days, min_contacts, within_days }
}

pub async fn by_account(
    tx: &mut Tx,
    workspace: WorkspaceId,
    account: AccountId,
) -> Result<Option<Planned>, sqlx::Error> {
    const SQL: &str = "select account_id, version, tier, plan, key_since from account_plan where workspace_id = $1 and account_id = $2";
    let row: Option<Row> =
        with_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace).bind(account).fetch_optional(conn).await)?;
    Ok(row.map(Planned::from))
}

/// The plans of accounts that an actor was shown.
pub async fn listed(db: &Db, workspace: WorkspaceId, accounts: &[AccountId]) -> Result<Vec<Planned>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new("select account_id, version, tier, plan, key_since from account_plan where workspace_id = ");
        query.push_bind(workspace).push(" and account_id");
        push_in_ids(&mut query, accounts.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Planned::from).collect())
}

/// Writes a plan; 0 if it no longer stood at the version before. A key account is looked at as soon as may be.
pub async fn save(tx: &mut Tx, workspace: WorkspaceId, planned: &Planned, now: Timestamp) -> Result<u64, sqlx::Error> {
    const SQL: &str = "insert into account_plan (workspace_id, account_id, version, tier, plan, key_since, check_at) \
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (workspace_id, account_id) do update set version = excluded.version, \
        tier = excluded.tier, plan = excluded.plan, key_since = excluded.key_since, check_at = excluded.check_at \
        where account_plan.version = excluded.version - 1";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(workspace)
            .bind(planned.account)
            .bind(planned.plan.version)
            .bind(planned.plan.tier.map(Text))
            .bind(Json(&planned.plan))
            .bind(planned.key_since)
            .bind(planned.key_since.map(|_| now))
    )
}

/// The rules in force, if somebody has set any.
pub async fn rules(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<KeyAccountRules>, sqlx::Error> {
    const SQL: &str =
        "select version, untouched_days, min_contacts, within_days from key_account_rules where workspace_id = $1";
    let row: Option<RulesRow> = with_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace).fetch_optional(conn).await)?;
    Ok(row.map(rules_of))
}

/// [`rules`], outside of a transaction.
pub async fn rules_shown(db: &Db, workspace: WorkspaceId) -> Result<Option<KeyAccountRules>, sqlx::Error> {
    const SQL: &str =
        "select version, untouched_days, min_contacts, within_days from key_account_rules where workspace_id = $1";
    let row: Option<RulesRow> =
        with_db!(db.of(workspace), pool => sqlx::query_as(SQL).bind(workspace).fetch_optional(pool).await)?;
    Ok(row.map(rules_of))
}

/// Writes rules; 0 if they no longer stood at the version before. Every key account is then looked at.
pub async fn save_rules(
    tx: &mut Tx,
    workspace: WorkspaceId,
    rules: &KeyAccountRules,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    const RULES: &str = "insert into key_account_rules (workspace_id, version, untouched_days, min_contacts, within_days) \
        values ($1, $2, $3, $4, $5) on conflict (workspace_id) do update set version = excluded.version, \
        untouched_days = excluded.untouched_days, min_contacts = excluded.min_contacts, within_days = excluded.within_days \
        where key_account_rules.version = excluded.version - 1";
    // In the order of ids, as whoever else looks at several does.
    const LOCK: &str = "select account_id from account_plan where workspace_id = $1 and check_at is not null order by account_id for update";
    const CHECK: &str = "update account_plan set check_at = $2 where workspace_id = $1 and check_at is not null";
    let KeyAccountRules { version, untouched_days, min_contacts, within_days } = *rules;
    let written = execute!(
        tx,
        sqlx::query(RULES).bind(workspace).bind(version).bind(untouched_days).bind(min_contacts).bind(within_days)
    )?;
    if tx.engine() == Engine::Postgres {
        execute!(tx, sqlx::query(LOCK).bind(workspace))?;
    }
    execute!(tx, sqlx::query(CHECK).bind(workspace).bind(now))?;
    Ok(written)
}
