//! Which records are worth comparing: those that share a key.
//!
//! Of `n` records there are `n² / 2` pairs and about `n` duplicates. Every record gets a dozen keys, each made so
//! that two records of one person share at least one of them whatever is wrong with the rest. A key that too many
//! share, such as a switchboard's number, pairs each record with the next one only; with a name beside it, it pairs all.

use crate::{
    company::{PreparedCompany, brand},
    normalise::Word,
    person::PreparedPerson,
};

/// A key under which records meet: a hash (FNV-1a, 64 bits) that stays the same for good, so that it can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockKey(pub u64);

/// Records that may share a key before it no longer pairs each with each.
pub const LARGEST_BLOCK: usize = 100;

/// The pairs to compare.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    /// Indexes, the smaller first; in order, each pair once.
    pub pairs: Vec<(u32, u32)>,
    /// Keys that more than [`LARGEST_BLOCK`] records share.
    pub too_common: usize,
}

/// The keys of a person, each once.
pub fn person_keys(person: &PreparedPerson) -> Vec<BlockKey> {
    let mut keys = Keys::default();
    let (given, family) = (person.name.given.first(), &person.name.family.whole);
    let named = !given.text.is_empty() && !family.text.is_empty();
    for email in person.personal_emails() {
        keys.add("mailbox", &[&email.canonical]);
        if email.local().len() > 5 {
            keys.add("local", &[email.local()]);
        }
    }
    for phone in &person.phones {
        keys.add("phone", &[phone]);
        keys.add("phone and family", &[phone, &family.sound]);
        keys.add("phone and given", &[phone, &given.sound]);
    }
    for company in person.company.iter().map(|company| &company.base).chain(&person.domains) {
        if !family.text.is_empty() {
            keys.add("company and family", &[company, &family.sound]);
        }
        if !given.text.is_empty() {
            keys.add("company and given", &[company, &given.sound]);
        }
    }
    if let Some(house) = person.address.as_ref().and_then(|address| address.house()) {
        keys.add("house and family", &[&house, &family.sound]);
        keys.add("house and given", &[&house, &given.sound]);
    }
    if named {
        for word in person.name.family.each() {
            keys.add_names(given, word);
        }
        if !person.name.family.words.is_empty() {
            keys.add_names(given, family);
        }
    }
    keys.sorted()
}

/// The keys of a company, each once.
pub fn company_keys(company: &PreparedCompany) -> Vec<BlockKey> {
    let mut keys = Keys::default();
    for domain in &company.domains {
        keys.add("domain", &[domain]);
        keys.add("brand", &[brand(domain)]);
    }
    for phone in &company.phones {
        keys.add("phone", &[phone]);
    }
    if let Some(name) = &company.name {
        keys.add("name", &[&name.base]);
        keys.add("brand", &[&name.solid]);
        keys.add("start", &[start(&name.solid, 6)]);
        keys.add("first word", &[name.key.split(' ').next().unwrap_or_default()]);
        keys.add("acronym", &[name.acronym.as_deref().unwrap_or(&name.solid)]);
    }
    if let Some(house) = company.address.as_ref().and_then(|address| address.house()) {
        keys.add("house", &[&house]);
    }
    keys.sorted()
}

/// The pairs of records that share a key.
pub fn candidates(records: impl IntoIterator<Item = Vec<BlockKey>>) -> Candidates {
    let records = (0u32..).zip(records);
    let mut entries: Vec<(BlockKey, u32)> =
        records.flat_map(|(index, keys)| keys.into_iter().map(move |key| (key, index))).collect();
    entries.sort_unstable();
    let mut found = Candidates::default();
    for block in entries.chunk_by(|one, other| one.0 == other.0) {
        if block.len() > LARGEST_BLOCK {
            found.too_common += 1;
            // Enough to gather what one person, or one robot, has left a hundred times.
            found.pairs.extend(block.windows(2).map(|pair| (pair[0].1, pair[1].1)));
            continue;
        }
        for (at, (_, one)) in block.iter().enumerate() {
            found.pairs.extend(block[at + 1..].iter().map(|(_, other)| (*one, *other)));
        }
    }
    found.pairs.sort_unstable();
    found.pairs.dedup();
    found
}

#[derive(Default)]
struct Keys(Vec<BlockKey>);

impl Keys {
    fn add(&mut self, kind: &str, values: &[&str]) {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let mut hash = OFFSET;
        for value in std::iter::once(&kind).chain(values) {
            for byte in value.bytes().chain([0]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
            }
        }
        self.0.push(BlockKey(hash));
    }

    /// By sound, in either order; by what pet names are short for; and by how both begin, for slips further on.
    fn add_names(&mut self, given: &Word, family: &Word) {
        let mut sounds = [given.sound.as_str(), family.sound.as_str()];
        sounds.sort_unstable();
        self.add("names", &sounds);
        for group in given.groups {
            self.add("family and pet name", &[&family.sound, &group.to_string()]);
        }
        self.add("starts", &[start(&family.text, 4), start(&given.text, 2)]);
    }

    fn sorted(mut self) -> Vec<BlockKey> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0
    }
}

/// Keys are made of Latin text, whose letters are a byte each.
fn start(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::Person;

    fn person(first: &str, last: &str, email: &str, phone: &str) -> PreparedPerson {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let person = Person {
            first_name: some(first),
            last_name: some(last),
            emails: some(email).into_iter().collect(),
            phones: some(phone).into_iter().collect(),
            ..Person::default()
        };
        person.prepare(|_| false)
    }

    fn pairs(people: &[PreparedPerson]) -> Vec<(u32, u32)> {
        candidates(people.iter().map(person_keys)).pairs
    }

    #[test]
    fn records_of_one_person_meet_once_by_whatever_they_share() {
        let ada = person("Ada", "King", "ada@acme.example", "+49 30 901820");
        for other in [
            person("", "", "ada+news@acme.example", ""),
            person("", "", "", "0049 30 901820"),
            person("King", "Ada", "", ""),
            person("Ada", "Kings", "", ""),
            person("Adda", "King", "ada@acme.example", "+49 30 901820"),
        ] {
            assert_eq!(pairs(&[ada.clone(), other]), [(0, 1)]);
        }
        assert!(pairs(&[ada, person("Bea", "Queen", "bea@looms.example", "+49 30 901821")]).is_empty());
    }

    #[test]
    fn a_number_that_a_crowd_shares_pairs_all_of_like_names_and_few_others() {
        // Names of three consonants each, no two alike.
        let name = |at: usize| {
            let consonant = |at: usize| ["b", "f", "k", "t", "s", "l", "m", "n", "r"][at % 9];
            let vowel = ["a", "e", "o", "u"][at / 81];
            format!("{vowel}{}a{}a{}", consonant(at), consonant(at / 9), consonant(at / 81))
        };
        let mut people: Vec<PreparedPerson> =
            (0..LARGEST_BLOCK).map(|at| person(&name(at + 200), &name(at), "", "+49 30 901820")).collect();
        people.push(person("Ada", "King", "", "+49 30 901820"));
        people.insert(0, person("Adda", "King", "", "+49 30 901820"));
        let found = candidates(people.iter().map(person_keys));
        assert_eq!((found.pairs.len(), found.too_common), (people.len(), 1), "each with the next, and the two");
        assert!(found.pairs.contains(&(0, 101)));
    }

    #[test]
    fn a_stored_key_means_the_same_for_good() {
        let ada = person("", "", "ada@acme.example", "");
        assert_eq!(person_keys(&ada), [BlockKey(7_378_289_727_380_504_041)]);
    }
}
