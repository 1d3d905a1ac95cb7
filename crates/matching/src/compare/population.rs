//! How common a value is: that two records agree on `Smith` says less than that they agree on `Featherstonehaugh`.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

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
    /// By e-mail address, number or house: how many people of different names have it. By company: its people. By
    /// company and name: those of its people who have the name and differ in the other one.
    holders: HashMap<String, u32>,
}

type ShortName<'a> = (&'a str, Option<char>);

/// Records that the averages stand for.
const ASSUMED: f64 = 10_000.0;
/// The same within one company.
const ASSUMED_COLLEAGUES: f64 = 10.0;

const GIVEN: &str = "given";
const FAMILY: &str = "family";

impl Population {
    pub fn of_people<'a>(people: impl IntoIterator<Item = &'a PreparedPerson>) -> Self {
        let mut population = Self::default();
        let mut names: HashMap<Cow<str>, HashSet<ShortName>> = HashMap::new();
        for person in people {
            population.size += 1;
            let (given, family) = (&person.name.given.first().text, &person.name.family.whole.text);
            count(&mut population.given, given);
            count(&mut population.family, family);
            for company in person.company.iter().map(|company| &company.key).chain(&person.domains) {
                count(&mut population.companies, company);
                for value in [company.clone(), at(company, GIVEN, given), at(company, FAMILY, family)] {
                    names.entry(value.into()).or_default().insert(person.short_name());
                }
            }
            let mailboxes = person.emails.iter().map(|email| email.canonical.as_str());
            let values = mailboxes.chain(person.phones.iter().map(String::as_str)).map(Cow::Borrowed);
            let house = person.address.as_ref().and_then(|address| address.house()).map(Cow::Owned);
            for value in values.chain(house) {
                names.entry(value).or_default().insert(person.short_name());
            }
        }
        let shared = names.into_iter().filter(|(_, names)| names.len() > 1);
        let number = |names: HashSet<ShortName>| u32::try_from(names.len()).unwrap_or(u32::MAX);
        population.holders = shared.map(|(value, names)| (value.into_owned(), number(names))).collect();
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

    /// Of a given name; among colleagues, if the two are.
    pub(super) fn given(&self, name: &str, average: f64, company: Option<&str>) -> f64 {
        let share = self.share(others(&self.given, name), average);
        company.map_or(share, |company| share.max(self.among_colleagues(company, GIVEN, name, average)))
    }

    /// Of a family name; among colleagues, if the two are.
    pub(super) fn family(&self, name: &str, average: f64, company: Option<&str>) -> f64 {
        let share = self.share(others(&self.family, name), average);
        company.map_or(share, |company| share.max(self.among_colleagues(company, FAMILY, name, average)))
    }

    /// Names and companies are not independent: a family's firm has its name many times, and one in Seoul has many
    /// a Kim.
    fn among_colleagues(&self, company: &str, part: &str, name: &str, average: f64) -> f64 {
        let namesakes = self.holders(&at(company, part, name)) - 1;
        (f64::from(namesakes) + ASSUMED_COLLEAGUES * average) / (f64::from(self.holders(company)) + ASSUMED_COLLEAGUES)
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

/// No normal form has a line break.
fn at(company: &str, part: &str, name: &str) -> String {
    format!("{company}\n{part}\n{name}")
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
