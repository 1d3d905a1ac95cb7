//! All duplicates of a set of records.

use crate::{
    block::{candidates, company_keys, person_keys},
    cluster::{Link, groups},
    company::PreparedCompany,
    compare::{
        Comparison, Judgement, Population, Verdict, companies_identified_apart, compare_companies, compare_people,
        judge_companies, judge_people, people_identified_apart,
    },
    person::PreparedPerson,
};

/// Records that are one.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster<Id> {
    /// In order.
    pub members: Vec<Id>,
    /// The probability of the weakest link that holds it together.
    pub confidence: f64,
    /// Whether each link's two may be, and no two members are identified apart: the ends of a chain can be so even if
    /// the two of each link are not.
    pub may_merge_unasked: bool,
    /// Why: one fewer than members, the strongest first.
    pub links: Vec<Pair<Id>>,
}

/// Two records, the lower id first, and what comparing them gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair<Id> {
    pub one: Id,
    pub other: Id,
    pub comparison: Comparison,
}

/// What was found; the same whatever order the records came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicates<Id> {
    /// In the order of their first members.
    pub clusters: Vec<Cluster<Id>>,
    /// Pairs that somebody should look at, and matches that would have joined records in conflict.
    pub possible: Vec<Pair<Id>>,
    /// Pairs that were compared.
    pub compared: usize,
}

/// The duplicates among `people`, whose ids are unique.
pub fn duplicate_people<Id: Copy + Ord>(people: &[(Id, PreparedPerson)]) -> Duplicates<Id> {
    duplicate_people_except(people, |_, _| false)
}

/// The same, where somebody has said of some pairs that they are two people: no cluster holds both.
pub fn duplicate_people_except<Id: Copy + Ord>(
    people: &[(Id, PreparedPerson)],
    are_two: impl Fn(Id, Id) -> bool,
) -> Duplicates<Id> {
    let people = in_order(people);
    let population = Population::of_people(people.iter().map(|(_, person)| person));
    let keys = people.iter().map(|(_, person)| person_keys(person));
    find(
        &people,
        candidates(keys).pairs,
        &Rules {
            judge: &|one, other| judge_people(one, other, &population),
            compare: &|one, other| compare_people(one, other, &population),
            identified_apart: &people_identified_apart,
            are_two: &are_two,
        },
    )
}

/// The duplicates among `companies`, whose ids are unique.
pub fn duplicate_companies<Id: Copy + Ord>(companies: &[(Id, PreparedCompany)]) -> Duplicates<Id> {
    duplicate_companies_except(companies, |_, _| false)
}

/// The same, where somebody has said of some pairs that they are two companies: no cluster holds both.
pub fn duplicate_companies_except<Id: Copy + Ord>(
    companies: &[(Id, PreparedCompany)],
    are_two: impl Fn(Id, Id) -> bool,
) -> Duplicates<Id> {
    let companies = in_order(companies);
    let population = Population::of_companies(companies.iter().map(|(_, company)| company));
    let keys = companies.iter().map(|(_, company)| company_keys(company));
    find(
        &companies,
        candidates(keys).pairs,
        &Rules {
            judge: &|one, other| judge_companies(one, other, &population),
            compare: &|one, other| compare_companies(one, other, &population),
            identified_apart: &companies_identified_apart,
            are_two: &are_two,
        },
    )
}

fn in_order<Id: Copy + Ord, Record>(records: &[(Id, Record)]) -> Vec<&(Id, Record)> {
    let mut records: Vec<&(Id, Record)> = records.iter().collect();
    records.sort_by_key(|(id, _)| *id);
    records
}

/// How two records of a kind are compared.
struct Rules<'a, Id, Record> {
    judge: &'a dyn Fn(&Record, &Record) -> Judgement,
    compare: &'a dyn Fn(&Record, &Record) -> Comparison,
    identified_apart: &'a dyn Fn(&Record, &Record) -> bool,
    are_two: &'a dyn Fn(Id, Id) -> bool,
}

fn find<Id: Copy + Ord, Record>(
    records: &[&(Id, Record)],
    pairs: Vec<(u32, u32)>,
    rules: &Rules<Id, Record>,
) -> Duplicates<Id> {
    let Rules { judge, compare, identified_apart, are_two } = rules;
    let record = |index: u32| &records[index as usize].1;
    let id = |index: u32| records[index as usize].0;
    let compared = pairs.len();
    let (mut links, mut possible) = (Vec::new(), Vec::new());
    for (one, other) in pairs.into_iter().filter(|(one, other)| !are_two(id(*one), id(*other))) {
        let judgement = judge(record(one), record(other));
        match judgement.verdict {
            Verdict::Match => links.push(Link { one, other, bits: judgement.bits }),
            Verdict::Possible => possible.push((one, other)),
            Verdict::Different => {}
        }
    }
    let (groups, refused) =
        groups(links, |one, other| are_two(id(one), id(other)) || judge(record(one), record(other)).conflict.is_some());
    possible.extend(refused.iter().map(|link| (link.one, link.other)));
    possible.sort_unstable();
    let pair = |one, other| Pair { one: id(one), other: id(other), comparison: compare(record(one), record(other)) };
    let cluster = |group: crate::cluster::Group| {
        let links: Vec<Pair<Id>> = group.links.iter().map(|link| pair(link.one, link.other)).collect();
        let apart = |(at, one): (usize, &u32)| {
            group.members[at + 1..].iter().any(|other| identified_apart(record(*one), record(*other)))
        };
        let may_merge_unasked =
            links.iter().all(|link| link.comparison.may_merge_unasked) && !group.members.iter().enumerate().any(apart);
        let confidence = links.iter().map(|link| link.comparison.probability).fold(1.0, f64::min);
        Cluster { members: group.members.into_iter().map(id).collect(), confidence, may_merge_unasked, links }
    };
    Duplicates {
        clusters: groups.into_iter().map(cluster).collect(),
        possible: possible.into_iter().map(|(one, other)| pair(one, other)).collect(),
        compared,
    }
}
