use std::collections::HashMap;

use kernel::{Code, Timestamp, WorkspaceId};
use platform::Tx;
use uuid::Uuid;

use crate::{
    domain::{
        family::{ChangedField, Family},
        record::{Kind, Record, RecordChange},
    },
    error::Error,
    store,
};

/// Records that hang together by merges.
const LARGEST: usize = 500;

/// Records with what they show as, before and after a change.
pub(super) struct Relatives {
    pub kind: Kind,
    pub workspace: WorkspaceId,
    pub records: HashMap<Uuid, Record>,
    pub before: Family,
    pub after: Family,
}

impl Relatives {
    /// These records, none of which is merged away, and all that were merged into them.
    pub async fn of(tx: &mut Tx, workspace: WorkspaceId, kind: Kind, roots: &[Uuid]) -> Result<Self, Error> {
        let records = store::records::family(tx, workspace, kind, roots).await?;
        if records.len() > LARGEST {
            let reason = format!("more than {LARGEST} records were merged into these");
            return Err(Error::Invalid { code: Code::InvalidInput, field: "otherIds", reason });
        }
        let ids: Vec<Uuid> = records.iter().map(Record::id).collect();
        let merges = store::merges::in_force(tx, workspace, &ids).await?;
        let values = records.iter().map(|record| (record.id(), record.values())).collect();
        let before = Family { records: values, merges };
        let records = records.into_iter().map(|record| (record.id(), record)).collect();
        Ok(Self { kind, workspace, records, after: before.clone(), before })
    }

    /// Has what may not change any more say what it said before. Gives the fields that stay so.
    pub fn keep_closed(&mut self) -> Vec<ChangedField> {
        let mut kept = Vec::new();
        for (id, record) in &self.records {
            let (Some(before), Some(after)) = (self.before.records.get(id), self.after.records.get_mut(id)) else {
                continue;
            };
            if !record.is_closed() {
                continue;
            }
            kept.extend(before.differing(after).into_iter().map(|field| {
                let value = before.get(field).map(str::to_owned);
                ChangedField { field: field.to_owned(), merged: value.clone(), now: value }
            }));
            after.clone_from(before);
        }
        kept
    }

    /// Writes what records say now, and what earlier merges remember. Gives the records that changed.
    pub async fn save_values(&mut self, tx: &mut Tx, now: Timestamp) -> Result<Vec<RecordChange>, Error> {
        let mut changes = Vec::new();
        for id in self.after.differing(&self.before) {
            let (Some(record), Some(values)) = (self.records.get(&id), self.after.records.get(&id)) else { continue };
            let Some(change) = record.with(values, now) else { continue };
            if store::records::update(tx, &change).await? == 0 {
                return Err(Error::Conflict);
            }
            self.records.insert(id, change.current.clone());
            changes.push(change);
        }
        for merge in &self.after.merges {
            let before = self.before.merges.iter().find(|before| before.id == merge.id);
            if before.is_some_and(|before| before != merge) {
                store::merges::update(tx, merge).await?;
            }
        }
        Ok(changes)
    }

    /// Has these records show as another from now on, or as themselves again.
    pub async fn redirect(&mut self, tx: &mut Tx, ids: &[Uuid], into: Option<Uuid>) -> Result<Vec<Record>, Error> {
        let records: Vec<Record> = ids.iter().filter_map(|id| self.records.get(id)).cloned().collect();
        let written = store::records::redirect(tx, self.workspace, self.kind, &records, into).await?;
        if written < ids.len() as u64 {
            return Err(Error::Conflict);
        }
        let next: Vec<Record> = records.into_iter().map(Record::next_version).collect();
        self.records.extend(next.iter().map(|record| (record.id(), record.clone())));
        Ok(next)
    }

    /// Has those that stay merged away show as what their merges lead to now.
    pub async fn reroute(&self, tx: &mut Tx) -> Result<(), Error> {
        let before = self.before.redirects();
        let mut moved: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for (id, shown) in self.after.redirects() {
            if before.get(&id).is_some_and(|old| *old != shown) {
                moved.entry(shown).or_default().push(id);
            }
        }
        for (shown, ids) in moved {
            store::records::reroute(tx, self.workspace, self.kind, &ids, shown).await?;
        }
        Ok(())
    }

    /// What leads elsewhere than before.
    pub fn redirects(&self) -> Vec<(Uuid, Option<Uuid>)> {
        let (before, after) = (self.before.redirects(), self.after.redirects());
        let changed = self.records.keys().filter(|id| before.get(*id) != after.get(*id));
        let mut changed: Vec<_> = changed.map(|id| (*id, after.get(id).copied())).collect();
        changed.sort_unstable();
        changed
    }

    /// Whether a record shows as itself now.
    pub fn is_live(&self, id: Uuid) -> bool {
        self.after.shown(id) == id
    }
}
