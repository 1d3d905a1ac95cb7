//! What several records become as one: for each field whose value it has, and why.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::record::{Record, Values};

/// Whose value a field has after a merge. A record that does not know the field never wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// The survivor's; where it has none, that of the other that was changed last.
    #[default]
    Survivor,
    /// Of the record that was changed last.
    Newest,
    /// Of the record that was made first.
    Oldest,
    /// The longest text.
    Longest,
    /// Of the record that knows most.
    MostComplete,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Policy(Policy),
    /// Of this record, even if it has none.
    From(Uuid),
}

/// How the fields are decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// For every field that has no choice of its own.
    pub policy: Policy,
    pub choices: BTreeMap<String, Choice>,
}

/// What becomes of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldOutcome {
    pub field: &'static str,
    /// Of each record, the survivor first.
    pub values: Vec<(Uuid, Option<String>)>,
    /// Whose value it is; `None` if nobody knows it.
    pub from: Option<Uuid>,
    pub value: Option<String>,
    pub why: &'static str,
}

/// What becomes of each field that `may_change` allows; the others keep the survivor's value. `records` begins with the
/// survivor.
pub fn outcomes(records: &[Record], plan: &Plan, may_change: impl Fn(&'static str) -> bool) -> Vec<FieldOutcome> {
    let Some(survivor) = records.first() else { return Vec::new() };
    let fields = survivor.kind().fields().iter().copied();
    fields
        .map(|field| {
            let (from, why) = if may_change(field) {
                winner(records, field, plan)
            } else {
                (Some(survivor), "it is not yours to change: the survivor keeps its own")
            };
            FieldOutcome {
                field,
                values: records.iter().map(|record| (record.id(), record.get(field))).collect(),
                from: from.filter(|record| record.get(field).is_some()).map(Record::id),
                value: from.and_then(|record| record.get(field)),
                why,
            }
        })
        .collect()
}

/// What the survivor says after the merge.
pub fn merged(survivor: &Record, outcomes: &[FieldOutcome]) -> Values {
    let mut values = survivor.values();
    for outcome in outcomes {
        values.set(outcome.field, outcome.value.clone());
    }
    values
}

fn winner<'a>(records: &'a [Record], field: &str, plan: &Plan) -> (Option<&'a Record>, &'static str) {
    let survivor = records.first();
    // Two domains lead to one account only as long as each stays where it is.
    if field == "domain" && survivor.is_some_and(|record| record.get(field).is_some()) {
        return (survivor, "the survivor keeps its domain, and is found by those of the others");
    }
    let policy = match plan.choices.get(field) {
        Some(Choice::From(id)) => return (records.iter().find(|record| record.id() == *id), "chosen by hand"),
        Some(Choice::Policy(policy)) => *policy,
        None => plan.policy,
    };
    let known: Vec<&Record> = records.iter().filter(|record| record.get(field).is_some()).collect();
    // Of equals the first, which is the survivor if it is among them.
    let by = |key: &dyn Fn(&Record) -> i64| {
        let best = known.iter().map(|record| key(record)).max();
        known.iter().copied().find(|record| Some(key(record)) == best)
    };
    let changed = |record: &Record| record.updated_at().timestamp_micros();
    let length = |record: &Record| record.get(field).map_or(0, |value| value.chars().count() as i64);
    match policy {
        Policy::Survivor if survivor.is_some_and(|record| record.get(field).is_some()) => (survivor, "the survivor's"),
        Policy::Survivor => (by(&changed), "the survivor has none: that of the other changed last"),
        Policy::Newest => (by(&changed), "of the record changed last"),
        Policy::Oldest => (by(&|record| -record.created_at().timestamp_micros()), "of the record made first"),
        Policy::Longest => (by(&length), "the longest"),
        Policy::MostComplete => (by(&|record| record.values().len() as i64), "of the record that knows most"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use kernel::{Clock, EmailAddress, Timestamp};

    use super::*;
    use crate::domain::contact::{Contact, ContactDetails, ContactDraft};

    /// A contact made at `made` seconds and changed at `changed`.
    fn contact(clock: &Clock, title: Option<&str>, phone: Option<&str>, made: i64, changed: i64) -> Record {
        let details = ContactDetails {
            title: title.map(str::to_owned),
            phone: phone.map(|phone| kernel::PhoneNumber::new(phone.to_owned())),
            ..ContactDetails::default()
        };
        let email = EmailAddress::parse("ada@engines.example").unwrap();
        let draft = ContactDraft { email, account: None, details, owner: None };
        let at = |seconds| Timestamp::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let contact = Contact::create(draft, clock.id(), clock.id(), at(made));
        Record::Contact(Box::new(Contact { updated_at: at(changed), ..contact }))
    }

    fn title(records: &[Record], choice: Choice) -> Option<String> {
        let plan = Plan { choices: [("title".to_owned(), choice)].into(), ..Plan::default() };
        let outcomes = outcomes(records, &plan, |_| true);
        outcomes.into_iter().find(|outcome| outcome.field == "title").unwrap().value
    }

    #[test]
    fn each_policy_takes_the_value_it_names_and_never_a_blank() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let records = [
            contact(&clock, Some("CTO"), None, 5, 6),
            contact(&clock, Some("Chief technologist"), Some("1"), 2, 3),
            contact(&clock, Some("Founder"), None, 1, 9),
            contact(&clock, None, Some("22"), 0, 99),
        ];
        for (policy, expected) in [
            (Policy::Survivor, "CTO"),
            (Policy::Newest, "Founder"),
            (Policy::Oldest, "Founder"),
            (Policy::Longest, "Chief technologist"),
            (Policy::MostComplete, "Chief technologist"),
        ] {
            assert_eq!(title(&records, Choice::Policy(policy)).as_deref(), Some(expected), "{policy:?}");
        }
        assert_eq!(title(&records, Choice::From(records[3].id())), None, "a blank that was chosen");
        let filled = outcomes(&records, &Plan::default(), |_| true);
        let phone = filled.iter().find(|outcome| outcome.field == "phone").unwrap();
        assert_eq!((phone.value.as_deref(), phone.from), (Some("22"), Some(records[3].id())));
        let locked = outcomes(&records, &Plan::default(), |field| field != "phone");
        assert_eq!(locked.iter().find(|outcome| outcome.field == "phone").unwrap().value, None);
    }
}
