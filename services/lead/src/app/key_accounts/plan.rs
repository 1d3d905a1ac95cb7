use std::collections::HashSet;

use events::lead::{AccountKeyAttended, AccountPlanChanged, Stakeholder, Tier};
use kernel::{AccountId, Action, Actor, Code, Object, Permission, Timestamp, WorkspaceId, id::TypedId};
use platform::{Tx, outbox::Events};
use uuid::Uuid;

use crate::{
    app::App,
    domain::{
        account::Account,
        key_account::{Alert, MAX_LINES, Planned},
        record::{Kind, Record},
    },
    error::Error,
    store,
};

/// What to change; `None` keeps a part.
#[derive(Debug, Clone)]
pub struct SetAccountPlan {
    pub account: AccountId,
    /// The version that was read: refused with `CONFLICT` if the plan is newer.
    pub version: Option<i64>,
    /// `Some(None)` takes it away.
    pub tier: Option<Option<Tier>>,
    pub goals: Option<Vec<String>>,
    pub stakeholders: Option<Vec<Stakeholder>>,
    pub risks: Option<Vec<String>>,
    pub whitespace: Option<Vec<String>>,
}

impl App {
    /// Changes what is given of an account's plan. What is amiss with a key account is over when it is none any more.
    pub async fn set_account_plan(&self, actor: &Actor, input: SetAccountPlan) -> Result<Account, Error> {
        actor.require(Permission::Write)?;
        input.check()?;
        let (id, now) = (input.account, self.clock.now());
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let missing = Error::not_found("account", "accountId");
        let account = store::accounts::by_id(&mut tx, actor, id).await?.ok_or(missing)?;
        actor.may(Action::Update, Object::Account, &account.facts())?;
        for stakeholder in input.stakeholders.iter().flatten() {
            let found = store::contacts::by_id(&mut tx, actor, stakeholder.contact).await?;
            found.ok_or(Error::not_found("contact", "stakeholders.contactId"))?;
        }
        let planned = store::plans::by_account(&mut tx, actor.workspace, id).await?;
        let planned = planned.unwrap_or_else(|| Planned::new(id));
        if input.version.is_some_and(|version| version != planned.plan.version) {
            return Err(Error::Conflict);
        }
        let stakeholders = match input.stakeholders {
            Some(given) => Some(with_unseen(&mut tx, actor, given, &planned.plan.stakeholders).await?),
            None => None,
        };
        let change = planned.change(now, |plan| {
            plan.tier = input.tier.unwrap_or(plan.tier);
            plan.goals = input.goals.unwrap_or_else(|| std::mem::take(&mut plan.goals));
            plan.stakeholders = stakeholders.unwrap_or_else(|| std::mem::take(&mut plan.stakeholders));
            plan.risks = input.risks.unwrap_or_else(|| std::mem::take(&mut plan.risks));
            plan.whitespace = input.whitespace.unwrap_or_else(|| std::mem::take(&mut plan.whitespace));
        });
        let Some(current) = change else { return Ok(account.seen_by(&actor.access)) };
        if store::plans::save(&mut tx, actor.workspace, &current, now).await? == 0 {
            return Err(Error::Conflict);
        }
        let mut events = self.outbox.events(actor.into());
        let key_no_more = planned.key_since.is_some() && current.key_since.is_none();
        events.push(&AccountPlanChanged { account: id, previous: planned.plan, current: current.plan });
        if key_no_more {
            close_alerts(&mut tx, &mut events, actor.workspace, &[id], now).await?;
        }
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(account.seen_by(&actor.access))
    }
}

/// These stakeholders, and those of before that the actor may not read: nobody takes away whom they cannot see.
async fn with_unseen(
    tx: &mut Tx,
    actor: &Actor,
    mut given: Vec<Stakeholder>,
    before: &[Stakeholder],
) -> Result<Vec<Stakeholder>, Error> {
    let ids: Vec<Uuid> = before.iter().map(|stakeholder| stakeholder.contact.uuid()).collect();
    let contacts = store::records::any(tx, actor.workspace, Kind::Contact, &ids).await?;
    let shown = |contact: &Record| contact.merged_into().unwrap_or(contact.id());
    let survivors: Vec<Uuid> = contacts.iter().map(shown).collect();
    let readable = store::records::readable(tx, actor, Kind::Contact, &survivors).await?;
    let readable: HashSet<Uuid> = readable.iter().map(Record::id).collect();
    let seen: HashSet<Uuid> =
        contacts.iter().filter(|contact| readable.contains(&shown(contact))).map(Record::id).collect();
    given.extend(before.iter().filter(|stakeholder| !seen.contains(&stakeholder.contact.uuid())).cloned());
    Ok(given)
}

/// Ends what is amiss with these accounts: they are no key accounts any more, or merged away.
pub(in crate::app) async fn close_alerts(
    tx: &mut Tx,
    events: &mut Events<'_>,
    workspace: WorkspaceId,
    accounts: &[AccountId],
    now: Timestamp,
) -> Result<(), Error> {
    let alerts = store::key_alerts::open(tx, workspace, accounts).await?;
    let ids: Vec<_> = alerts.iter().map(|alert| alert.id).collect();
    for Alert { id: alert, account, neglect, .. } in alerts {
        events.push(&AccountKeyAttended { account, alert, neglect });
    }
    Ok(store::key_alerts::close(tx, workspace, &ids, now).await?)
}

impl SetAccountPlan {
    fn check(&self) -> Result<(), Error> {
        let lines = |lines: &Option<Vec<String>>| lines.as_ref().map_or(0, Vec::len);
        let stakeholders = self.stakeholders.as_ref().map_or(0, Vec::len);
        for (field, count) in [
            ("goals", lines(&self.goals)),
            ("risks", lines(&self.risks)),
            ("whitespace", lines(&self.whitespace)),
            ("stakeholders", stakeholders),
        ] {
            if count > MAX_LINES {
                let reason = format!("at most {MAX_LINES}");
                return Err(Error::Invalid { code: Code::TooLong, field, reason });
            }
        }
        Ok(())
    }
}
