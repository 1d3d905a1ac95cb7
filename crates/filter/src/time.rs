//! What the passing of time alone does to a filter.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use kernel::{Timestamp, truncate_to_micros};

use crate::{
    Filter, Record,
    ast::Period,
    filter::{Condition, Meaning, Subject},
    types::Comparable,
};

/// What a moment is kept in.
const STEP: TimeDelta = TimeDelta::microseconds(1);

impl Filter {
    /// Whether a record can come in or go out without having changed: it says `now()`, `ago(…)`, `from_now(…)` or `within`.
    pub fn depends_on_time(&self) -> bool {
        let mut depends = false;
        self.root.each(&mut |condition| depends |= condition.depends_on_time());
        depends
    }

    /// Until when what holds now holds for certain, if the record does not change: the first moment after `now` at which
    /// one of the conditions may turn. `None` if no moment does.
    pub fn next_change(&self, record: &impl Record, now: Timestamp) -> Option<Timestamp> {
        let now = truncate_to_micros(now);
        let mut next: Option<Timestamp> = None;
        self.root.each(&mut |condition| {
            for turn in condition.turns(record, now).into_iter().filter(|turn| *turn > now) {
                next = Some(next.map_or(turn, |next| next.min(turn)));
            }
        });
        next
    }
}

impl Condition {
    fn depends_on_time(&self) -> bool {
        let relative = |meaning: &Meaning| matches!(meaning, Meaning::Moment(_) | Meaning::DayOf(_));
        matches!(self.subject, Subject::Did { within: Some(_), .. })
            || self.test.constants().iter().any(|constant| relative(&constant.meaning))
    }

    /// All moments at which it may turn, the past ones too.
    fn turns(&self, record: &impl Record, now: Timestamp) -> Vec<Timestamp> {
        let field = match &self.subject {
            Subject::Did { name, within: Some(period), .. } => {
                // The oldest event that counts is the first that will be too old.
                let oldest = record.oldest(name, since(now, *period));
                return oldest.and_then(|at| turn(at, length(*period) + STEP)).into_iter().collect();
            }
            Subject::Did { within: None, .. } => return Vec::new(),
            Subject::Field(field) => field,
        };
        if !self.depends_on_time() {
            return Vec::new();
        }
        let value = record.value(&field.name).and_then(|value| field.kind.read(value));
        let mut turns = Vec::new();
        for constant in self.test.constants() {
            let (from, to, offset) = match (&value, &constant.meaning) {
                (Some(Comparable::Time(at)), Meaning::Moment(offset)) => (*at, turn(*at, STEP), offset),
                (Some(Comparable::Date(date)), Meaning::DayOf(offset)) => {
                    (midnight(*date), date.succ_opt().map(midnight), offset)
                }
                _ => continue,
            };
            turns.extend([Some(from), to].into_iter().flatten().filter_map(|at| turn(at, -*offset)));
        }
        turns
    }
}

/// When the past of `within` begins, itself included.
pub(crate) fn since(now: Timestamp, within: Period) -> Timestamp {
    shifted(now, -length(within))
}

/// A moment some time from `now`; the calendar has room for a hundred years either way.
pub(crate) fn shifted(now: Timestamp, offset: TimeDelta) -> Timestamp {
    turn(truncate_to_micros(now), offset).unwrap_or(now)
}

pub(crate) fn length(period: Period) -> TimeDelta {
    TimeDelta::minutes(i64::from(period.amount) * i64::from(period.unit.minutes()))
}

fn turn(at: Timestamp, offset: TimeDelta) -> Option<Timestamp> {
    at.checked_add_signed(offset)
}

fn midnight(date: NaiveDate) -> Timestamp {
    date.and_time(NaiveTime::MIN).and_utc()
}
