//! What the pipeline service says of opportunities.

use events::pipeline::Opportunity;
use kernel::WorkspaceId;
use platform::{Tx, execute};

use crate::domain::rollup::{adds_up, is_open};

/// Keeps an opportunity as it stands, unless a newer state is known. One that is said to be at the survivor of its account
/// stays at its account, where it counts for the survivor: so it comes back with it.
pub async fn keep(tx: &mut Tx, workspace: WorkspaceId, opportunity: &Opportunity) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into known_opportunity (workspace_id, opportunity_id, version, account_id, owner_id, is_open, minor, currency) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (workspace_id, opportunity_id) do update set version = excluded.version, \
        account_id = case when excluded.account_id = (select a.merged_into from account a \
            where a.workspace_id = known_opportunity.workspace_id and a.id = known_opportunity.account_id) \
            then known_opportunity.account_id else excluded.account_id end, owner_id = excluded.owner_id, is_open = excluded.is_open, minor = excluded.minor, \
        currency = excluded.currency where known_opportunity.version < excluded.version";
    let amount = opportunity.amount.filter(|amount| adds_up(*amount));
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(workspace)
            .bind(opportunity.id)
            .bind(opportunity.version)
            .bind(opportunity.account)
            .bind(opportunity.owner)
            .bind(is_open(opportunity))
            .bind(amount.map(|amount| amount.minor))
            .bind(amount.map(|amount| amount.currency.to_string()))
    )?;
    Ok(())
}
