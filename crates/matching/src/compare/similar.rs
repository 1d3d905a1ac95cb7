//! How alike two words are.

use strsim::{jaro_winkler, osa_distance};

use super::Level;
use crate::normalise::{NamePart, Word};

/// Jaro-Winkler similarity (Winkler 1990) from which two words are a slip apart: the value that record linkage
/// at the US Census Bureau settled on.
const SLIP: f64 = 0.92;

/// Letters of a word beyond which only equality counts: the work grows with their square.
const LONGEST: usize = 64;

/// Given names, with at least one word each.
pub fn given_names(one: &NamePart, other: &NamePart) -> Level {
    parts(one, other, given_words)
}

/// Family names, with at least one word each. No pet forms, and `Ivanova` may be an `Ivanov`.
pub fn family_names(one: &NamePart, other: &NamePart) -> Level {
    parts(one, other, |one, other| by_letters(&one.text, &other.text).unwrap_or_else(|| by_ear(one, other)))
}

fn parts(one: &NamePart, other: &NamePart, words: impl Fn(&Word, &Word) -> Level) -> Level {
    let whole = words(&one.whole, &other.whole);
    if whole == Level::Exact || one.words.is_empty() && other.words.is_empty() {
        return whole;
    }
    let first = words(one.first(), other.first());
    let shares =
        one.each().iter().any(|word| word.text.len() > 2 && other.each().iter().any(|it| it.text == word.text));
    let part = if shares { Level::Partial } else { Level::Differs };
    whole.min(first).min(part)
}

fn given_words(one: &Word, other: &Word) -> Level {
    if one.text == other.text || one.is_initial() || other.is_initial() {
        return by_letters(&one.text, &other.text).unwrap_or(Level::Differs);
    }
    if one.groups.iter().any(|group| other.groups.contains(group)) {
        return Level::Nickname;
    }
    // `Dan` and `Jan` are two names, not a slip; so are `Mario` and `Maria`.
    if !one.groups.is_empty() && !other.groups.is_empty() || are_gendered_pair(&one.text, &other.text) {
        return Level::Differs;
    }
    if are_a_slip_apart(&one.text, &other.text) { Level::Close } else { by_ear(one, other) }
}

fn by_letters(one: &str, other: &str) -> Option<Level> {
    if one == other {
        return Some(Level::Exact);
    }
    if one.len() == 1 || other.len() == 1 {
        let same = one.as_bytes().first() == other.as_bytes().first();
        return Some(if same { Level::Initial } else { Level::Differs });
    }
    are_a_slip_apart(one, other).then_some(Level::Close)
}

fn by_ear(one: &Word, other: &Word) -> Level {
    if one.sound.len() > 1 && one.sound == other.sound {
        return Level::Sounds;
    }
    let (short, long) =
        if one.text.len() < other.text.len() { (&one.text, &other.text) } else { (&other.text, &one.text) };
    if short.len() > 3 && long.ends_with(short.as_str()) { Level::Partial } else { Level::Differs }
}

/// One letter too many, too few, wrong or swapped in a word that has enough of them, or much alike altogether. In four
/// letters a wrong one makes another name: `Tang` and `Yang`.
pub fn are_a_slip_apart(one: &str, other: &str) -> bool {
    let (shorter, longer) = (one.len().min(other.len()), one.len().max(other.len()));
    if shorter < 4 || longer > LONGEST || longer - shorter > 3 {
        return false;
    }
    if shorter == 4 && one.len() == other.len() {
        return osa_distance(one, other) == 1 && sorted(one) == sorted(other);
    }
    jaro_winkler(one, other) >= SLIP || osa_distance(one, other) <= 1
}

/// Two letters wrong at most, of which the first is none in a short name, and not two names that are known: what is only
/// believed where much else agrees.
pub fn are_two_slips_apart(one: &Word, other: &Word) -> bool {
    let (a, b) = (&one.text, &other.text);
    let shorter = a.len().min(b.len());
    let known = !one.groups.is_empty() && !other.groups.is_empty();
    let enough = shorter > 4 || shorter == 4 && a.as_bytes()[0] == b.as_bytes()[0];
    enough && a.len().max(b.len()) <= LONGEST && !known && !are_gendered_pair(a, b) && osa_distance(a, b) <= 2
}

fn sorted(word: &str) -> Vec<u8> {
    let mut letters = word.as_bytes().to_vec();
    letters.sort_unstable();
    letters
}

/// `Erik` and `Erika`, `Mario` and `Maria`: one ends with the `a` that the other lacks.
fn are_gendered_pair(one: &str, other: &str) -> bool {
    let (female, male) = if one.ends_with('a') { (one, other) } else { (other, one) };
    let Some(stem) = female.strip_suffix('a') else { return false };
    stem.len() > 2 && male.strip_prefix(stem).is_some_and(|end| matches!(end, "" | "o" | "e" | "os" | "us" | "is"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::PersonName;

    fn level(one: &str, other: &str) -> Level {
        let given = |text| PersonName::parse(Some(text), Some("King")).given;
        given_names(&given(one), &given(other))
    }

    #[test]
    fn given_names_agree_by_degrees() {
        for (one, other, expected) in [
            ("Ada", "ADA", Level::Exact),
            ("Mary Ann", "Maryann", Level::Exact),
            ("Bob", "Robert", Level::Nickname),
            ("Bob J.", "Robert James", Level::Nickname),
            ("Margrethe", "Margrehte", Level::Close),
            ("Soerine", "Sorine", Level::Close),
            ("Mohammed", "محمد", Level::Sounds),
            ("Wolfgang Amadeus", "Amadeus", Level::Partial),
            ("A.", "Ada", Level::Initial),
            ("A.", "Bea", Level::Differs),
            ("Dan", "Jan", Level::Differs),
            ("Yumi", "Ymui", Level::Close),
            ("Yumi", "Yuri", Level::Differs),
            ("Mario", "Maria", Level::Differs),
            ("Erik", "Erika", Level::Differs),
            ("Joshua", "Joshau", Level::Close),
            ("Aleksei", "Alexey", Level::Nickname),
            ("Ludmila", "Kerstin", Level::Differs),
        ] {
            assert_eq!(level(one, other), expected, "{one} and {other}");
            assert_eq!(level(other, one), expected, "{other} and {one}");
        }
    }

    #[test]
    fn family_names_agree_by_degrees() {
        let family = |text| PersonName::parse(Some("Ada"), Some(text)).family;
        for (one, other, expected) in [
            ("van der Berg", "Berg", Level::Exact),
            ("Müller", "Mueller", Level::Close),
            ("Ivanov", "Ivanova", Level::Close),
            ("Schmidt", "Schmitt", Level::Close),
            ("Chaikovskij", "Чайковский", Level::Sounds),
            ("Meyer", "Maier", Level::Sounds),
            ("Smith-Jones", "Jones", Level::Partial),
            ("Dan", "Jan", Level::Differs),
            ("Miller", "Baker", Level::Differs),
        ] {
            assert_eq!(family_names(&family(one), &family(other)), expected, "{one} and {other}");
        }
    }
}
