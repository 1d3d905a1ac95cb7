use std::ops::RangeInclusive;

use events::routing as published;
use kernel::{EmailAddress, RepId, Timestamp, UserId, WorkspaceId};
use thiserror::Error;

/// A user who takes leads, as a member of the workspace's pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rep {
    pub id: RepId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub user: UserId,
    pub name: String,
    pub email: EmailAddress,
    /// The user is active and has the role Rep.
    pub enabled: bool,
    /// An administrator took the rep out of the rotation.
    pub paused: bool,
    /// Share of the leads, relative to the others' weights.
    pub weight: i64,
    /// Leads a day (in UTC); `None` is no limit.
    pub daily_cap: Option<i64>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A number that a rule bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("between {min} and {max}, not {value}")]
pub struct OutOfRange {
    pub field: &'static str,
    pub value: i64,
    pub min: i64,
    pub max: i64,
}

const WEIGHTS: RangeInclusive<i64> = 1..=1_000;
const CAPS: RangeInclusive<i64> = 1..=100_000;

impl Rep {
    /// Takes leads now.
    pub fn active(&self) -> bool {
        self.enabled && !self.paused
    }

    /// The rep as changed by `update`, or `None` if nothing changed.
    ///
    /// # Errors
    /// When the result breaks a rule.
    pub fn change(&self, now: Timestamp, update: impl FnOnce(&mut Self)) -> Result<Option<Self>, OutOfRange> {
        let mut current = self.clone();
        update(&mut current);
        if current == *self {
            return Ok(None);
        }
        in_range("weight", current.weight, &WEIGHTS)?;
        current.daily_cap.map_or(Ok(()), |cap| in_range("dailyCap", cap, &CAPS))?;
        current.version += 1;
        current.updated_at = now;
        Ok(Some(current))
    }

    /// What others learn of it.
    pub fn published(&self) -> published::Rep {
        published::Rep { id: self.id, user: self.user, name: self.name.clone(), email: self.email.clone() }
    }

    /// What an administrator may change of it.
    pub fn settings(&self) -> published::RepSettings {
        let Self { id, version, user, paused, weight, daily_cap, .. } = *self;
        published::RepSettings { id, version, user, paused, weight, daily_cap }
    }
}

fn in_range(field: &'static str, value: i64, range: &RangeInclusive<i64>) -> Result<(), OutOfRange> {
    let (min, max) = (*range.start(), *range.end());
    if range.contains(&value) { Ok(()) } else { Err(OutOfRange { field, value, min, max }) }
}
