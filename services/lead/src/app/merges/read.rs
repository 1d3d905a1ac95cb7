use kernel::{Actor, Permission};
use uuid::Uuid;

use crate::{
    app::App,
    domain::{family::Merge, record::Kind},
    error::Error,
    store,
};

impl App {
    /// The merges of a record, newest first, undone ones too. Nobody hears of those of a record that they may not read.
    pub async fn merges(&self, actor: &Actor, kind: Kind, record: Uuid) -> Result<Vec<Merge>, Error> {
        actor.require(Permission::Read)?;
        let shown = store::records::shown(&self.db, actor.workspace, kind, &[record]).await?;
        let shown: Vec<Uuid> = shown.into_iter().map(|(_, shown)| shown).collect();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let readable = store::records::readable(&mut tx, actor, kind, &shown).await?;
        tx.rollback().await?;
        if readable.is_empty() {
            return Ok(Vec::new());
        }
        let merges = store::merges::of_record(&self.db, actor, record).await?;
        Ok(merges.into_iter().filter(|merge| merge.kind == kind).collect())
    }
}
