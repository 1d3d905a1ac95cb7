//! What others hear of it.

use events::lead::{
    AccountMerged, AccountUnmerged, AccountUpdated, ContactMerged, ContactUnmerged, ContactUpdated, LeadMerged,
    LeadUnmerged, LeadUpdated, Redirect,
};
use platform::outbox::Events;
use uuid::Uuid;

use crate::domain::{
    family::Merge,
    record::{Kind, Record, RecordChange},
};

pub(super) fn merged(
    events: &mut Events<'_>,
    merge: &Merge,
    RecordChange { previous, current }: &RecordChange,
    others: &[Record],
    moved: &[(Uuid, Option<Uuid>)],
) {
    match (previous, current) {
        (Record::Lead(previous), Record::Lead(current)) => events.push(&LeadMerged {
            merge: merge.id,
            previous: previous.published(),
            current: current.published(),
            others: leads(others),
            redirects: redirects(moved),
        }),
        (Record::Contact(previous), Record::Contact(current)) => events.push(&ContactMerged {
            merge: merge.id,
            previous: previous.published(),
            current: current.published(),
            others: contacts(others),
            redirects: redirects(moved),
        }),
        (Record::Account(previous), Record::Account(current)) => events.push(&AccountMerged {
            merge: merge.id,
            previous: previous.published(),
            current: current.published(),
            others: accounts(others),
            redirects: redirects(moved),
        }),
        _ => {}
    }
}

pub(super) fn unmerged(events: &mut Events<'_>, merge: &Merge, restored: &[Record], moved: &[(Uuid, Option<Uuid>)]) {
    let (id, survivor) = (merge.id, merge.survivor);
    match merge.kind {
        Kind::Lead => events.push(&LeadUnmerged {
            merge: id,
            survivor: survivor.into(),
            restored: leads(restored),
            redirects: redirects(moved),
        }),
        Kind::Contact => events.push(&ContactUnmerged {
            merge: id,
            survivor: survivor.into(),
            restored: contacts(restored),
            redirects: redirects(moved),
        }),
        Kind::Account => events.push(&AccountUnmerged {
            merge: id,
            survivor: survivor.into(),
            restored: accounts(restored),
            redirects: redirects(moved),
        }),
    }
}

pub(super) fn updated(events: &mut Events<'_>, change: &RecordChange) {
    match (&change.previous, &change.current) {
        (Record::Lead(previous), Record::Lead(current)) => {
            events.push(&LeadUpdated { previous: previous.published(), current: current.published() });
        }
        (Record::Contact(previous), Record::Contact(current)) => {
            events.push(&ContactUpdated { previous: previous.published(), current: current.published() });
        }
        (Record::Account(previous), Record::Account(current)) => {
            events.push(&AccountUpdated { previous: previous.published(), current: current.published() });
        }
        _ => {}
    }
}

fn leads(records: &[Record]) -> Vec<events::lead::Lead> {
    let lead = |record: &Record| match record {
        Record::Lead(lead) => Some(lead.published()),
        _ => None,
    };
    records.iter().filter_map(lead).collect()
}

fn contacts(records: &[Record]) -> Vec<events::lead::Contact> {
    let contact = |record: &Record| match record {
        Record::Contact(contact) => Some(contact.published()),
        _ => None,
    };
    records.iter().filter_map(contact).collect()
}

fn accounts(records: &[Record]) -> Vec<events::lead::Account> {
    let account = |record: &Record| match record {
        Record::Account(account) => Some(account.published()),
        _ => None,
    };
    records.iter().filter_map(account).collect()
}

fn redirects<Id: From<Uuid>>(moved: &[(Uuid, Option<Uuid>)]) -> Vec<Redirect<Id>> {
    moved.iter().map(|(from, to)| Redirect { from: (*from).into(), to: to.map(Into::into) }).collect()
}
