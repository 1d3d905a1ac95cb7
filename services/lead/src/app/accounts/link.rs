use events::lead::AccountHierarchyChanged;
use kernel::{AccountId, Action, Actor, Code, Object, Permission};
use platform::Tx;

use crate::{
    app::App,
    domain::{
        account::Account,
        hierarchy::{LinkError, may_link},
    },
    error::Error,
    store,
};

impl App {
    /// Puts an account below another, or makes it the top of its own tree. That is a change of those above it, too.
    pub async fn link_accounts(
        &self,
        actor: &Actor,
        child: AccountId,
        parent: Option<AccountId>,
    ) -> Result<Account, Error> {
        actor.require(Permission::Write)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        store::hierarchy::lock(&mut tx, actor.workspace).await?;
        let missing = |field| Error::not_found("account", field);
        let account = store::accounts::by_id(&mut tx, actor, child).await?.ok_or(missing("childId"))?;
        actor.may(Action::Update, Object::Account, &account.facts())?;
        if let Some(parent) = parent {
            let parent = store::accounts::by_id(&mut tx, actor, parent).await?.ok_or(missing("parentId"))?;
            actor.may(Action::Update, Object::Account, &parent.facts())?;
        }
        let before = store::hierarchy::line(&mut tx, actor.workspace, child).await?;
        let above = before.get(1).copied();
        if above == parent {
            return Ok(account.seen_by(&actor.access));
        }
        // Out of a tree that one may read, but not change, nothing is taken.
        if let Some(above) = above
            && let Some(above) = store::accounts::by_id(&mut tx, actor, above).await?
        {
            actor.may(Action::Update, Object::Account, &above.facts())?;
        }
        let above = match parent {
            Some(parent) => store::hierarchy::line(&mut tx, actor.workspace, parent).await?,
            None => Vec::new(),
        };
        let levels = store::hierarchy::levels(&mut tx, actor.workspace, child).await?;
        if let Err(error) = may_link(child, usize::try_from(levels).unwrap_or(usize::MAX), &above) {
            return Err(refusal(&mut tx, actor, "parentId", error).await?);
        }
        store::hierarchy::set_parent(&mut tx, actor.workspace, child, parent).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&AccountHierarchyChanged {
            account: child,
            previous: before.get(1).copied(),
            current: parent,
            previous_ultimate: before.last().copied().unwrap_or(child),
            current_ultimate: above.last().copied().unwrap_or(child),
        });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(account.seen_by(&actor.access))
    }
}

/// Says which way the circle would go, by the names that the actor may read.
pub(in crate::app) async fn refusal(
    tx: &mut Tx,
    actor: &Actor,
    field: &'static str,
    error: LinkError,
) -> Result<Error, Error> {
    let LinkError::Cycle(path) = &error else {
        return Ok(Error::Invalid { code: Code::InvalidInput, field, reason: error.to_string() });
    };
    let mut names = Vec::with_capacity(path.len() + 1);
    for id in path.iter().chain(path.first()) {
        let account = store::accounts::by_id(tx, actor, *id).await?;
        names.push(account.map_or_else(|| "…".to_owned(), |account| account.details.name));
    }
    let reason = format!("{error}: {}", names.join(" > "));
    Ok(Error::Invalid { code: Code::InvalidInput, field, reason })
}
