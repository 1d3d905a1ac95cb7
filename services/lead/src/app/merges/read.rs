use std::collections::HashSet;

use kernel::{Action, Actor, Permission};
use uuid::Uuid;

use crate::{
    app::App,
    domain::{
        family::Merge,
        record::{Kind, Record},
    },
    error::Error,
    store,
};

impl App {
    /// The merges of a record, newest first, undone ones too. Nobody hears of those of a record that they may not read, or
    /// into one: a merge tells what its survivor was.
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
        let survivors: Vec<Uuid> = merges.iter().map(|merge| merge.survivor).collect();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let survivors = store::records::any(&mut tx, actor.workspace, kind, &survivors).await?;
        tx.rollback().await?;
        let may = |record: &&Record| actor.may(Action::Read, kind.object(), &record.facts()).is_ok();
        let told: HashSet<Uuid> = survivors.iter().filter(may).map(Record::id).collect();
        Ok(merges.into_iter().filter(|merge| merge.kind == kind && told.contains(&merge.survivor)).collect())
    }
}
