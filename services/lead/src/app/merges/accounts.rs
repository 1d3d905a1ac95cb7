//! What accounts are beside their fields, when they become one and when they are themselves again: their domains, who is
//! above whom, size, and alerts.

use events::lead::AccountHierarchyChanged;
use kernel::{AccountId, Actor, Timestamp, WorkspaceId, id::TypedId};
use platform::{Tx, outbox::Events};
use uuid::Uuid;

use super::family::Relatives;
use crate::{
    app::{
        accounts::{follow_size, link_refused},
        key_accounts::close_alerts,
    },
    domain::{
        account::Account,
        hierarchy::{LinkError, may_link},
        record::Record,
    },
    error::Error,
    store,
};

/// After accounts were merged away: refuses a survivor that would stand above itself, and lets their alerts rest with them.
pub(super) async fn settle_merged(
    tx: &mut Tx,
    events: &mut Events<'_>,
    actor: &Actor,
    relatives: &Relatives,
    (survivor, others): (Uuid, &[Uuid]),
    now: Timestamp,
) -> Result<(), Error> {
    let (workspace, top) = (actor.workspace, AccountId::from(survivor));
    let line = store::hierarchy::line(tx, workspace, top).await?;
    if let Err(error) = placed(tx, workspace, &line).await? {
        return Err(link_refused(tx, actor, "otherIds", error).await?);
    }
    let gone: Vec<AccountId> = others.iter().copied().map(AccountId::from).collect();
    store::key_alerts::set_due(tx, workspace, &gone, None).await?;
    close_alerts(tx, events, workspace, &gone, now).await?;
    settle(tx, events, relatives, &[survivor], now).await
}

/// After accounts are themselves again: one that would now stand below itself, or too deep, stands at the top of a tree.
pub(super) async fn settle_restored(
    tx: &mut Tx,
    events: &mut Events<'_>,
    relatives: &Relatives,
    (survivor, restored): (Uuid, &[Uuid]),
    now: Timestamp,
) -> Result<(), Error> {
    let workspace = relatives.workspace;
    for account in restored.iter().copied().map(AccountId::from) {
        let line = store::hierarchy::line(tx, workspace, account).await?;
        if placed(tx, workspace, &line).await?.is_ok() {
            continue;
        }
        store::hierarchy::set_parent(tx, workspace, account, None).await?;
        let previous = line.get(1).copied();
        events.push(&AccountHierarchyChanged {
            account,
            previous,
            current: None,
            previous_ultimate: previous.unwrap_or(account),
            current_ultimate: account,
        });
    }
    let live: Vec<Uuid> = restored.iter().copied().chain([survivor]).collect();
    settle(tx, events, relatives, &live, now).await
}

/// Before accounts are themselves again: what shows loses a primary domain that goes with one of them, and goes on with the
/// oldest of its own.
pub(super) async fn keep_own_domains(tx: &mut Tx, relatives: &mut Relatives, ids: &[Uuid]) -> Result<(), Error> {
    let family = relatives.records.keys().copied().map(AccountId::from);
    let own = store::account_domains::own(tx, relatives.workspace, family).await?;
    for id in ids {
        let primary = relatives.after.records.get(id).and_then(|values| values.get("domain"));
        let stays = own
            .iter()
            .any(|(holder, domain)| Some(domain.as_str()) == primary && relatives.after.shown(holder.uuid()) == *id);
        let next = own.iter().find(|(holder, _)| holder.uuid() == *id).map(|(_, domain)| domain.clone());
        if let (false, Some(values)) = (stays, relatives.after.records.get_mut(id)) {
            values.set("domain", next);
        }
    }
    Ok(())
}

/// Whether an account may stand where it stands: at the beginning of this line.
async fn placed(tx: &mut Tx, workspace: WorkspaceId, line: &[AccountId]) -> Result<Result<(), LinkError>, Error> {
    let Some((account, above)) = line.split_first() else { return Ok(Ok(())) };
    // First without its levels: below itself there would be no end of them.
    if let Err(circle) = may_link(*account, 0, above) {
        return Ok(Err(circle));
    }
    let levels = store::hierarchy::levels(tx, workspace, *account).await?;
    Ok(may_link(*account, usize::try_from(levels).unwrap_or(usize::MAX), above))
}

/// Has the sizes of accounts follow what they say now, and those that are key accounts looked at.
async fn settle(
    tx: &mut Tx,
    events: &mut Events<'_>,
    relatives: &Relatives,
    ids: &[Uuid],
    now: Timestamp,
) -> Result<(), Error> {
    let account = |id: &Uuid| match relatives.records.get(id) {
        Some(Record::Account(account)) => Some(&**account),
        _ => None,
    };
    let accounts: Vec<&Account> = ids.iter().filter_map(account).collect();
    follow_size(tx, events, &accounts, now).await?;
    let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
    Ok(store::key_alerts::set_due(tx, relatives.workspace, &ids, Some(now)).await?)
}
