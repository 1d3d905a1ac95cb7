//! Which records look like one, and why. What two say is weighed by the crate `matching`.

use std::collections::{BTreeMap, HashMap, HashSet};

use kernel::{DuplicateId, Timestamp, WorkspaceId, is_free_mail};
use matching::{
    Cluster, Company, Comparison, Field, LARGEST_BLOCK, Level, Pair, Person, Population, PreparedCompany,
    PreparedPerson, Verdict, company_keys, compare_companies, compare_people, duplicate_companies_except,
    duplicate_people_except, person_keys,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Kind, Record};

/// Others that one record is compared with: those that it shares most keys with.
const COMPARED: usize = 50;

/// Records that look like one. More than two are held together by links that are sure.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicate {
    pub id: DuplicateId,
    pub workspace: WorkspaceId,
    pub kind: Kind,
    pub confidence: f64,
    pub may_merge_unasked: bool,
    pub found: Found,
    pub created_at: Timestamp,
}

/// Who they are, and what holds them together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// In order.
    pub members: Vec<Uuid>,
    pub links: Vec<Link>,
}

/// Why two look like one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    pub one: Uuid,
    pub other: Uuid,
    pub probability: f64,
    pub reasons: Vec<Reason>,
}

/// How far a field agrees: what it says is on the records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// By the API's name.
    pub field: String,
    pub agreement: Agreement,
    /// Bits for (or, negative, against) their being one.
    pub weight: f64,
}

/// How far two values agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    Exact,
    SameMailbox,
    Nickname,
    Close,
    Sounds,
    Partial,
    Initial,
    SameHouse,
    Differs,
}

/// Two that somebody has said are not one, the lower id first.
pub type Dismissal = (Uuid, Uuid);

/// A record, ready to be compared.
#[derive(Debug, Clone)]
pub enum Features {
    Person(Box<PreparedPerson>),
    Company(Box<PreparedCompany>),
}

pub fn features(record: &Record) -> Features {
    let text = |field: &str| record.get(field);
    match record {
        Record::Account(_) => {
            let company = Company {
                name: text("name"),
                domains: text("domain").into_iter().collect(),
                country: text("country"),
                ..Company::default()
            };
            Features::Company(Box::new(company.prepare(is_free_mail)))
        }
        Record::Lead(lead) => Features::Person(Box::new(person(record, lead.email.as_str()))),
        Record::Contact(contact) => Features::Person(Box::new(person(record, contact.email.as_str()))),
    }
}

fn person(record: &Record, email: &str) -> PreparedPerson {
    let person = Person {
        first_name: record.get("firstName"),
        last_name: record.get("lastName"),
        emails: vec![email.to_owned()],
        phones: record.get("phone").into_iter().collect(),
        company: record.get("company"),
        company_domain: record.get("companyDomain"),
        country: record.get("country"),
        ..Person::default()
    };
    person.prepare(is_free_mail)
}

impl Features {
    /// Under which records meet; as they are stored.
    pub fn keys(&self) -> Vec<i64> {
        let keys = match self {
            Self::Person(person) => person_keys(person),
            Self::Company(company) => company_keys(company),
        };
        keys.into_iter().map(|key| key.0.cast_signed()).collect()
    }
}

/// Whom to compare each of `fresh` with, of those who share a key: `holders` are a key's, by the key.
pub fn candidates(fresh: &HashSet<Uuid>, holders: &BTreeMap<i64, Vec<Uuid>>) -> HashMap<Uuid, Vec<Uuid>> {
    let mut shared: HashMap<Uuid, HashMap<Uuid, usize>> = HashMap::new();
    let mut meet = |one: Uuid, other: Uuid| {
        if one != other && fresh.contains(&one) {
            *shared.entry(one).or_default().entry(other).or_default() += 1;
        }
    };
    for block in holders.values() {
        // A key that a crowd shares says little: each is compared with its neighbour only.
        let reach = if block.len() > LARGEST_BLOCK { 1 } else { block.len() };
        for (at, one) in block.iter().enumerate() {
            for other in block[at + 1..].iter().take(reach) {
                meet(*one, *other);
                meet(*other, *one);
            }
        }
    }
    let most = |others: HashMap<Uuid, usize>| {
        let mut others: Vec<(usize, Uuid)> = others.into_iter().map(|(id, keys)| (keys, id)).collect();
        others.sort_unstable_by(|a, b| b.cmp(a));
        others.into_iter().take(COMPARED).map(|(_, id)| id).collect()
    };
    shared.into_iter().map(|(one, others)| (one, most(others))).collect()
}

/// Those of these pairs that look like one, the likeliest first.
pub fn likely(records: &HashMap<Uuid, Features>, pairs: &[(Uuid, Uuid)]) -> Vec<Link> {
    let people = records.values().filter_map(|features| match features {
        Features::Person(person) => Some(person.as_ref()),
        Features::Company(_) => None,
    });
    let companies = records.values().filter_map(|features| match features {
        Features::Company(company) => Some(company.as_ref()),
        Features::Person(_) => None,
    });
    let people = Population::of_people(people);
    let companies = Population::of_companies(companies);
    let link = |(one, other): &(Uuid, Uuid)| {
        let (kind, comparison) = match (records.get(one)?, records.get(other)?) {
            (Features::Person(a), Features::Person(b)) => (Kind::Lead, compare_people(a, b, &people)),
            (Features::Company(a), Features::Company(b)) => (Kind::Account, compare_companies(a, b, &companies)),
            _ => return None,
        };
        let alike = comparison.verdict != Verdict::Different;
        alike.then(|| Link::new(kind, *one, *other, &comparison))
    };
    let mut links: Vec<Link> = pairs.iter().filter_map(link).collect();
    links.sort_by(|a, b| b.probability.total_cmp(&a.probability).then((a.one, a.other).cmp(&(b.one, b.other))));
    links
}

/// What looks like one among these records, with its confidence and whether it may be merged unasked.
pub fn find(records: &HashMap<Uuid, Features>, dismissed: &HashSet<Dismissal>) -> Vec<(Found, f64, bool)> {
    let (mut people, mut companies) = (Vec::new(), Vec::new());
    for (id, features) in records {
        match features {
            Features::Person(person) => people.push((*id, person.as_ref().clone())),
            Features::Company(company) => companies.push((*id, company.as_ref().clone())),
        }
    }
    let are_two = |one: Uuid, other: Uuid| dismissed.contains(&(one.min(other), one.max(other)));
    let people = duplicate_people_except(&people, are_two);
    let companies = duplicate_companies_except(&companies, are_two);
    let mut all = Vec::new();
    for (kind, duplicates) in [(Kind::Lead, people), (Kind::Account, companies)] {
        let pair = |pair: &Pair<Uuid>| Link::new(kind, pair.one, pair.other, &pair.comparison);
        all.extend(duplicates.clusters.into_iter().map(|cluster: Cluster<Uuid>| {
            let links = cluster.links.iter().map(pair).collect();
            (Found { members: cluster.members, links }, cluster.confidence, cluster.may_merge_unasked)
        }));
        all.extend(duplicates.possible.iter().map(|possible| {
            let members = vec![possible.one, possible.other];
            (Found { members, links: vec![pair(possible)] }, possible.comparison.probability, false)
        }));
    }
    all
}

impl Link {
    fn new(kind: Kind, one: Uuid, other: Uuid, comparison: &Comparison) -> Self {
        let reason = |reason: &matching::Reason| Reason {
            field: name(kind, reason.field).to_owned(),
            agreement: reason.level.into(),
            weight: reason.weight,
        };
        let reasons = comparison.reasons.iter().map(reason).collect();
        Self { one, other, probability: comparison.probability, reasons }
    }
}

/// The API's name of what was compared.
fn name(kind: Kind, field: Field) -> &'static str {
    match field {
        Field::GivenName => "firstName",
        Field::FamilyName => "lastName",
        Field::Generation => "generation",
        Field::Email => "email",
        Field::Phone => "phone",
        Field::Company if kind == Kind::Account => "name",
        Field::Company => "company",
        Field::Domain => "domain",
        Field::Address => "address",
        Field::Country => "country",
    }
}

impl From<Level> for Agreement {
    fn from(level: Level) -> Self {
        match level {
            Level::Exact => Self::Exact,
            Level::SameMailbox => Self::SameMailbox,
            Level::Nickname => Self::Nickname,
            Level::Close => Self::Close,
            Level::Sounds => Self::Sounds,
            Level::Partial => Self::Partial,
            Level::Initial => Self::Initial,
            Level::SameHouse => Self::SameHouse,
            Level::Differs => Self::Differs,
        }
    }
}
