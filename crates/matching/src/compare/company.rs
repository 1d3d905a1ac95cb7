use super::{
    Comparison, Conflict, Field, Judgement, Level, Population, Verdict,
    similar::are_a_slip_apart,
    weights::{account, bits, country, of},
};
use crate::{
    company::{PreparedCompany, brand},
    normalise::CompanyName,
};

/// Whether two records are of one company, and why. Two that each have a domain of their own are never merged
/// unasked.
pub fn compare_companies(one: &PreparedCompany, other: &PreparedCompany, population: &Population) -> Comparison {
    let judgement = judge_companies(one, other, population);
    judgement.explain(!companies_identified_apart(one, other), |field| (text(one, field), text(other, field)))
}

pub(crate) fn judge_companies(one: &PreparedCompany, other: &PreparedCompany, population: &Population) -> Judgement {
    let mut judgement = Judgement::new(population.prior());
    compare_names(&mut judgement, one, other, population);
    compare_domains(&mut judgement, one, other, population);
    let lists = [one.phones.as_slice(), other.phones.as_slice()];
    let phone = (account::PHONE_EXACT, account::PHONE_AVERAGE, account::PHONE_DIFFERS);
    compare_values(&mut judgement, Field::Phone, lists, population, phone);
    let houses = [one, other].map(|company| company.address.as_ref().and_then(|address| address.house()));
    let lists = [houses[0].as_slice(), houses[1].as_slice()];
    let house = (account::HOUSE_EXACT, account::HOUSE_AVERAGE, account::HOUSE_DIFFERS);
    compare_values(&mut judgement, Field::Address, lists, population, house);
    if let (Some(a), Some(b)) = (one.country, other.country) {
        let (level, weight) = if a == b { (Level::Exact, country::EXACT) } else { (Level::Differs, country::DIFFERS) };
        judgement.add(Field::Country, level, of(weight));
    }
    judgement.verdict = decide(&judgement);
    judgement
}

/// Whether both have domains, and none in common.
pub(crate) fn companies_identified_apart(one: &PreparedCompany, other: &PreparedCompany) -> bool {
    let shared = one.domains.iter().any(|domain| other.domains.contains(domain));
    !one.domains.is_empty() && !other.domains.is_empty() && !shared
}

/// How far two names agree, and whether they name subsidiaries in two countries.
pub(super) fn name_level(one: &CompanyName, other: &CompanyName) -> (Level, Option<Conflict>) {
    if one.key == other.key || one.solid == other.solid {
        return (Level::Exact, None);
    }
    if one.base == other.base {
        return match (one.place, other.place) {
            (Some(a), Some(b)) if a != b => (Level::Differs, Some(Conflict::Places)),
            (Some(_), Some(_)) => (Level::Exact, None),
            _ => (Level::Partial, None),
        };
    }
    let is_acronym = |short: &CompanyName, long: &CompanyName| long.acronym.as_ref() == Some(&short.key);
    let level = if are_a_slip_apart(&one.solid, &other.solid) && one.solid.len().min(other.solid.len()) > 4 {
        Level::Close
    } else if is_acronym(one, other) || is_acronym(other, one) || continues(&one.key, &other.key) {
        Level::Partial
    } else {
        Level::Differs
    };
    (level, None)
}

/// `acme robotics` and `acme`: a division, or a shorter way to say it.
fn continues(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    short.len() > 3 && long.strip_prefix(short).is_some_and(|rest| rest.starts_with(' '))
}

fn compare_names(judgement: &mut Judgement, one: &PreparedCompany, other: &PreparedCompany, population: &Population) {
    let (Some(a), Some(b)) = (&one.name, &other.name) else { return };
    let (level, conflict) = name_level(a, b);
    judgement.conflict = conflict;
    if level == Level::Differs && a.loose != b.loose {
        return;
    }
    let weight = match level {
        Level::Exact => bits(account::NAME_EXACT, population.company(&a.key, account::NAME_AVERAGE)),
        Level::Close => of(account::NAME_CLOSE),
        Level::Partial => of(account::NAME_PARTIAL),
        _ => of(account::NAME_DIFFERS),
    };
    judgement.add(Field::Company, level, weight);
}

fn compare_domains(judgement: &mut Judgement, one: &PreparedCompany, other: &PreparedCompany, population: &Population) {
    let lists = [one.domains.as_slice(), other.domains.as_slice()];
    let shares_brand =
        || one.domains.iter().any(|a| brand(a).len() > 3 && other.domains.iter().any(|b| brand(a) == brand(b)));
    if !lists[0].iter().any(|domain| lists[1].contains(domain)) && shares_brand() {
        return judgement.add(Field::Domain, Level::Partial, of(account::DOMAIN_PARTIAL));
    }
    let domain = (account::DOMAIN_EXACT, account::DOMAIN_AVERAGE, account::DOMAIN_DIFFERS);
    compare_values(judgement, Field::Domain, lists, population, domain);
}

/// Values that agree in full or not at all.
fn compare_values(
    judgement: &mut Judgement,
    field: Field,
    [ours, theirs]: [&[String]; 2],
    population: &Population,
    (m, average, differs): (f64, f64, (f64, f64)),
) {
    if ours.is_empty() || theirs.is_empty() {
        return;
    }
    match ours.iter().filter(|value| theirs.contains(value)).min_by_key(|value| population.holders(value)) {
        Some(value) => judgement.add(field, Level::Exact, bits(m, population.held(value, average))),
        None => judgement.add(field, Level::Differs, of(differs)),
    }
}

fn decide(judgement: &Judgement) -> Verdict {
    let weighed = judgement.weighed();
    if judgement.conflict.is_some() {
        return weighed.max(Verdict::Possible);
    }
    // One domain with two names: a parent with its subsidiary, or a company that changed its name.
    if judgement.agrees(Field::Domain) {
        let limit = if judgement.level(Field::Company) == Some(Level::Differs) { Verdict::Possible } else { weighed };
        return weighed.max(limit).min(Verdict::Possible);
    }
    // Two companies can have one name, and tenants one house.
    let is_named_alike = matches!(judgement.level(Field::Company), Some(Level::Exact | Level::Close));
    let meets = [Field::Phone, Field::Address].into_iter().any(|field| judgement.agrees(field))
        || judgement.level(Field::Domain) == Some(Level::Partial);
    if is_named_alike && meets { weighed } else { weighed.max(Verdict::Possible) }
}

fn text(company: &PreparedCompany, field: Field) -> String {
    match field {
        Field::Company => company.name.as_ref().map(|name| name.key.clone()).unwrap_or_default(),
        Field::Phone => company.phones.join(" "),
        Field::Address => company.address.as_ref().and_then(|address| address.house()).unwrap_or_default(),
        Field::Country => company.country.unwrap_or_default().to_owned(),
        _ => company.domains.join(" "),
    }
}
