use std::collections::HashMap;

use kernel::{AccountId, Actor, Object};

use crate::{app::App, domain::rollup::Rollup, store};

impl App {
    /// What these accounts, which the actor was shown, add up to with all below them.
    pub async fn rollups(
        &self,
        actor: &Actor,
        accounts: &[AccountId],
    ) -> Result<HashMap<AccountId, Rollup>, sqlx::Error> {
        let mut rollups: HashMap<AccountId, Rollup> = HashMap::new();
        for (account, count) in store::rollups::accounts(&self.db, actor, accounts).await? {
            rollups.entry(account).or_default().accounts = count;
        }
        for (account, group) in store::rollups::open_pipeline(&self.db, actor, accounts).await? {
            rollups.entry(account).or_default().add(group);
        }
        for (account, at) in store::rollups::last_touches(&self.db, actor, accounts).await? {
            rollups.entry(account).or_default().last_touch_at = Some(at);
        }
        if actor.access.hides(Object::Opportunity, "amount") {
            rollups.values_mut().for_each(|rollup| rollup.open_pipeline.clear());
        }
        Ok(rollups)
    }
}
