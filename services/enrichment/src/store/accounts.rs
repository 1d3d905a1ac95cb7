use events::lead::Account;
use kernel::WorkspaceId;
use platform::{Tx, execute};

/// Takes the account as it stands, unless a newer state is here.
pub async fn save(tx: &mut Tx, workspace: WorkspaceId, account: &Account) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into account (workspace_id, id, version, name, domain, industry, country, employees) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) \
        on conflict (workspace_id, id) do update set version = excluded.version, name = excluded.name, domain = excluded.domain, \
        industry = excluded.industry, country = excluded.country, employees = excluded.employees \
        where excluded.version > account.version";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(workspace)
            .bind(account.id)
            .bind(account.version)
            .bind(&account.name)
            .bind(&account.domain)
            .bind(&account.industry)
            .bind(&account.country)
            .bind(&account.employees)
    )?;
    Ok(())
}
