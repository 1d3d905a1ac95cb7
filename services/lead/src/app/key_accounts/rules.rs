use events::lead::{KeyAccountRules, KeyAccountRulesChanged};
use kernel::{Action, Actor, Code, Object, Permission};

use crate::{
    app::App,
    domain::key_account::{FIRST_RULES, check},
    error::Error,
    store,
};

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateKeyAccountRules {
    /// The version that was read: refused with `CONFLICT` if the rules are newer.
    pub version: Option<i64>,
    pub untouched_days: Option<i64>,
    pub min_contacts: Option<i64>,
    pub within_days: Option<i64>,
}

impl App {
    pub async fn key_account_rules(&self, actor: &Actor) -> Result<KeyAccountRules, Error> {
        actor.require(Permission::Read)?;
        Ok(store::plans::rules_shown(&self.db, actor.workspace).await?.unwrap_or(FIRST_RULES))
    }

    /// Sets when a key account is neglected. The job looks at each of them by the new rules.
    pub async fn update_key_account_rules(
        &self,
        actor: &Actor,
        input: UpdateKeyAccountRules,
    ) -> Result<KeyAccountRules, Error> {
        actor.require(Permission::Admin)?;
        actor.access.require_all(Object::Account, Action::Update)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let previous = store::plans::rules(&mut tx, actor.workspace).await?.unwrap_or(FIRST_RULES);
        if input.version.is_some_and(|version| version != previous.version) {
            return Err(Error::Conflict);
        }
        let wanted = KeyAccountRules {
            version: previous.version,
            untouched_days: input.untouched_days.unwrap_or(previous.untouched_days),
            min_contacts: input.min_contacts.unwrap_or(previous.min_contacts),
            within_days: input.within_days.unwrap_or(previous.within_days),
        };
        check(&wanted).map_err(|error| Error::Invalid {
            code: Code::InvalidInput,
            field: error.0,
            reason: error.to_string(),
        })?;
        if wanted == previous {
            return Ok(previous);
        }
        let current = KeyAccountRules { version: previous.version + 1, ..wanted };
        if store::plans::save_rules(&mut tx, actor.workspace, &current, self.clock.now()).await? == 0 {
            return Err(Error::Conflict);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&KeyAccountRulesChanged { previous, current: current.clone() });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(current)
    }
}
