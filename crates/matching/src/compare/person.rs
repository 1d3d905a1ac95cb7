use super::{
    Comparison, Conflict, Field, Judgement, Level, Population, Verdict,
    names::{Names, compare_names, level},
    similar::{are_a_slip_apart, are_two_slips_apart, family_names},
    weights::{address, bits, company, country, email, of, phone},
};
use crate::{
    normalise::{Email, NamePart},
    person::PreparedPerson,
};

/// Whether two records are of one person, and why.
///
/// Rules stand above the sum of the weights; they are in the crate's README.
pub fn compare_people(one: &PreparedPerson, other: &PreparedPerson, population: &Population) -> Comparison {
    let judgement = judge_people(one, other, population);
    let named_apart = judgement.level(Field::GivenName) == Some(Level::Differs);
    judgement
        .explain(!people_identified_apart(one, other) && !named_apart, |field| (text(one, field), text(other, field)))
}

pub(crate) fn judge_people(one: &PreparedPerson, other: &PreparedPerson, population: &Population) -> Judgement {
    let mut judgement = Judgement::new(population.prior());
    let (company, company_name) = compare_companies(&mut judgement, one, other, population);
    compare_names(&mut judgement, &one.name, &other.name, &Names { population, company: company_name });
    compare_emails(&mut judgement, one, other, population);
    compare_phones(&mut judgement, one, other, population, company);
    compare_addresses(&mut judgement, one, other, population, company);
    compare_countries(&mut judgement, one, other);
    if judgement.conflict == Some(Conflict::GivenNames) && is_own_mailbox(&judgement, one, other) {
        judgement.conflict = None;
    }
    judgement.verdict = decide(&judgement);
    judgement
}

fn compare_emails(judgement: &mut Judgement, one: &PreparedPerson, other: &PreparedPerson, population: &Population) {
    let pairs = one.personal_emails().flat_map(|a| other.personal_emails().map(move |b| (a, b)));
    let best = pairs.map(|(a, b)| (email_level(a, b, judgement, one), a)).min_by_key(|(level, _)| *level);
    let Some((level, address)) = best else { return };
    let weight = match level {
        Level::Exact => bits(email::EXACT, population.held(&address.canonical, email::AVERAGE)),
        Level::SameMailbox => bits(email::SAME_MAILBOX, population.held(&address.canonical, email::AVERAGE)),
        Level::Close => of(email::CLOSE),
        Level::SameHouse => of(email::SAME_HOUSE),
        _ => of(email::DIFFERS),
    };
    judgement.add(Field::Email, level, weight);
}

fn email_level(one: &Email, other: &Email, so_far: &Judgement, person: &PreparedPerson) -> Level {
    if one.address == other.address {
        return Level::Exact;
    }
    if one.canonical == other.canonical {
        return Level::SameMailbox;
    }
    if one.domain != other.domain {
        return Level::Differs;
    }
    // `j.king` and `k.king`, `king1` and `king2` are two people; only who has one name has mistyped it.
    let letters = |email: &Email| email.local().replace(|c: char| c.is_ascii_digit(), "");
    if so_far.agrees(Field::GivenName)
        && so_far.agrees(Field::FamilyName)
        && letters(one) != letters(other)
        && are_a_slip_apart(one.local(), other.local())
    {
        return Level::Close;
    }
    if person.domains.contains(&one.domain) { Level::SameHouse } else { Level::Differs }
}

/// Adds what the companies say, and returns that weight, and which company it is, if they agree.
fn compare_companies<'a>(
    judgement: &mut Judgement,
    one: &'a PreparedPerson,
    other: &PreparedPerson,
    population: &Population,
) -> (f64, Option<&'a str>) {
    let names = one.company.as_ref().zip(other.company.as_ref());
    let by_name = names.map(|(a, b)| (super::company::name_level(a, b).0, a.key.as_str()));
    let shared = one.domains.iter().find(|domain| other.domains.contains(domain));
    let by_domain = match shared {
        Some(domain) => Some((Level::Exact, domain.as_str())),
        None if one.domains.is_empty() || other.domains.is_empty() => None,
        None => Some((Level::Differs, "")),
    };
    let Some((level, value)) = by_name.into_iter().chain(by_domain).min_by_key(|(level, _)| *level) else {
        return (0.0, None);
    };
    let weight = match level {
        Level::Exact => bits(company::EXACT, population.company(value, company::AVERAGE)),
        Level::Differs => of(company::DIFFERS),
        Level::Partial => of(company::PARTIAL),
        _ => of(company::CLOSE),
    };
    judgement.add(Field::Company, level, weight);
    (weight.max(0.0), (level == Level::Exact).then_some(value))
}

/// Colleagues share a switchboard: where many have the number, it only says again that they share the company.
fn compare_phones(
    judgement: &mut Judgement,
    one: &PreparedPerson,
    other: &PreparedPerson,
    population: &Population,
    company: f64,
) {
    if one.phones.is_empty() || other.phones.is_empty() {
        return;
    }
    let shared = one.phones.iter().filter(|phone| other.phones.contains(phone));
    let Some(number) = shared.min_by_key(|phone| population.holders(phone)) else {
        return judgement.add(Field::Phone, Level::Differs, of(phone::DIFFERS));
    };
    let weight = bits(phone::EXACT, population.held(number, phone::AVERAGE));
    let is_switchboard = population.holders(number) > phone::HOUSEHOLD;
    judgement.add(Field::Phone, Level::Exact, if is_switchboard { (weight - company).max(0.0) } else { weight });
}

fn compare_addresses(
    judgement: &mut Judgement,
    one: &PreparedPerson,
    other: &PreparedPerson,
    population: &Population,
    company: f64,
) {
    let (Some(a), Some(b)) = (&one.address, &other.address) else { return };
    let (Some(house), Some(other_house)) = (a.house(), b.house()) else { return };
    let towns = a.postcode.as_ref().zip(b.postcode.as_ref()).map(|(a, b)| a == b);
    let (level, weight) = match (house == other_house, towns) {
        (true, Some(true)) => (Level::Exact, bits(address::EXACT, population.held(&house, address::AVERAGE))),
        (true, None) => (Level::Partial, of(address::PARTIAL)),
        _ => (Level::Differs, of(address::DIFFERS)),
    };
    // Colleagues share a house as well.
    let weight = if weight > 0.0 { (weight - company).max(0.0) } else { weight };
    judgement.add(Field::Address, level, weight);
}

/// A company, a number and a house imply their country.
fn compare_countries(judgement: &mut Judgement, one: &PreparedPerson, other: &PreparedPerson) {
    let (Some(a), Some(b)) = (one.country, other.country) else { return };
    let implied = [Field::Company, Field::Phone, Field::Address].iter().any(|field| judgement.agrees(*field));
    match a == b {
        true if implied => {}
        true => judgement.add(Field::Country, Level::Exact, of(country::EXACT)),
        false => judgement.add(Field::Country, Level::Differs, of(country::DIFFERS)),
    }
}

fn decide(judgement: &Judgement) -> Verdict {
    let weighed = judgement.weighed();
    let by_email = judgement.agrees(Field::Email);
    let at_most = |limit: Verdict| weighed.max(limit);
    match judgement.conflict {
        Some(Conflict::Generations) => return Verdict::Different,
        // One mailbox with two names: a couple's, or a colleague's who has left. Somebody should look.
        Some(_) if by_email => return Verdict::Possible,
        Some(_) => return Verdict::Different,
        None => {}
    }
    if by_email {
        return weighed.min(Verdict::Possible);
    }
    let agrees = |field| judgement.agrees(field);
    let given = judgement.level(Field::GivenName);
    let family = judgement.level(Field::FamilyName);
    // A company is nobody.
    if given.is_none() && family.is_none() && !agrees(Field::Phone) && !agrees(Field::Address) {
        return Verdict::Different;
    }
    let at_one_company = judgement.level(Field::Company).is_some_and(|level| level <= Level::Close);
    // Without a given name, a number or a house could be any of the family's; without a family name, anybody's.
    let named = given.is_some() || at_one_company && agrees(Field::Phone);
    if !named || family.is_none() {
        return at_most(Verdict::Possible);
    }
    // `John Miller` and `John Miller Jr.`: who has a namesake at home says which one he is.
    if judgement.level(Field::Generation) == Some(Level::Partial) {
        return at_most(Verdict::Possible);
    }
    // Colleagues and neighbours share a given name and a number, and two mailboxes at one company are two people's.
    if family == Some(Level::Differs) || judgement.level(Field::Email) == Some(Level::SameHouse) {
        return at_most(Verdict::Possible);
    }
    // A father and a son can share a house, a line and an initial.
    if given == Some(Level::Initial) && !at_one_company {
        return at_most(Verdict::Possible);
    }
    // A name is not a person.
    if !at_one_company && !agrees(Field::Phone) && !agrees(Field::Address) {
        return at_most(Verdict::Possible);
    }
    weighed
}

/// Whether the given names differ only because one is mistyped or another form, as a mailbox in common shows.
///
/// Couples share mailboxes at home, colleagues do not: at a company's it is enough that the family name agrees and the
/// given names begin alike, or that one stands in the other's field. At any other they must be a slip or two apart.
fn is_own_mailbox(judgement: &Judgement, one: &PreparedPerson, other: &PreparedPerson) -> bool {
    if !judgement.agrees(Field::Email) {
        return false;
    }
    let agree = |a: &NamePart, b: &NamePart| level(a, b, family_names).is_some_and(|level| level <= Level::Partial);
    let (a, b) = (&one.name, &other.name);
    let (given, other_given) = (a.given.first(), b.given.first());
    let same_family = agree(&a.family, &b.family);
    if same_family && are_two_slips_apart(given, other_given) {
        return true;
    }
    let same = |mailbox: &Email| other.personal_emails().any(|theirs| theirs.canonical == mailbox.canonical);
    let at_work = one.personal_emails().any(|mailbox| one.domains.contains(&mailbox.domain) && same(mailbox));
    let begin_alike = given.text.as_bytes().first() == other_given.text.as_bytes().first();
    at_work && (same_family && begin_alike || agree(&a.given, &b.family) || agree(&a.family, &b.given))
}

/// Whether both are identified, and by different addresses.
pub(crate) fn people_identified_apart(one: &PreparedPerson, other: &PreparedPerson) -> bool {
    let shared = one.personal_emails().any(|a| other.personal_emails().any(|b| a.address == b.address));
    one.is_identified() && other.is_identified() && !shared
}

fn text(person: &PreparedPerson, field: Field) -> String {
    let words = |part: &NamePart| part.each().iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    match field {
        Field::GivenName => words(&person.name.given),
        Field::FamilyName => words(&person.name.family),
        Field::Generation => person.name.generation.map(|generation| generation.to_string()).unwrap_or_default(),
        Field::Email => person.personal_emails().map(|email| email.address.as_str()).collect::<Vec<_>>().join(" "),
        Field::Phone => person.phones.join(" "),
        Field::Company | Field::Domain => match &person.company {
            Some(company) => company.key.clone(),
            None => person.domains.join(" "),
        },
        Field::Address => person.address.as_ref().and_then(|address| address.house()).unwrap_or_default(),
        Field::Country => person.country.unwrap_or_default().to_owned(),
    }
}
