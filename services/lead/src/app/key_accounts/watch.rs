use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::TimeDelta;
use events::lead::{AccountKeyAttended, AccountKeyNeglected, Engagement};
use kernel::{AccountId, Actor};
use platform::service::Job;

use crate::{
    app::App,
    domain::key_account::{Alert, FIRST_RULES, neglects},
    error::Error,
    store,
};

/// Key accounts of one transaction.
const PAGE: i64 = 200;
/// How often the job looks for key accounts that are due.
const EVERY: Duration = Duration::from_secs(1);
/// How long one that nobody touches is left alone.
const AGAIN: TimeDelta = TimeDelta::hours(1);

impl App {
    /// Looks at one page of the key accounts that are due: raises what has begun to be amiss, and ends what is over. Says
    /// whether there was any.
    pub async fn watch_key_accounts(&self) -> Result<bool, Error> {
        let now = self.clock.now();
        // Nothing is locked while there is nothing to do, which is nearly always.
        let Some(workspace) = store::key_alerts::workspace_with_due(&self.db, now).await? else { return Ok(false) };
        let actor = Actor::system(workspace, "lead");
        let mut tx = self.db.of(workspace).begin().await?;
        let due = store::key_alerts::take_due(&mut tx, workspace, now, now + AGAIN, PAGE).await?;
        let ids: Vec<AccountId> = due.iter().map(|(account, _)| *account).collect();
        let rules = store::plans::rules(&mut tx, workspace).await?.unwrap_or(FIRST_RULES);
        let engagements = store::key_alerts::engagements(&mut tx, workspace, &ids, &rules, now).await?;
        let mut engagements: HashMap<AccountId, Engagement> = engagements.into_iter().collect();
        let nothing = Engagement { last_touch_at: None, two_way_contacts: 0, rules_version: rules.version };
        let open = store::key_alerts::open(&mut tx, workspace, &ids).await?;
        let (mut raised, mut ended) = (Vec::new(), Vec::new());
        let mut events = self.outbox.events((&actor).into());
        for (account, key_since) in due {
            let engagement = engagements.remove(&account).unwrap_or_else(|| nothing.clone());
            let found = neglects(&rules, key_since, &engagement, now);
            let known: Vec<&Alert> = open.iter().filter(|alert| alert.account == account).collect();
            for alert in known.iter().filter(|alert| !found.contains(&alert.neglect)) {
                events.push(&AccountKeyAttended { account, alert: alert.id, neglect: alert.neglect });
                ended.push(alert.id);
            }
            for neglect in found {
                if !known.iter().any(|alert| alert.neglect == neglect) {
                    let because = engagement.clone();
                    let id = self.clock.id();
                    raised.push(Alert { id, account, neglect, because, opened_at: now, closed_at: None });
                }
            }
        }
        for Alert { id: alert, account, neglect, because, .. } in raised.iter().cloned() {
            events.push(&AccountKeyNeglected { account, alert, neglect, because });
        }
        store::key_alerts::close(&mut tx, workspace, &ended, now).await?;
        store::key_alerts::insert(&mut tx, workspace, &raised).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(true)
    }

    pub fn key_account_job(self) -> Job {
        let run = Arc::new(move || -> platform::service::JobRun {
            let app = self.clone();
            Box::pin(async move { Ok(app.watch_key_accounts().await?) })
        });
        Job { name: "lead.key_accounts", every: EVERY, run }
    }
}
