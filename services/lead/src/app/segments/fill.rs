use std::{sync::Arc, time::Duration};

use kernel::{Actor, Timestamp};
use platform::{Tx, outbox::Events, service::Job};

use super::follow::hold;
use crate::{app::App, domain::segment::Segment, error::Error, store};

/// Leads that one transaction holds against a new definition.
const PAGE: usize = 500;
/// How often the job looks for segments that have more.
const EVERY: Duration = Duration::from_secs(1);

impl App {
    /// Holds one page of leads against a definition that is newer than they are. Says whether there was any.
    pub async fn fill_segments(&self) -> Result<bool, Error> {
        // Nothing is locked while there is nothing to do, which is nearly always.
        let Some(workspace) = store::segments::workspace_to_fill(&self.db).await? else { return Ok(false) };
        let actor = Actor::system(workspace, "lead");
        let mut tx = self.db.of(workspace).begin().await?;
        store::segments::lock(&mut tx, workspace).await?;
        let unready = store::segments::all(&mut tx, workspace).await?.into_iter().find(|segment| !segment.ready);
        let Some(segment) = unready else { return Ok(true) };
        let mut events = self.outbox.events((&actor).into());
        fill(&mut tx, &mut events, segment, self.clock.now()).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(true)
    }

    pub fn segment_job(self) -> Job {
        let run = Arc::new(move || -> platform::service::JobRun {
            let app = self.clone();
            Box::pin(async move { Ok(app.fill_segments().await?) })
        });
        Job { name: "lead.segments", every: EVERY, run }
    }
}

/// Holds the next page of leads against a segment under its lock, and notes how far that has come.
pub(super) async fn fill(
    tx: &mut Tx,
    events: &mut Events<'_>,
    mut segment: Segment,
    now: Timestamp,
) -> Result<Segment, sqlx::Error> {
    let leads = store::leads::page_by_id(tx, segment.workspace, segment.filled_to, PAGE as i64).await?;
    hold(tx, events, segment.workspace, std::slice::from_ref(&segment), &leads, now).await?;
    segment.filled_to = leads.last().map(|lead| lead.id).or(segment.filled_to);
    segment.ready = leads.len() < PAGE;
    store::segments::update(tx, &segment).await?;
    Ok(segment)
}
