//! Opportunities go with their account and contact when those are merged, and come back with them.

use kernel::{AccountId, ContactId, OpportunityId, WorkspaceId};
use platform::{Tx, execute};

/// Moves the opportunities of an account to the one that stands for it, or back to it.
pub async fn follow_account(
    tx: &mut Tx,
    workspace: WorkspaceId,
    from: AccountId,
    to: Option<AccountId>,
) -> Result<(), sqlx::Error> {
    const THERE: &str = "update opportunity set account_origin = $1, account_id = $2 where workspace_id = $3 \
        and (account_origin = $1 or (account_origin is null and account_id = $1))";
    const BACK: &str = "update opportunity set account_id = account_origin, account_origin = null \
        where workspace_id = $1 and account_origin = $2";
    match to {
        Some(to) => execute!(tx, sqlx::query(THERE).bind(from).bind(to).bind(workspace))?,
        None => execute!(tx, sqlx::query(BACK).bind(workspace).bind(from))?,
    };
    Ok(())
}

/// Moves the opportunities of a contact to the one that stands for it, or back to it.
pub async fn follow_contact(
    tx: &mut Tx,
    workspace: WorkspaceId,
    from: ContactId,
    to: Option<ContactId>,
) -> Result<(), sqlx::Error> {
    const THERE: &str = "update opportunity set contact_origin = $1, contact_id = $2 where workspace_id = $3 \
        and (contact_origin = $1 or (contact_origin is null and contact_id = $1))";
    const BACK: &str = "update opportunity set contact_id = contact_origin, contact_origin = null \
        where workspace_id = $1 and contact_origin = $2";
    match to {
        Some(to) => execute!(tx, sqlx::query(THERE).bind(from).bind(to).bind(workspace))?,
        None => execute!(tx, sqlx::query(BACK).bind(workspace).bind(from))?,
    };
    Ok(())
}

/// Moves one that was opened at an account or a contact of which it was known already that another stands for them.
pub async fn settle(tx: &mut Tx, workspace: WorkspaceId, id: OpportunityId) -> Result<(), sqlx::Error> {
    const ACCOUNT: &str = "update opportunity set account_origin = account_id, account_id = (select k.merged_into \
        from known_account k where k.workspace_id = $1 and k.id = opportunity.account_id) \
        where workspace_id = $1 and id = $2 and account_id in \
        (select k.id from known_account k where k.workspace_id = $1 and k.merged_into is not null)";
    const CONTACT: &str = "update opportunity set contact_origin = contact_id, contact_id = (select k.merged_into \
        from known_contact k where k.workspace_id = $1 and k.id = opportunity.contact_id) \
        where workspace_id = $1 and id = $2 and contact_id in \
        (select k.id from known_contact k where k.workspace_id = $1 and k.merged_into is not null)";
    for sql in [ACCOUNT, CONTACT] {
        execute!(tx, sqlx::query(sql).bind(workspace).bind(id))?;
    }
    Ok(())
}
