//! How people spell names and addresses, slips included.

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

use super::world::{Name, Place, word};

pub fn spelling(name: &Name, rng: &mut StdRng) -> String {
    name.latin.choose(rng).cloned().unwrap_or_default()
}

/// A short form, or the name itself if it has none.
pub fn nickname(name: &Name, rng: &mut StdRng) -> String {
    let forms = ENGLISH_FORMS.iter().find(|(full, _)| *full == name.latin[0]).map(|(_, forms)| *forms);
    forms.map_or_else(|| name.latin[0].clone(), |forms| word(forms, rng))
}

/// One letter missing, doubled, wrong or swapped with the next; seldom the first. Names of three letters and of
/// other scripts stay.
pub fn typo(name: &str, rng: &mut StdRng) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if letters.len() < 4 || letters.iter().any(|c| *c > 'ɏ') {
        return name.to_owned();
    }
    let at = if rng.random_bool(0.1) { 0 } else { rng.random_range(1..letters.len() - 1) };
    match rng.random_range(0..4) {
        0 => _ = letters.remove(at),
        1 => letters.insert(at, letters[at]),
        2 => letters[at] = rng.random_range('a'..='z'),
        _ => letters.swap(at, at + 1),
    }
    letters.into_iter().collect()
}

pub fn company(name: &str, forms: &str, rng: &mut StdRng) -> String {
    let mut text = name.to_owned();
    if rng.random_bool(0.6) {
        let form = word(forms, rng);
        text =
            if form.starts_with(|c: char| c > '\u{3000}') { format!("{text}{form}") } else { format!("{text} {form}") };
    }
    match rng.random_range(0..20) {
        0 => text.to_uppercase(),
        1 => text.to_lowercase(),
        2 => text.replace('&', "and"),
        3 => typo(&text, rng),
        _ => text,
    }
}

pub fn place(place: &Place, country: &str, rng: &mut StdRng) -> String {
    let mut street = place.street.clone();
    if rng.random_bool(0.5) {
        for (long, short) in [
            ("Street", "St."),
            ("straße", "str."),
            ("Avenue", "Ave"),
            ("Road", "Rd"),
            ("Calle", "C/"),
            ("Boulevard", "Blvd"),
        ] {
            street = street.replace(long, short);
        }
    }
    let Place { number, postcode, town, .. } = place;
    let line =
        if matches!(country, "US" | "FR" | "IN") { format!("{number} {street}") } else { format!("{street} {number}") };
    format!("{line}, {postcode} {town}")
}

/// Independent of what the matcher knows: some that it does not have, and not all that it has.
const ENGLISH_FORMS: &[(&str, &str)] = &[
    ("James", "Jim Jimmy"),
    ("Robert", "Bob Rob Bobby"),
    ("Patricia", "Pat Trish"),
    ("John", "Jack Johnny"),
    ("Jennifer", "Jen Jenny"),
    ("Michael", "Mike Mick"),
    ("Elizabeth", "Liz Beth Betsy"),
    ("William", "Bill Will"),
    ("Barbara", "Barb"),
    ("Richard", "Rick Dick"),
    ("Joseph", "Joe"),
    ("Thomas", "Tom"),
    ("Christopher", "Chris"),
    ("Charles", "Chuck Charlie"),
    ("Daniel", "Dan Danny"),
    ("Matthew", "Matt"),
    ("Anthony", "Tony"),
    ("Margaret", "Maggie Peggy"),
    ("Steven", "Steve"),
    ("Andrew", "Andy Drew"),
    ("Joshua", "Josh"),
    ("Kenneth", "Ken"),
    ("Timothy", "Tim"),
    ("Edward", "Ed Ted"),
    ("Nicholas", "Nick"),
    ("Samantha", "Sam"),
    ("Benjamin", "Ben"),
    ("Katherine", "Kate Kathy"),
    ("Alexander", "Alex Xander"),
    ("Victoria", "Vicky"),
    ("Dmitry", "Dima"),
    ("Mikhail", "Misha"),
    ("Ekaterina", "Katya"),
    ("Francisco", "Paco"),
    ("José", "Pepe"),
    ("Hans", "Hansi"),
    ("Friedrich", "Fritz"),
];
