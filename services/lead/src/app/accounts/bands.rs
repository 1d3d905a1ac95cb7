use std::{sync::Arc, time::Duration};

use events::lead::SegmentBandsChanged;
use kernel::{Action, Actor, Code, Object, Permission};
use platform::service::Job;

use super::size::{Under, hold, known};
use crate::{
    app::App,
    domain::{
        account::Account,
        company_size::{Bands, BandsError, VersionedBands},
    },
    error::Error,
    store,
};

/// Accounts that one transaction holds against new bands.
const PAGE: usize = 500;
/// How often the job looks for bands that have more.
const EVERY: Duration = Duration::from_secs(1);

/// New bands in place of those of a version.
#[derive(Debug, Clone)]
pub struct UpdateSegmentBands {
    /// The version that was read: refused with `CONFLICT` if there is a newer one.
    pub version: Option<i64>,
    pub bands: Bands,
}

impl App {
    /// The bands of one version, or those in force. Those that hold where nobody has set any are version 1.
    pub async fn segment_bands(&self, actor: &Actor, version: Option<i64>) -> Result<Option<VersionedBands>, Error> {
        actor.require(Permission::Read)?;
        let bands = store::sizes::bands_at(&self.db, actor.workspace, version).await?;
        let first = || Some(VersionedBands::default()).filter(|bands| version.is_none_or(|one| one == bands.version));
        Ok(bands.or_else(first))
    }

    /// Makes the next version of the bands. The job looks at every account again under them.
    pub async fn update_segment_bands(
        &self,
        actor: &Actor,
        input: UpdateSegmentBands,
    ) -> Result<VersionedBands, Error> {
        actor.require(Permission::Admin)?;
        actor.access.require_all(Object::Account, Action::Update)?;
        input.bands.check().map_err(invalid)?;
        let now = self.clock.now();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        store::sizes::lock(&mut tx, actor.workspace).await?;
        let previous = store::sizes::bands(&mut tx, actor.workspace).await?.unwrap_or_default();
        if input.version.is_some_and(|version| version != previous.version) {
            return Err(Error::Conflict);
        }
        if previous.bands == input.bands {
            return Ok(previous);
        }
        let (version, bands) = (previous.version + 1, input.bands);
        let current = VersionedBands { version, bands, ready: false, created_at: Some(now) };
        store::sizes::insert_bands(&mut tx, actor.workspace, &current, now).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&SegmentBandsChanged { previous: previous.published(), current: current.published() });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(current)
    }

    /// Holds one page of accounts against bands that are newer than they are. Says whether there was any.
    pub async fn fill_sizes(&self) -> Result<bool, Error> {
        // Nothing is locked while there is nothing to do, which is nearly always.
        let Some(workspace) = store::sizes::workspace_to_fill(&self.db).await? else { return Ok(false) };
        let actor = Actor::system(workspace, "lead");
        let mut tx = self.db.of(workspace).begin().await?;
        store::sizes::lock(&mut tx, workspace).await?;
        let bands = store::sizes::bands(&mut tx, workspace).await?.filter(|bands| !bands.ready);
        let Some(bands) = bands else { return Ok(true) };
        let after = store::sizes::filled_to(&mut tx, workspace, bands.version).await?;
        let accounts = store::accounts::page_by_id(&mut tx, workspace, after, PAGE as i64).await?;
        let accounts: Vec<&Account> = accounts.iter().collect();
        let known = known(&mut tx, workspace, &accounts).await?;
        let mut events = self.outbox.events((&actor).into());
        let under = Under { bands: &bands, afresh: true, now: self.clock.now() };
        hold(&mut tx, &mut events, &accounts, known, under).await?;
        let (last, ready) = (accounts.last().map(|account| account.id).or(after), accounts.len() < PAGE);
        store::sizes::set_filled_to(&mut tx, workspace, bands.version, last, ready).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(true)
    }

    pub fn size_job(self) -> Job {
        let run = Arc::new(move || -> platform::service::JobRun {
            let app = self.clone();
            Box::pin(async move { Ok(app.fill_sizes().await?) })
        });
        Job { name: "lead.sizes", every: EVERY, run }
    }
}

fn invalid(error: BandsError) -> Error {
    let field = match error {
        BandsError::Thresholds(field) => field,
        BandsError::Margin => "marginPercent",
        BandsError::Regions => "regions",
    };
    Error::Invalid { code: Code::InvalidInput, field, reason: error.to_string() }
}
