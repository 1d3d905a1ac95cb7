use events::lead::DuplicateDismissed;
use kernel::{Action, Actor, Code, Permission};
use uuid::Uuid;

use crate::{
    app::App,
    domain::{duplicates::Dismissal, record::Kind},
    error::Error,
    store,
};

/// Records that one call says of that they are not one.
const MOST: usize = 50;

impl App {
    /// Remembers for good that no two of these records are one. They are shown as duplicates no longer.
    pub async fn dismiss_duplicate(&self, actor: &Actor, kind: Kind, ids: Vec<Uuid>) -> Result<Vec<Uuid>, Error> {
        actor.require(Permission::Write)?;
        let mut ids = ids;
        ids.sort_unstable();
        ids.dedup();
        if ids.len() < 2 || ids.len() > MOST {
            let reason = format!("between 2 and {MOST} records");
            return Err(Error::Invalid { code: Code::InvalidInput, field: "ids", reason });
        }
        let mut tx = self.db.of(actor.workspace).begin().await?;
        store::duplicates::lock(&mut tx, actor.workspace).await?;
        let records = store::records::readable(&mut tx, actor, kind, &ids).await?;
        if records.len() < ids.len() {
            return Err(Error::not_found(kind.object().as_str(), "ids"));
        }
        for record in &records {
            actor.may(Action::Update, kind.object(), &record.facts())?;
        }
        let pairs = ids.iter().enumerate().flat_map(|(at, one)| ids[at + 1..].iter().map(|other| (*one, *other)));
        let pairs: Vec<Dismissal> = pairs.collect();
        store::duplicates::dismiss(&mut tx, actor.workspace, kind, &pairs, self.clock.now()).await?;
        self.compare(&mut tx, actor.workspace, kind, &records).await?;
        let mut events = self.outbox.events(actor.into());
        let shown = ids.iter().map(|id| kind.show(*id)).collect();
        events.push(&DuplicateDismissed { id: self.clock.id(), kind: kind.object(), records: shown });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(ids)
    }
}
