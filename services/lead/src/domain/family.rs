//! Records that were merged with each other, and how a merge is undone whatever was merged, undone or changed since.
//!
//! A merge notes of each field that it changed what stood there before: its step. The steps of a survivor's field are a
//! chain. Taken out of its midst, the next one takes over what it remembered; taken from the end, the field gets it back,
//! unless somebody has written another value by hand since. What went on from there by a later merge follows.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{MergeId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Kind, Values};

/// What a merge changed of one field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub previous: Option<String>,
    pub merged: Option<String>,
    /// Whose value it is.
    pub from: Option<Uuid>,
}

/// Records that became one.
#[derive(Clone, PartialEq, Eq)]
pub struct Merge {
    pub id: MergeId,
    pub workspace: WorkspaceId,
    pub kind: Kind,
    pub survivor: Uuid,
    pub others: Vec<Uuid>,
    pub content: Content,
    pub merged_at: Timestamp,
    pub undone_at: Option<Timestamp>,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// What each record said.
    pub before: BTreeMap<Uuid, Values>,
    /// What the survivor said then.
    pub after: Values,
    pub steps: BTreeMap<String, Step>,
}

/// A field that somebody has written since a merge.
#[derive(Clone, PartialEq, Eq)]
pub struct ChangedField {
    pub field: String,
    /// What the merge left.
    pub merged: Option<String>,
    pub now: Option<String>,
}

/// All records that hang together, with the merges in force, oldest first.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Family {
    pub records: BTreeMap<Uuid, Values>,
    pub merges: Vec<Merge>,
}

impl Merge {
    /// Makes `survivor` say `after`; `from` says of a field whose value that is.
    pub fn steps(before: &Values, after: &Values, from: impl Fn(&str) -> Option<Uuid>) -> BTreeMap<String, Step> {
        let step = |field: &str| Step {
            previous: before.get(field).map(str::to_owned),
            merged: after.get(field).map(str::to_owned),
            from: from(field),
        };
        before.differing(after).into_iter().map(|field| (field.to_owned(), step(field))).collect()
    }
}

impl Family {
    /// Puts a merge in force.
    pub fn merge(&mut self, merge: Merge) {
        self.records.insert(merge.survivor, merge.content.after.clone());
        self.merges.push(merge);
    }

    /// Takes a merge back, and says which fields stay as they are since somebody has written them. `None` if it is not in
    /// force.
    pub fn unmerge(&mut self, id: MergeId) -> Option<(Merge, Vec<ChangedField>)> {
        let place = self.merges.iter().position(|merge| merge.id == id)?;
        let changed = self.changed_since(place);
        let merge = self.merges.remove(place);
        for (field, step) in &merge.content.steps {
            self.pass_on(place, merge.survivor, field, &step.merged, &step.previous);
        }
        Some((merge, changed))
    }

    /// What was written by hand since the merge at this place.
    pub fn changed_since(&self, place: usize) -> Vec<ChangedField> {
        let Some(merge) = self.merges.get(place) else { return Vec::new() };
        let Some(now) = self.records.get(&merge.survivor) else { return Vec::new() };
        let later = |field: &str| {
            self.merges[place + 1..]
                .iter()
                .any(|later| later.survivor == merge.survivor && later.content.steps.contains_key(field))
        };
        let fields = merge.content.after.differing(now).into_iter().filter(|field| !later(field));
        let text = |value: Option<&str>| value.map(str::to_owned);
        fields
            .map(|field| ChangedField {
                field: field.to_owned(),
                merged: text(merge.content.after.get(field)),
                now: text(now.get(field)),
            })
            .collect()
    }

    /// The record that shows for this one: itself, unless it is merged away.
    pub fn shown(&self, record: Uuid) -> Uuid {
        let mut shown = record;
        // Each merge leads to a record that was not merged away then: a chain is no longer than there are merges.
        for _ in 0..=self.merges.len() {
            match self.merges.iter().find(|merge| merge.others.contains(&shown)) {
                Some(merge) => shown = merge.survivor,
                None => break,
            }
        }
        shown
    }

    /// What each record that is merged away shows as.
    pub fn redirects(&self) -> BTreeMap<Uuid, Uuid> {
        let pairs = self.records.keys().map(|record| (*record, self.shown(*record)));
        pairs.filter(|(record, shown)| record != shown).collect()
    }

    /// From the merge at `place` on, `survivor` says `new` where it said `old`. The next step of the field takes it over as
    /// what stood before it; without one the record says it, and so does what took the value from there.
    fn pass_on(&mut self, place: usize, survivor: Uuid, field: &str, old: &Option<String>, new: &Option<String>) {
        for merge in self.merges[place..].iter_mut().filter(|merge| merge.survivor == survivor) {
            if let Some(next) = merge.content.steps.get_mut(field) {
                if next.previous == *old {
                    next.previous.clone_from(new);
                }
                return;
            }
            if merge.content.after.get(field) == old.as_deref() {
                merge.content.after.set(field, new.clone());
            }
        }
        let Some(values) = self.records.get_mut(&survivor) else { return };
        if values.get(field) == old.as_deref() {
            values.set(field, new.clone());
            self.pass_up(survivor, field, old, new);
        }
    }

    /// A record that is merged away says `new` where it said `old`: its survivor does so too, if it took the value.
    fn pass_up(&mut self, record: Uuid, field: &str, old: &Option<String>, new: &Option<String>) {
        let Some(place) = self.merges.iter().position(|merge| merge.others.contains(&record)) else { return };
        let Merge { survivor, content, .. } = &mut self.merges[place];
        let survivor = *survivor;
        let Some(step) = content.steps.get_mut(field) else { return };
        if step.from != Some(record) || step.merged != *old {
            return;
        }
        step.merged.clone_from(new);
        // A record that knows nothing gives nothing: its survivor has again what it had.
        let given =
            if new.is_none() { content.steps.remove(field).and_then(|step| step.previous) } else { new.clone() };
        content.after.set(field, given.clone());
        self.pass_on(place + 1, survivor, field, old, &given);
    }

    /// The records whose values differ from those of `before`.
    pub fn differing(&self, before: &Self) -> BTreeSet<Uuid> {
        let differs = |id: &&Uuid| self.records.get(id) != before.records.get(id);
        self.records.keys().filter(differs).copied().collect()
    }
}

#[cfg(test)]
#[path = "family_tests.rs"]
mod tests;
