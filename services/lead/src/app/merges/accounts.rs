//! What accounts are beside their fields, when they become one and when they are themselves again: their domains, who is
//! above whom, size, and alerts.

use events::lead::AccountHierarchyChanged;
use kernel::{AccountId, Actor, Timestamp, WorkspaceId, id::TypedId};
use platform::{Tx, outbox::Events};
use uuid::Uuid;

use super::family::Relatives;
use crate::{
    app::{
        accounts::{follow_size, follow_size_again, link_refused},
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
    let survivors = accounts(relatives, &[survivor]);
    // Sizes before plans, and all plans at once, as whoever else locks both.
    follow_size(tx, events, &survivors, now).await?;
    let all: Vec<AccountId> = gone.iter().copied().chain([top]).collect();
    store::key_alerts::set_due(tx, workspace, &all, Some(now)).await?;
    store::key_alerts::set_due(tx, workspace, &gone, None).await?;
    close_alerts(tx, events, workspace, &gone, now).await
}

/// After accounts are themselves again, merged since a moment: one that would now stand below itself, or too deep, stands at
/// the top of a tree.
pub(super) async fn settle_restored(
    tx: &mut Tx,
    events: &mut Events<'_>,
    relatives: &Relatives,
    (survivor, restored): (Uuid, &[Uuid]),
    (since, now): (Timestamp, Timestamp),
) -> Result<(), Error> {
    let workspace = relatives.workspace;
    for account in restored.iter().copied().map(AccountId::from) {
        let line = store::hierarchy::line(tx, workspace, account).await?;
        let Err(error) = placed(tx, workspace, &line).await? else { continue };
        store::hierarchy::set_parent(tx, workspace, account, None).await?;
        let previous = line.get(1).copied();
        // A circle has no top.
        let top = if error == LinkError::TooDeep { line.last().copied() } else { previous };
        events.push(&AccountHierarchyChanged {
            account,
            previous,
            current: None,
            previous_ultimate: top.unwrap_or(account),
            current_ultimate: account,
        });
    }
    let (restored, survivors) = (accounts(relatives, restored), accounts(relatives, &[survivor]));
    follow_size_again(tx, events, &restored, since, now).await?;
    follow_size(tx, events, &survivors, now).await?;
    let live: Vec<AccountId> = restored.iter().chain(&survivors).map(|account| account.id).collect();
    Ok(store::key_alerts::set_due(tx, workspace, &live, Some(now)).await?)
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

/// Those of these records that are accounts, as they stand now.
pub(super) fn accounts<'a>(relatives: &'a Relatives, ids: &[Uuid]) -> Vec<&'a Account> {
    let account = |id: &Uuid| match relatives.records.get(id) {
        Some(Record::Account(account)) => Some(&**account),
        _ => None,
    };
    ids.iter().filter_map(account).collect()
}
