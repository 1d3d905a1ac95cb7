//! Entities that a service was to tell of and did not, with why: told at each field that is null for it.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Name, ServerError};

use super::merge::Step;

/// What is not there, by where it would be.
#[derive(Default)]
pub(crate) struct Absences {
    failures: Vec<Failure>,
    at: HashMap<Vec<Step>, Vec<Absence>>,
}

struct Failure {
    /// As it is told if no field is null for it.
    error: ServerError,
    told: bool,
}

/// One service that has not told of one object.
struct Absence {
    /// What it was to give.
    fields: Arc<[Name]>,
    why: Why,
}

enum Why {
    /// The index of the failure.
    Failed(usize),
    /// The service of this name knows no such object.
    Unknown(Arc<str>),
}

impl Absences {
    /// A service failed to give `fields` at `places`. `told` if its error is told already, where it belongs.
    pub fn failed(
        &mut self,
        error: ServerError,
        told: bool,
        fields: &Arc<[Name]>,
        places: impl Iterator<Item = Vec<Step>>,
    ) {
        let failure = self.failures.len();
        self.failures.push(Failure { error, told });
        for place in places {
            self.at.entry(place).or_default().push(Absence { fields: fields.clone(), why: Why::Failed(failure) });
        }
    }

    /// A service knows nothing of the object at `place`.
    pub fn unknown(&mut self, service: Arc<str>, fields: &Arc<[Name]>, place: Vec<Step>) {
        self.at.entry(place).or_default().push(Absence { fields: fields.clone(), why: Why::Unknown(service) });
    }

    /// The error for a field that nobody gave of the object at `place`: of the service that was to give it or, if none
    /// was asked, of one that whoever was to give it needed. Counts as told.
    pub fn why(&mut self, place: &[Step], field: &Name) -> Option<&ServerError> {
        let absences = self.at.get(place)?;
        let was_to_give = |absence: &&Absence| absence.fields.contains(field);
        let failed = |absence: &Absence| match absence.why {
            Why::Failed(failure) => Some(failure),
            Why::Unknown(_) => None,
        };
        let failure = match absences.iter().filter(was_to_give).find_map(failed) {
            None if absences.iter().any(|absence| was_to_give(&absence)) => None,
            None => absences.iter().find_map(failed),
            found => found,
        };
        let failure = self.failures.get_mut(failure?)?;
        failure.told = true;
        Some(&failure.error)
    }

    /// Whether what is null within an object is so because a service failed.
    pub fn explain(&self, within: &[Step]) -> bool {
        self.above(within).any(|absence| matches!(absence.why, Why::Failed(_)))
    }

    /// The service that knows no such object, for what is null within one.
    pub fn unknown_to(&self, within: &[Step]) -> Option<&Arc<str>> {
        self.above(within).find_map(|absence| match &absence.why {
            Why::Unknown(service) => Some(service),
            Why::Failed(_) => None,
        })
    }

    fn above(&self, within: &[Step]) -> impl Iterator<Item = &Absence> {
        let objects = (0..within.len()).filter_map(|length| self.at.get(&within[..length]));
        objects.flatten()
    }

    /// All errors, to be given their places in the document.
    pub fn errors_mut(&mut self) -> impl Iterator<Item = &mut ServerError> {
        self.failures.iter_mut().map(|failure| &mut failure.error)
    }

    /// Errors that no field has told.
    pub fn untold(self) -> impl Iterator<Item = ServerError> {
        self.failures.into_iter().filter(|failure| !failure.told).map(|failure| failure.error)
    }
}
