use kernel::{Money, SourceCostId, Timestamp, WorkspaceId};
use platform::{Db, Tx, execute, with_db};
use sqlx::FromRow;

use crate::domain::source_cost::{SourceCost, SourceLeads};

#[derive(FromRow)]
struct Counted {
    source: String,
    leads: i64,
    converted: i64,
}

pub async fn insert(tx: &mut Tx, cost: &SourceCost) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into source_cost (id, workspace_id, source, minor, currency, spent_at, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(cost.id)
            .bind(cost.workspace)
            .bind(&cost.source)
            .bind(cost.amount.minor)
            .bind(cost.amount.currency.to_string())
            .bind(cost.spent_at)
            .bind(cost.created_at)
    )?;
    Ok(())
}

pub async fn by_id(db: &Db, workspace: WorkspaceId, id: SourceCostId) -> Result<Option<SourceCost>, sqlx::Error> {
    const SQL: &str =
        "select source, minor, currency, spent_at, created_at from source_cost where workspace_id = $1 and id = $2";
    let row: Option<(String, i64, String, Timestamp, Timestamp)> = with_db!(db.of(workspace), pool => {
        sqlx::query_as(SQL).bind(workspace).bind(id).fetch_optional(pool).await?
    });
    row.map(|(source, minor, currency, spent_at, created_at)| {
        let amount = money(minor, &currency)?;
        Ok(SourceCost { id, workspace, source, amount, spent_at, created_at })
    })
    .transpose()
}

/// Leads by their source, of those that came between two moments.
pub async fn leads(
    db: &Db,
    workspace: WorkspaceId,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<SourceLeads>, sqlx::Error> {
    const SQL: &str = "select source, count(*) as leads, \
        cast(sum(case when status = 'converted' then 1 else 0 end) as bigint) as converted from lead \
        where workspace_id = $1 and merged_into is null and created_at >= $2 and created_at < $3 group by source";
    let rows: Vec<Counted> = with_db!(db.of(workspace), pool => {
        sqlx::query_as(SQL).bind(workspace).bind(from).bind(to).fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|Counted { source, leads, converted }| SourceLeads { source, leads, converted }).collect())
}

/// What was spent on each source between two moments, in each currency.
pub async fn sums(
    db: &Db,
    workspace: WorkspaceId,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(String, Money)>, sqlx::Error> {
    const SQL: &str = "select source, currency, cast(sum(minor) as bigint) as minor from source_cost \
        where workspace_id = $1 and spent_at >= $2 and spent_at < $3 group by source, currency order by source, currency";
    let rows: Vec<(String, String, i64)> = with_db!(db.of(workspace), pool => {
        sqlx::query_as(SQL).bind(workspace).bind(from).bind(to).fetch_all(pool).await?
    });
    rows.into_iter().map(|(source, currency, minor)| Ok((source, money(minor, &currency)?))).collect()
}

fn money(minor: i64, currency: &str) -> Result<Money, sqlx::Error> {
    let currency = currency.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Money { minor, currency })
}
