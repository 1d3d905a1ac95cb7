use kernel::{AccountId, WorkspaceId};
use platform::{Tx, outbox::Events};

use crate::{
    domain::{
        lead::{LeadDraft, match_domain},
        matching::AccountIndex,
        normalise::company_key,
    },
    error::Error,
    store::{self, accounts::Wanted},
};

/// The accounts that these drafts could belong to, in one statement.
pub(super) async fn index_for(
    tx: &mut Tx,
    workspace: WorkspaceId,
    drafts: &[LeadDraft],
) -> Result<AccountIndex, Error> {
    let mut wanted = Wanted::default();
    for draft in drafts {
        wanted.domains.extend(match_domain(&draft.email, &draft.details).map(str::to_owned));
        wanted.name_keys.extend(name_key(draft));
    }
    for list in [&mut wanted.domains, &mut wanted.name_keys] {
        list.sort_unstable();
        list.dedup();
    }
    Ok(AccountIndex::new(store::accounts::candidates(tx, workspace, &wanted).await?))
}

/// The draft's account, if one is known. An account without a domain may learn it here.
pub(super) async fn find_account(
    tx: &mut Tx,
    events: &mut Events<'_>,
    index: &mut AccountIndex,
    draft: &LeadDraft,
    now: kernel::Timestamp,
) -> Result<Option<AccountId>, Error> {
    let key = name_key(draft);
    if let Some((id, domain)) = index.learns_domain(&draft.email, &draft.details, key.as_deref())
        && let Some(change) = index
            .get(id)
            .and_then(|account| account.change(now, |account| account.details.domain = Some(domain.clone())))
        && store::accounts::update(tx, &change).await? == 1
    {
        events.push(&change.updated());
        index.learn(change.current, domain);
    }
    Ok(index.find(&draft.email, &draft.details, key.as_deref()).map(|account| account.id))
}

fn name_key(draft: &LeadDraft) -> Option<String> {
    draft.details.company.as_deref().map(company_key).filter(|key| !key.is_empty())
}
