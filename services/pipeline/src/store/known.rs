//! Which of the lead service's objects exist: the read model behind the checks of a mutation's ids.

use kernel::{AccountId, Actor, ContactId, WorkspaceId};
use platform::{Tx, execute, with_tx};

pub async fn insert_account(tx: &mut Tx, workspace: WorkspaceId, id: AccountId) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into known_account (id, workspace_id) values ($1, $2) on conflict do nothing";
    execute!(tx, sqlx::query(SQL).bind(id).bind(workspace))?;
    Ok(())
}

pub async fn insert_contact(tx: &mut Tx, workspace: WorkspaceId, id: ContactId) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into known_contact (id, workspace_id) values ($1, $2) on conflict do nothing";
    execute!(tx, sqlx::query(SQL).bind(id).bind(workspace))?;
    Ok(())
}

pub async fn is_account(tx: &mut Tx, actor: &Actor, id: AccountId) -> Result<bool, sqlx::Error> {
    const SQL: &str = "select count(*) from known_account where workspace_id = $1 and id = $2";
    let count: i64 =
        with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(actor.workspace).bind(id).fetch_one(conn).await)?;
    Ok(count > 0)
}

pub async fn is_contact(tx: &mut Tx, actor: &Actor, id: ContactId) -> Result<bool, sqlx::Error> {
    const SQL: &str = "select count(*) from known_contact where workspace_id = $1 and id = $2";
    let count: i64 =
        with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(actor.workspace).bind(id).fetch_one(conn).await)?;
    Ok(count > 0)
}
