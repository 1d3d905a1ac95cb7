use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use kernel::WorkspaceId;
use platform::{Tx, service::Job};
use uuid::Uuid;

use crate::{
    app::App,
    domain::{
        duplicates::{Duplicate, Features, Found, Link, candidates, features, find, likely},
        record::{Kind, Record},
    },
    error::Error,
    store,
};

/// Records that one transaction compares with the others.
const PAGE: i64 = 100;
/// How often the job looks for records that were saved.
const EVERY: Duration = Duration::from_secs(1);
/// Records that are looked at together; what hangs together beyond is left as it was found.
const MOST: usize = 1_000;

impl App {
    /// Compares one page of the records that were saved with those that share a key with them. Says whether it had any: what
    /// somebody still writes is looked at when they are done.
    pub async fn find_duplicates(&self) -> Result<bool, Error> {
        // Nothing is locked while there is nothing to do, which is nearly always.
        let Some((workspace, kind)) = store::records::workspace_with_stale(&self.db).await? else { return Ok(false) };
        let mut tx = self.db.of(workspace).begin().await?;
        store::duplicates::lock(&mut tx, workspace).await?;
        let fresh = store::records::stale(&mut tx, workspace, kind, PAGE).await?;
        if fresh.is_empty() {
            tx.rollback().await?;
            return Ok(false);
        }
        self.compare(&mut tx, workspace, kind, &fresh).await?;
        store::records::mark_compared(&mut tx, workspace, kind, &fresh).await?;
        tx.commit().await?;
        Ok(true)
    }

    pub fn duplicates_job(self) -> Job {
        let run = Arc::new(move || -> platform::service::JobRun {
            let app = self.clone();
            Box::pin(async move { Ok(app.find_duplicates().await?) })
        });
        Job { name: "lead.duplicates", every: EVERY, run }
    }

    /// Finds anew what these records look like one with, and all that this touches: at most a dozen statements, however
    /// many they are.
    pub(super) async fn compare(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        kind: Kind,
        fresh: &[Record],
    ) -> Result<(), Error> {
        let live: HashMap<Uuid, Features> = prepared(fresh);
        let keys = |record: &Record| (record.id(), live.get(&record.id()).map(Features::keys).unwrap_or_default());
        let keys: Vec<(Uuid, Vec<i64>)> = fresh.iter().map(keys).collect();
        store::duplicates::replace_keys(tx, workspace, kind, &keys).await?;
        let links = alike(tx, workspace, kind, live).await?;
        let mut touched: BTreeSet<Uuid> = fresh.iter().map(Record::id).collect();
        touched.extend(links.iter().flat_map(|link| [link.one, link.other]));
        let known = hanging_together(tx, workspace, &mut touched).await?;
        let touched: Vec<Uuid> = touched.into_iter().collect();
        let records = store::records::any(tx, workspace, kind, &touched).await?;
        let dismissed = store::duplicates::dismissed(tx, workspace, kind, &touched).await?;
        let found = find(&prepared(&records), &dismissed);
        // What reaches beyond stays as it was found, and says all that a part of it would say.
        let (gone, kept): (Vec<&Duplicate>, Vec<&Duplicate>) =
            known.iter().partition(|duplicate| is_within(duplicate, &touched));
        let is_part = |found: &Found| {
            kept.iter().any(|kept| found.members.iter().all(|member| kept.found.members.contains(member)))
        };
        let now = self.clock.now();
        let duplicates: Vec<Duplicate> = found
            .into_iter()
            .filter(|(found, ..)| !is_part(found))
            .map(|(found, confidence, may_merge_unasked)| {
                // Found again, it is the same one.
                let before = gone.iter().find(|duplicate| duplicate.found.members == found.members);
                let (id, created_at) = before.map_or((self.clock.id(), now), |before| (before.id, before.created_at));
                Duplicate { id, workspace, kind, confidence, may_merge_unasked, found, created_at }
            })
            .collect();
        let gone: Vec<_> = gone.into_iter().map(|duplicate| duplicate.id).collect();
        store::duplicates::delete(tx, workspace, &gone).await?;
        Ok(store::duplicates::insert(tx, &duplicates).await?)
    }
}

/// Of the records that share a key with one of `fresh`, those that look like one with it.
pub(super) async fn alike(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: Kind,
    fresh: HashMap<Uuid, Features>,
) -> Result<Vec<Link>, Error> {
    let mut keys: Vec<i64> = fresh.values().flat_map(Features::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut holders = store::duplicates::holders(tx, workspace, kind, &keys).await?;
    for (id, features) in &fresh {
        for key in features.keys() {
            let holders = holders.entry(key).or_default();
            if let Err(place) = holders.binary_search(id) {
                holders.insert(place, *id);
            }
        }
    }
    let others = candidates(&fresh.keys().copied().collect::<HashSet<_>>(), &holders);
    let pairs = others.iter().flat_map(|(one, others)| others.iter().map(|other| (*one.min(other), *one.max(other))));
    let pairs: BTreeSet<(Uuid, Uuid)> = pairs.collect();
    let missing: BTreeSet<Uuid> =
        pairs.iter().flat_map(|(one, other)| [*one, *other]).filter(|id| !fresh.contains_key(id)).collect();
    let missing: Vec<Uuid> = missing.into_iter().collect();
    let mut all = fresh;
    all.extend(prepared(&store::records::any(tx, workspace, kind, &missing).await?));
    Ok(likely(&all, &pairs.into_iter().collect::<Vec<_>>()))
}

/// Adds to `touched` who is in a duplicate with any of them, and gives those duplicates.
async fn hanging_together(
    tx: &mut Tx,
    workspace: WorkspaceId,
    touched: &mut BTreeSet<Uuid>,
) -> Result<Vec<Duplicate>, Error> {
    /// Steps that a chain of likenesses is followed.
    const STEPS: usize = 4;
    let mut known = touching(tx, workspace, touched).await?;
    for _ in 0..STEPS {
        let before = touched.len();
        touched.extend(known.iter().flat_map(|duplicate| duplicate.found.members.iter().copied()));
        if touched.len() == before {
            break;
        }
        // Of all that is touched, wherever the chain is left: what is found anew is not beside what was found before.
        known = touching(tx, workspace, touched).await?;
        if touched.len() > MOST {
            break;
        }
    }
    Ok(known)
}

async fn touching(
    tx: &mut Tx,
    workspace: WorkspaceId,
    touched: &BTreeSet<Uuid>,
) -> Result<Vec<Duplicate>, sqlx::Error> {
    store::duplicates::touching(tx, workspace, &touched.iter().copied().collect::<Vec<_>>()).await
}

/// `touched` is in order.
fn is_within(duplicate: &Duplicate, touched: &[Uuid]) -> bool {
    duplicate.found.members.iter().all(|member| touched.binary_search(member).is_ok())
}

/// What is merged away looks like nobody.
pub(super) fn prepared(records: &[Record]) -> HashMap<Uuid, Features> {
    let live = records.iter().filter(|record| record.merged_into().is_none());
    live.map(|record| (record.id(), features(record))).collect()
}
