//! Names of people, field by field and in each other's.

use super::{
    Conflict, Field, Judgement, Level, Population,
    similar::{family_names, given_names},
    weights::{self, bits, family, given, of},
};
use crate::normalise::{NamePart, PersonName};

/// How common names are: in all the population, and in the company if both are of one.
pub struct Names<'a> {
    pub population: &'a Population,
    pub company: Option<&'a str>,
}

pub fn compare_names(judgement: &mut Judgement, a: &PersonName, b: &PersonName, names: &Names) {
    match (a.generation, b.generation) {
        (None, None) => {}
        (Some(x), Some(y)) if x == y => judgement.add(Field::Generation, Level::Exact, 0.0),
        (Some(_), Some(_)) => {
            judgement.conflict = Some(Conflict::Generations);
            judgement.add(Field::Generation, Level::Differs, 0.0);
        }
        _ => judgement.add(Field::Generation, Level::Partial, 0.0),
    }
    if a.loose && b.loose && is_one_text(a, b) {
        judgement.add(Field::GivenName, Level::Exact, names.given(Level::Exact, &a.given));
        judgement.add(Field::FamilyName, Level::Exact, names.family(Level::Exact, &a.family));
        return;
    }
    // In scripts that leave out vowels or write a syllable with a character, the next name is one sign away.
    let strict = |level| if a.loose && b.loose && level > Level::Nickname { Level::Differs } else { level };
    let given = level(&a.given, &b.given, given_names).map(strict);
    let family = level(&a.family, &b.family, family_names).map(strict);
    if given != Some(Level::Exact)
        && let Some((level, name)) = lone_family_name(a, b)
    {
        return judgement.add(Field::FamilyName, level, names.family(level, name));
    }
    let disagree = given == Some(Level::Differs) || family == Some(Level::Differs);
    if disagree && let Some(swapped) = swapped(a, b) {
        let weight = names.given(swapped.given, swapped.given_name) + of(weights::SWAPPED);
        judgement.add(Field::GivenName, swapped.given, weight);
        judgement.add(Field::FamilyName, swapped.family, names.family(swapped.family, swapped.family_name));
        return;
    }
    // A kanji is no proof against a Latin spelling, unless the other part shows that it is read as it is spelt.
    let reads = |level: Option<Level>| level.is_some_and(|level| level <= Level::Sounds);
    let tells = |level: &Level| *level < Level::Initial || a.loose == b.loose || reads(given) || reads(family);
    if let Some(given) = given.filter(tells) {
        if given == Level::Differs && a.given.first().text.len() > 1 && b.given.first().text.len() > 1 {
            judgement.conflict = judgement.conflict.or(Some(Conflict::GivenNames));
        }
        judgement.add(Field::GivenName, given, names.given(given, &a.given));
    }
    if let Some(family) = family.filter(tells) {
        judgement.add(Field::FamilyName, family, names.family(family, &a.family));
    }
}

pub fn level(one: &NamePart, other: &NamePart, compare: fn(&NamePart, &NamePart) -> Level) -> Option<Level> {
    (!one.is_empty() && !other.is_empty()).then(|| compare(one, other))
}

/// Whether the names are the same text, wherever it was taken apart: `小林幸子` does not say where.
fn is_one_text(a: &PersonName, b: &PersonName) -> bool {
    let text = |name: &PersonName| format!("{}{}", name.family.whole.text, name.given.whole.text);
    !a.given.is_empty() && !b.given.is_empty() && text(a) == text(b)
}

/// The level at which one's only name, in the field for the first one, is the other's family name.
fn lone_family_name<'a>(a: &'a PersonName, b: &'a PersonName) -> Option<(Level, &'a NamePart)> {
    let (lone, whole) = if a.family.is_empty() { (a, b) } else { (b, a) };
    if !lone.family.is_empty() {
        return None;
    }
    let level = level(&lone.given, &whole.family, family_names)?;
    (level <= Level::Sounds).then_some((level, &whole.family))
}

/// How names agree when one of the records has them in each other's field.
struct Swapped<'a> {
    given: Level,
    family: Level,
    given_name: &'a NamePart,
    family_name: &'a NamePart,
}

/// `None` unless both agree that way. Which of the records has them wrong is not known: the reading that agrees better
/// is taken.
fn swapped<'a>(a: &'a PersonName, b: &'a PersonName) -> Option<Swapped<'a>> {
    let reading = |[x, y]: [&'a NamePart; 2], [z, w]: [&'a NamePart; 2]| {
        let given = level(x, y, given_names)?;
        let family = level(z, w, family_names)?;
        let agrees = given <= Level::Initial && family <= Level::Sounds;
        agrees.then_some(Swapped { given, family, given_name: x, family_name: z })
    };
    let ours = reading([&a.family, &b.given], [&a.given, &b.family]);
    let theirs = reading([&a.given, &b.family], [&a.family, &b.given]);
    [ours, theirs].into_iter().flatten().min_by_key(|swapped| (swapped.given.max(swapped.family), swapped.family))
}

impl Names<'_> {
    fn given(&self, level: Level, name: &NamePart) -> f64 {
        match level {
            Level::Exact => bits(given::EXACT, self.population.given(&name.first().text, given::AVERAGE, self.company)),
            Level::Nickname => of(given::NICKNAME),
            Level::Close => of(given::CLOSE),
            Level::Sounds => of(given::SOUNDS),
            Level::Partial => of(given::PARTIAL),
            Level::Initial => of(given::INITIAL),
            _ => of(given::DIFFERS),
        }
    }

    fn family(&self, level: Level, name: &NamePart) -> f64 {
        match level {
            Level::Exact => {
                bits(family::EXACT, self.population.family(&name.whole.text, family::AVERAGE, self.company))
            }
            Level::Close => of(family::CLOSE),
            Level::Sounds => of(family::SOUNDS),
            Level::Partial => of(family::PARTIAL),
            Level::Initial => of(family::INITIAL),
            _ => of(family::DIFFERS),
        }
    }
}
