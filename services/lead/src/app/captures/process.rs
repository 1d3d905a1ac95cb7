use std::{sync::Arc, time::Duration};

use events::lead::{CaptureReceived, PageConverted};
use kernel::{Action, CaptureId, Object, Permission, WorkspaceId};
use platform::service::{Job, JobRun};

use super::visitor;
use crate::{
    app::{
        App,
        capture_lead::{Arriving, survivor},
        consents::record,
        matching::Learns,
    },
    domain::{
        capture::{Capture, CaptureState, Draft},
        consent::ConsentEntry,
        lead::{Lead, LeadDraft},
    },
    error::Error,
    store,
};

const BATCH: i64 = 100;
const EVERY: Duration = Duration::from_secs(1);

impl App {
    /// Makes a lead of what was kept, once.
    pub async fn process_capture(&self, workspace: WorkspaceId, id: CaptureId) -> Result<(), Error> {
        match self.try_process(workspace, id).await {
            // Somebody wrote the same address between our look and our write: now we see it.
            Err(Error::Conflict) => self.try_process(workspace, id).await,
            processed => processed,
        }
    }

    async fn try_process(&self, workspace: WorkspaceId, id: CaptureId) -> Result<(), Error> {
        let mut tx = self.db.of(workspace).begin().await?;
        let capture = store::captures::lock(&mut tx, workspace, id).await?;
        let Some(mut capture) = capture.filter(|capture| capture.state == CaptureState::Received) else {
            return Ok(());
        };
        let actor = visitor(workspace, capture.confirmed_at.is_some());
        actor.require(Permission::Write)?;
        actor.access.require_some(Object::Lead, Action::Create)?;
        let Draft { email, details, source, said } = capture.draft.clone();
        let known = store::leads::known(&mut tx, workspace, &[email.as_str()], &[]).await?.pop();
        let (_, known) = survivor(&mut tx, &actor, known).await?;
        let draft = LeadDraft { email, details, source: Some(source), external_id: None, import_fingerprint: None };
        let mut events = self.outbox.events((&actor).into());
        let arriving = Arriving { id: self.clock.id(), draft, known, learns: Learns::No };
        let (lead, created) = self.take_in(&mut tx, &mut events, &actor, arriving).await?;
        capture.state = CaptureState::Captured;
        capture.lead = Some(lead.id);
        if !created {
            // What a lead does not take up is not lost.
            capture.answers.extend(said.into_iter().filter(|answer| !answer.stands_in(&lead.details)));
        }
        store::captures::update(&mut tx, &capture).await?;
        if let Some(consent) = capture.consent.clone() {
            let (id, now) = (self.clock.id(), self.clock.now());
            let whose = (workspace, capture.draft.email.clone());
            let entry = ConsentEntry::from_form(id, whose, (capture.id, consent), (now, actor.subject.clone()));
            record(&mut tx, &mut events, &entry).await?;
        }
        events.push(&received(&capture, &lead, created));
        if let Some(seen) = &capture.seen {
            let (page, variant) = (seen.page, seen.variant.clone());
            events.push(&PageConverted { page, variant, capture: id, lead: lead.id, at: capture.received_at });
        }
        events.save(&mut tx).await?;
        Ok(self.outbox.commit(tx).await?)
    }

    /// Makes leads of what waits: what came while something of ours was down. Says whether there was any.
    pub async fn process_due(&self) -> Result<bool, Error> {
        let due = store::captures::due(&self.db, self.clock.now(), BATCH).await?;
        for &(workspace, id) in &due {
            if let Err(error) = self.process_capture(workspace, id).await {
                tracing::warn!(capture = %id, error = &error as &dyn std::error::Error, "a capture waits");
                self.postpone(workspace, id).await?;
            }
        }
        Ok(!due.is_empty())
    }

    async fn postpone(&self, workspace: WorkspaceId, id: CaptureId) -> Result<(), Error> {
        let mut tx = self.db.of(workspace).begin().await?;
        if let Some(mut capture) = store::captures::lock(&mut tx, workspace, id).await? {
            capture.due_at = capture.next_attempt(self.clock.now());
            capture.attempts += 1;
            store::captures::update(&mut tx, &capture).await?;
        }
        Ok(tx.commit().await?)
    }

    pub fn captures_job(self) -> Job {
        let run = Arc::new(move || -> JobRun {
            let app = self.clone();
            Box::pin(async move { Ok(app.process_due().await?) })
        });
        Job { name: "lead.captures", every: EVERY, run }
    }
}

fn received(capture: &Capture, lead: &Lead, created: bool) -> CaptureReceived {
    CaptureReceived {
        capture: capture.id,
        form: capture.form,
        lead: lead.id,
        email: lead.email.clone(),
        created,
        page: capture.seen.as_ref().map(|seen| seen.page),
        variant: capture.seen.as_ref().map(|seen| seen.variant.clone()),
        utm: capture.utm.clone(),
        consent: capture.consent.clone(),
        at: capture.received_at,
    }
}
