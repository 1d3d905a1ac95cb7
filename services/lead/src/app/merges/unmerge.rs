use kernel::{Action, Actor, MergeId, Permission, Timestamp};
use platform::{Tx, outbox::Events};
use uuid::Uuid;

use super::{
    accounts::{accounts, keep_own_domains, settle_restored},
    family::Relatives,
    preview::is_shown,
    tell,
};
use crate::{
    app::{
        App,
        accounts::{domains_of, tell_domains},
        segments::follow_ids,
    },
    domain::{
        family::{ChangedField, Merge},
        record::{Kind, Record},
    },
    error::Error,
    store,
};

/// Records of each kind that are named as attached since a merge.
const NAMED: i64 = 100;

/// What is itself again, and what stays as it became.
#[derive(Clone)]
pub struct Unmerged {
    pub merge: Merge,
    pub restored: Vec<Uuid>,
    /// Fields that stay as they are: somebody has written them since, or the lead was converted.
    pub changed: Vec<ChangedField>,
    /// Leads and contacts that were made at the survivor since: they stay with it.
    pub attached: Vec<(Kind, Uuid)>,
}

impl App {
    /// Takes a merge back, whatever was merged or taken back since. Asked again, it changes nothing more.
    pub async fn unmerge(&self, actor: &Actor, id: MergeId) -> Result<Unmerged, Error> {
        actor.require(Permission::Write)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        store::merges::lock(&mut tx, actor.workspace).await?;
        let missing = Error::not_found("merge", "mergeId");
        let Some(merge) = store::merges::by_id(&mut tx, actor.workspace, id).await? else { return Err(missing) };
        if merge.kind == Kind::Account {
            store::hierarchy::lock(&mut tx, actor.workspace).await?;
        }
        let mut relatives = relatives(&mut tx, &merge).await?;
        require(actor, &merge, &relatives)?;
        if merge.undone_at.is_some() {
            let restored = merge.others.clone();
            return Ok(Unmerged { merge, restored, changed: Vec::new(), attached: Vec::new() });
        }
        let now = self.clock.now();
        let Some((undone, mut changed)) = relatives.after.unmerge(id) else { return Err(missing) };
        changed.extend(relatives.keep_closed());
        let merge = Merge { undone_at: Some(now), ..undone };
        store::merges::update(&mut tx, &merge).await?;
        let mut events = self.outbox.events(actor.into());
        let restored = self.restore(&mut tx, &mut events, &merge, &mut relatives, now).await?;
        let attached = match merge.kind {
            Kind::Account => {
                store::merges::attached_since(&mut tx, actor, merge.survivor, merge.merged_at, NAMED).await?
            }
            _ => Vec::new(),
        };
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        changed.retain(|field| is_shown(&actor.access, merge.kind.object(), &field.field));
        Ok(Unmerged { merge, restored, changed, attached })
    }

    async fn restore(
        &self,
        tx: &mut Tx,
        events: &mut Events<'_>,
        merge: &Merge,
        relatives: &mut Relatives,
        now: Timestamp,
    ) -> Result<Vec<Uuid>, Error> {
        let survivor = relatives.after.shown(merge.survivor);
        if merge.kind == Kind::Account {
            let live: Vec<Uuid> = merge.others.iter().copied().chain([survivor]).collect();
            keep_own_domains(tx, relatives, &live).await?;
        }
        let domains = domains_of(tx, &accounts(relatives, &[survivor])).await?;
        // First, so that the survivor no longer has what is unique.
        let changes = relatives.save_values(tx, now).await?;
        let restored = relatives.redirect(tx, &merge.others, None).await?;
        relatives.reroute(tx).await?;
        let live: Vec<_> = changes.into_iter().filter(|change| relatives.is_live(change.current.id())).collect();
        for change in live.iter().filter(|change| !merge.others.contains(&change.current.id())) {
            tell::updated(events, change);
        }
        tell::unmerged(events, merge, &restored, &relatives.redirects());
        store::records::mark_stale(tx, merge.workspace, merge.kind, &[survivor]).await?;
        let ids: Vec<Uuid> = restored.iter().map(Record::id).collect();
        if merge.kind == Kind::Account {
            let shown: Vec<Uuid> = ids.iter().copied().chain([survivor]).collect();
            let shown: Vec<Uuid> = shown.into_iter().filter(|id| relatives.is_live(*id)).collect();
            tell_domains(tx, events, domains, &accounts(relatives, &shown)).await?;
            settle_restored(tx, events, relatives, (survivor, &ids), (merge.merged_at, now)).await?;
        }
        if merge.kind == Kind::Lead {
            let changed = live.iter().map(|change| change.current.id());
            let leads: Vec<_> = changed.chain(ids.iter().copied()).map(Into::into).collect();
            follow_ids(tx, events, merge.workspace, &leads, now).await?;
        }
        Ok(ids)
    }
}

/// All that hangs together with the merge's records.
async fn relatives(tx: &mut Tx, merge: &Merge) -> Result<Relatives, Error> {
    let involved: Vec<Uuid> = merge.others.iter().copied().chain([merge.survivor]).collect();
    let involved = store::records::any(tx, merge.workspace, merge.kind, &involved).await?;
    let mut roots: Vec<Uuid> = involved.iter().map(|record| record.merged_into().unwrap_or(record.id())).collect();
    roots.sort_unstable();
    roots.dedup();
    Relatives::of(tx, merge.workspace, merge.kind, &roots).await
}

/// Refuses an actor who may not change each of the records, and the one that shows for them now; to one who may not read them
/// there is no such merge.
fn require(actor: &Actor, merge: &Merge, relatives: &Relatives) -> Result<(), Error> {
    let object = merge.kind.object();
    let shown = relatives.before.shown(merge.survivor);
    for id in merge.others.iter().chain([&merge.survivor, &shown]) {
        let record = relatives.records.get(id).ok_or(Error::Conflict)?;
        if actor.may(Action::Read, object, &record.facts()).is_err() {
            return Err(Error::not_found("merge", "mergeId"));
        }
        actor.may(Action::Update, object, &record.facts())?;
    }
    Ok(())
}
