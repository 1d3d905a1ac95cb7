//! How common a value is: that two records agree on `Smith` says less than that they agree on `Featherstonehaugh`.

use std::collections::{HashMap, HashSet};

use crate::{company::PreparedCompany, person::PreparedPerson};

/// Counts of values among the records that are compared. [`Population::default`] knows none, which suits a lone
/// comparison: everything is as common as the averages in the table of weights say.
///
/// The averages count as [`ASSUMED`] records that are always there, so that a value seen twice in ten records is
/// not taken for every fifth person's.
#[derive(Debug, Clone, Default)]
pub struct Population {
    size: usize,
    given: HashMap<String, u32>,
    family: HashMap<String, u32>,
    companies: HashMap<String, u32>,
    /// By e-mail address, number or house: how many people of different names have it.
    holders: HashMap<String, u32>,
}

/// Records that the averages stand for.
const ASSUMED: f64 = 10_000.0;

impl Population {
    pub fn of_people<'a>(people: impl IntoIterator<Item = &'a PreparedPerson>) -> Self {
        let mut population = Self::default();
        let mut names: HashMap<&str, HashSet<(&str, Option<char>)>> = HashMap::new();
        let mut houses: HashMap<String, HashSet<(&str, Option<char>)>> = HashMap::new();
        for person in people {
            population.size += 1;
            count(&mut population.given, &person.name.given.first().text);
            count(&mut population.family, &person.name.family.whole.text);
            for company in person.company.iter().map(|company| &company.key).chain(&person.domains) {
                count(&mut population.companies, company);
            }
            let mailboxes = person.emails.iter().map(|email| &email.canonical);
            for value in mailboxes.chain(&person.phones) {
                names.entry(value).or_default().insert(person.short_name());
            }
            if let Some(house) = person.address.as_ref().and_then(|address| address.house()) {
                houses.entry(house).or_default().insert(person.short_name());
            }
        }
        let holders = |names: HashSet<_>| u32::try_from(names.len()).unwrap_or(u32::MAX);
        let values = names.into_iter().map(|(value, names)| (value.to_owned(), names));
        population.holders = values
            .chain(houses)
            .filter(|(_, names)| names.len() > 1)
            .map(|(value, names)| (value, holders(names)))
            .collect();
        population
    }

    pub fn of_companies<'a>(companies: impl IntoIterator<Item = &'a PreparedCompany>) -> Self {
        let mut population = Self::default();
        for company in companies {
            population.size += 1;
            if let Some(name) = &company.name {
                count(&mut population.companies, &name.key);
            }
            let house = company.address.as_ref().and_then(|address| address.house());
            for value in company.domains.iter().chain(&company.phones).chain(&house) {
                count(&mut population.holders, value);
            }
        }
        population
    }

    /// Weight of the prior: of all records, one is expected to be a given record's double.
    pub(super) fn prior(&self) -> f64 {
        -(self.size as f64 + ASSUMED).log2()
    }

    pub(super) fn given(&self, name: &str, average: f64) -> f64 {
        self.share(others(&self.given, name), average)
    }

    pub(super) fn family(&self, name: &str, average: f64) -> f64 {
        self.share(others(&self.family, name), average)
    }

    pub(super) fn company(&self, key: &str, average: f64) -> f64 {
        self.share(others(&self.companies, key), average)
    }

    /// Of a mailbox, a number or a house.
    pub(super) fn held(&self, value: &str, average: f64) -> f64 {
        self.share(self.holders(value).saturating_sub(1), average)
    }

    /// How many of different names have it; at least one.
    pub(super) fn holders(&self, value: &str) -> u32 {
        self.holders.get(value).copied().unwrap_or(1)
    }

    /// That a random other record has a value which `count` records have.
    fn share(&self, count: u32, average: f64) -> f64 {
        (f64::from(count) + ASSUMED * average) / (self.size as f64 + ASSUMED)
    }
}

/// Records that have the value, beside the two that are compared.
fn others(counts: &HashMap<String, u32>, value: &str) -> u32 {
    counts.get(value).copied().unwrap_or(0).saturating_sub(2)
}

fn count(counts: &mut HashMap<String, u32>, value: &str) {
    if value.is_empty() {
        return;
    }
    match counts.get_mut(value) {
        Some(count) => *count += 1,
        None => _ = counts.insert(value.to_owned(), 1),
    }
}
