//! Companies, and people who work there and live together.

use std::collections::HashSet;

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

use super::{
    PROVIDERS,
    names::{COMPANY_ENDS, COMPANY_STARTS, TONGUES, Tongue},
    number::Number,
};

pub struct World {
    pub firms: Vec<Firm>,
    pub humans: Vec<Human>,
}

pub struct Firm {
    pub name: String,
    pub domain: String,
    pub tongue: &'static Tongue,
    pub place: Place,
    pub switchboard: Number,
    /// How its addresses are made.
    pattern: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub street: String,
    pub number: u32,
    pub postcode: u32,
    pub town: String,
}

/// A name as it is at home, and as its bearers write it in Latin letters, the most usual first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub native: String,
    pub latin: Vec<String>,
}

#[derive(Clone)]
pub struct Human {
    pub tongue: &'static Tongue,
    pub given: Name,
    pub family: Name,
    /// The family name before marriage.
    pub maiden: Option<Name>,
    pub generation: Option<&'static str>,
    pub firm: usize,
    pub work: String,
    /// Where they will work next, and their address there.
    pub next: (usize, String),
    pub private: String,
    pub mobile: Number,
    pub home: Place,
    pub line: Number,
}

impl World {
    pub fn new(people: usize, rng: &mut StdRng) -> Self {
        let mut taken = HashSet::new();
        let firms: Vec<Firm> = (0..people / 15 + 1).map(|_| Firm::new(&mut taken, rng)).collect();
        let mut humans: Vec<Human> = Vec::with_capacity(people);
        for _ in 0..people {
            let human = Human::new(&firms, &humans, &mut taken, rng);
            humans.push(human);
        }
        Self { firms, humans }
    }
}

impl Firm {
    fn new(taken: &mut HashSet<String>, rng: &mut StdRng) -> Self {
        let tongue = tongue(rng);
        let mut name = format!("{} {}", word(COMPANY_STARTS, rng), word(COMPANY_ENDS, rng));
        if rng.random_bool(0.4) {
            name = format!("{} {name}", word(tongue.towns, rng));
        } else if rng.random_bool(0.5) {
            name = format!("{} & {name}", Name::family(tongue, rng).latin[0]);
        }
        let slug: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let domain = unique(&slug.to_lowercase(), "example", '.', taken, rng);
        let (place, switchboard) = (Place::new(tongue, rng), Number::new(tongue.country, rng));
        Self { name, domain, tongue, place, switchboard, pattern: rng.random_range(0..4) }
    }

    fn address(&self, given: &Name, family: &Name, taken: &mut HashSet<String>, rng: &mut StdRng) -> String {
        let (given, family) = (plain(&given.latin[0]), plain(&family.latin[0]));
        let local = match self.pattern {
            0 => format!("{given}.{family}"),
            1 => format!("{}{family}", &given[..1.min(given.len())]),
            2 => given,
            _ => format!("{family}.{given}"),
        };
        unique(&local, &self.domain, '@', taken, rng)
    }
}

impl Place {
    fn new(tongue: &Tongue, rng: &mut StdRng) -> Self {
        let number = rng.random_range(1..180);
        let (street, town) = (word(tongue.streets, rng), word(tongue.towns, rng));
        Self { street, number, postcode: rng.random_range(10_000..99_999), town }
    }
}

impl Name {
    fn parse(text: &str) -> Self {
        let text = text.replace('_', " ");
        let (native, latin) = text.split_once('=').unwrap_or((&text, &text));
        Self { native: native.to_owned(), latin: latin.split('/').map(str::to_owned).collect() }
    }

    fn given(tongue: &Tongue, rng: &mut StdRng) -> Self {
        let rare = if rng.random_bool(0.4) { "" } else { tongue.given_starts };
        Self::of_parts(tongue.given, rare, tongue.given_ends, rng)
    }

    fn family(tongue: &Tongue, rng: &mut StdRng) -> Self {
        let rare = if rng.random_bool(0.45) { "" } else { tongue.starts };
        Self::of_parts(tongue.family, rare, tongue.ends, rng)
    }

    /// A rare name of a beginning and an end, or a common one if there are no beginnings.
    fn of_parts(common: &str, starts: &str, ends: &str, rng: &mut StdRng) -> Self {
        if starts.is_empty() {
            return Self::parse(&word(common, rng));
        }
        let (start, end) = (Self::parse(&word(starts, rng)), Self::parse(&word(ends, rng)));
        let latin = end.latin.iter().map(|end| format!("{}{end}", start.latin[0])).collect();
        Self { native: format!("{}{}", start.native, end.native), latin }
    }
}

impl Human {
    fn new(firms: &[Firm], others: &[Self], taken: &mut HashSet<String>, rng: &mut StdRng) -> Self {
        // Most companies are small and some are large.
        let firm = (firms.len() as f64 * rng.random::<f64>().powf(1.8)) as usize;
        // Who works in a country need not be from there.
        let tongue = if rng.random_bool(0.9) { firms[firm].tongue } else { tongue(rng) };
        let (given, family) = (Name::given(tongue, rng), Name::family(tongue, rng));
        let mut human = Self {
            tongue,
            maiden: rng.random_bool(0.06).then(|| Name::family(tongue, rng)),
            generation: None,
            firm,
            work: String::new(),
            next: (rng.random_range(0..firms.len()), String::new()),
            private: String::new(),
            mobile: Number::new(tongue.country, rng),
            home: Place::new(tongue, rng),
            line: Number::new(tongue.country, rng),
            given,
            family,
        };
        match others.choose(rng) {
            Some(other) if rng.random_bool(0.09) => human.moves_in_with(other, firms, rng),
            Some(other) if rng.random_bool(0.015) => {
                // A namesake.
                (human.tongue, human.given, human.family) = (other.tongue, other.given.clone(), other.family.clone());
            }
            _ => {}
        }
        human.work = firms[human.firm].address(&human.given, &human.family, taken, rng);
        human.next.1 = firms[human.next.0].address(&human.given, &human.family, taken, rng);
        if human.private.is_empty() {
            let local = format!(
                "{}{}{}",
                plain(&human.given.latin[0]),
                ["", ".", "_"][rng.random_range(0..3)],
                plain(&human.family.latin[0])
            );
            human.private = unique(&local, PROVIDERS.choose(rng).unwrap_or(&PROVIDERS[0]), '@', taken, rng);
        }
        human
    }

    pub fn is_foreign_to_latin(&self) -> bool {
        self.given.native != self.given.latin[0]
    }

    /// A spouse, a sibling, a twin at the same company, a parent of the same initial or of the same name.
    fn moves_in_with(&mut self, other: &Self, firms: &[Firm], rng: &mut StdRng) {
        self.tongue = other.tongue;
        self.family = other.family.clone();
        self.home = other.home.clone();
        self.line = other.line.clone();
        let mut given = Name::given(self.tongue, rng);
        while given == other.given {
            given = Name::given(self.tongue, rng);
        }
        self.given = given;
        match rng.random_range(0..100) {
            0..20 => self.private = other.private.clone(),
            20..45 => self.firm = other.firm.min(firms.len() - 1),
            45..60 => {
                let initial = |name: &Name| name.latin[0].chars().next();
                let alike = self.tongue.given.split_whitespace().map(Name::parse);
                let alike: Vec<Name> =
                    alike.filter(|name| initial(name) == initial(&other.given) && *name != other.given).collect();
                self.given = alike.choose(rng).cloned().unwrap_or_else(|| self.given.clone());
            }
            60..65 if other.generation.is_none() => {
                self.given = other.given.clone();
                self.generation = Some("Jr.");
            }
            _ => {}
        }
    }
}

fn tongue(rng: &mut StdRng) -> &'static Tongue {
    // The Latin ones, which are the first, are twice as common as the others.
    let at = rng.random_range(0..TONGUES.len() + 6);
    &TONGUES[at % TONGUES.len()]
}

pub fn word(words: &str, rng: &mut StdRng) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    words.choose(rng).map(|word| word.replace('_', " ")).unwrap_or_default()
}

/// What an address has of a name.
fn plain(name: &str) -> String {
    let ascii = any_ascii::any_ascii(name).to_lowercase();
    ascii.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn unique(name: &str, rest: &str, border: char, taken: &mut HashSet<String>, rng: &mut StdRng) -> String {
    let mut text = format!("{name}{border}{rest}");
    while !taken.insert(text.clone()) {
        text = format!("{name}{}{border}{rest}", rng.random_range(2..999));
    }
    text
}
