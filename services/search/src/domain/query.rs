//! What was asked, and whether a word of it matches a word of a document. The index answers by these rules;
//! the highlight applies them again to the few documents of a page.

use thiserror::Error;

use super::{
    document::{Field, Kind},
    tokens::{fold, is_unspaced, spaced_words, whole},
};

/// Characters of a query.
pub const MAX_LENGTH: usize = 200;
/// Words of a query.
pub const MAX_WORDS: usize = 10;

/// Below this a word is too short to be misspelt: too many others are near.
const ONE_TYPO_FROM: usize = 4;
const TWO_TYPOS_FROM: usize = 8;
/// Above this only exact spelling is looked for: the automaton grows with the word.
const TYPOS_UP_TO: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QueryError {
    #[error("a query has at most {MAX_LENGTH} characters")]
    TooLong,
    #[error("a query has at most {MAX_WORDS} words")]
    TooManyWords,
}

/// A checked query; every word must be found. No `Debug`: people are searched for by name.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchQuery {
    pub words: Vec<Word>,
    /// The query as one key, for names that are exactly this.
    pub whole: String,
    /// Sorted, without repetition; empty for all.
    pub kinds: Vec<Kind>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Matches as it is, as a beginning, or misspelt.
    Spaced,
    /// One or two characters of a script without spaces: matches as it is.
    Unspaced,
    /// The beginning or whole of an e-mail address.
    Address,
}

/// How a word was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    Typo,
    Prefix,
    Exact,
}

impl SearchQuery {
    /// `None` when there is no word in it.
    pub fn parse(text: &str, kinds: &[Kind]) -> Result<Option<Self>, QueryError> {
        if text.chars().count() > MAX_LENGTH {
            return Err(QueryError::TooLong);
        }
        let mut words = Vec::new();
        let mut typed = 0;
        for chunk in text.split_whitespace() {
            if let Some(address) = address(chunk) {
                words.push(Word { text: address, form: Form::Address });
                typed += 1;
                continue;
            }
            for token in spaced_words(chunk) {
                typed += 1;
                words.extend(word_or_grams(token.text));
            }
        }
        if typed > MAX_WORDS {
            return Err(QueryError::TooManyWords);
        }
        if words.is_empty() {
            return Ok(None);
        }
        let mut kinds = kinds.to_vec();
        kinds.sort_unstable();
        kinds.dedup();
        Ok(Some(Self { words, whole: whole(text), kinds }))
    }

    /// Tells the lists of different queries apart; FNV-1a, the same in every build.
    pub fn fingerprint(&self) -> u32 {
        let words = self.words.iter().flat_map(|word| word.text.bytes().chain([0]));
        let kinds = self.kinds.iter().flat_map(|kind| kind.as_str().bytes().chain([1]));
        words.chain(kinds).fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }
}

impl Word {
    pub fn looks_in(&self, field: Field) -> bool {
        self.form != Form::Address || field == Field::Email
    }

    /// The ways in which this word may be found.
    pub fn ways(&self) -> &'static [Match] {
        match (self.form, typos(&self.text)) {
            (Form::Unspaced, _) => &[Match::Exact],
            (_, 0) => &[Match::Exact, Match::Prefix],
            _ => &[Match::Exact, Match::Prefix, Match::Typo],
        }
    }

    /// The best way in which `token` of a document is this word.
    pub fn matches(&self, token: &str) -> Option<Match> {
        self.ways().iter().copied().find(|way| match way {
            Match::Exact => token == self.text,
            Match::Prefix => token.starts_with(&self.text),
            Match::Typo => is_within(&self.text, token, usize::from(typos(&self.text))),
        })
    }
}

impl Match {
    pub fn weight(self) -> f32 {
        match self {
            Self::Exact => 4.0,
            Self::Prefix => 2.0,
            Self::Typo => 1.0,
        }
    }
}

/// How many letters of `text` may be missing, added, wrong or swapped. None in a text with digits: 2026 is
/// not a misspelt 2027.
pub fn typos(text: &str) -> u8 {
    let length = text.chars().count();
    if length > TYPOS_UP_TO || text.chars().any(char::is_numeric) {
        return 0;
    }
    u8::from(length >= ONE_TYPO_FROM) + u8::from(length >= TWO_TYPOS_FROM)
}

/// An e-mail address, or enough of one to have something on both sides of the `@`.
fn address(chunk: &str) -> Option<String> {
    let chunk = chunk.trim_matches(|c: char| !c.is_alphanumeric());
    chunk.contains('@').then(|| fold(chunk))
}

fn word_or_grams(text: String) -> Vec<Word> {
    if !text.chars().all(is_unspaced) {
        return vec![Word { text, form: Form::Spaced }];
    }
    let characters: Vec<char> = text.chars().collect();
    let grams = characters.windows(characters.len().min(2));
    grams.map(|gram| Word { text: gram.iter().collect(), form: Form::Unspaced }).collect()
}

/// Whether `max` edits or fewer make `one` into `other`; swapping two neighbours is one edit.
fn is_within(one: &str, other: &str, max: usize) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > max {
        return false;
    }
    let mut before = vec![0; other.len() + 1];
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for row in 1..=one.len() {
        let mut here = vec![row; other.len() + 1];
        for column in 1..=other.len() {
            let differs = usize::from(one[row - 1] != other[column - 1]);
            let edits = (above[column] + 1).min(here[column - 1] + 1).min(above[column - 1] + differs);
            let swapped =
                row > 1 && column > 1 && one[row - 1] == other[column - 2] && one[row - 2] == other[column - 1];
            here[column] = if swapped { edits.min(before[column - 2] + 1) } else { edits };
        }
        before = std::mem::replace(&mut above, here);
    }
    above[other.len()] <= max
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(String, Form)> {
        SearchQuery::parse(text, &[])
            .unwrap()
            .map_or_else(Vec::new, |query| query.words.into_iter().map(|word| (word.text, word.form)).collect())
    }

    fn spaced(text: &str) -> Word {
        Word { text: text.to_owned(), form: Form::Spaced }
    }

    #[test]
    fn a_query_becomes_folded_words() {
        let word = |text: &str, form| (text.to_owned(), form);
        assert_eq!(words(" Él  O'Reilly "), [word("el", Form::Spaced), word("oreilly", Form::Spaced)]);
        assert_eq!(words("<Ada@Engines.example>,"), [word("ada@engines.example", Form::Address)]);
        assert_eq!(words("@engines"), [word("engines", Form::Spaced)]);
        assert_eq!(words("田中翔"), [word("田中", Form::Unspaced), word("中翔", Form::Unspaced)]);
        assert_eq!(words("翔"), [word("翔", Form::Unspaced)]);
        assert_eq!(words("NTTドコ"), [word("ntt", Form::Spaced), word("ドコ", Form::Unspaced)]);
        assert!(words(" \t!?, ").is_empty());
    }

    #[test]
    fn long_queries_are_refused() {
        let error = |text: &str| SearchQuery::parse(text, &[]).err();
        assert_eq!(error(&"x".repeat(201)), Some(QueryError::TooLong));
        assert_eq!(error(&"é".repeat(200)), None);
        assert_eq!(error("a b c d e f g h i j k"), Some(QueryError::TooManyWords));
        assert_eq!(error("a-b-c-d-e-f-g-h-i-j-k"), Some(QueryError::TooManyWords));
        assert_eq!(error("a b c d e f g h i j"), None);
    }

    #[test]
    fn the_longer_a_word_the_more_typos() {
        for (word, token, found) in [
            ("abc", "abd", None),
            ("abcd", "abcd", Some(Match::Exact)),
            ("abcd", "abcdef", Some(Match::Prefix)),
            ("abcd", "abdc", Some(Match::Typo)),
            ("abcd", "abc", Some(Match::Typo)),
            ("abcd", "badc", None),
            ("micrsoft", "microsoft", Some(Match::Typo)),
            ("mircosofd", "microsoft", Some(Match::Typo)),
            ("mycrozoff", "microsoft", None),
            ("20261", "20271", None),
        ] {
            assert_eq!(spaced(word).matches(token), found, "{word} and {token}");
        }
    }

    #[test]
    fn another_query_has_another_fingerprint() {
        let print = |text: &str, kinds: &[Kind]| SearchQuery::parse(text, kinds).unwrap().unwrap().fingerprint();
        assert_eq!(print("Ada  LOVELACE", &[]), print("ada lovelace", &[]));
        assert_eq!(print("ada", &[Kind::Lead, Kind::Account]), print("ada", &[Kind::Account, Kind::Lead, Kind::Lead]));
        assert_ne!(print("ada", &[]), print("adb", &[]));
        assert_ne!(print("ada", &[]), print("ada", &[Kind::Lead]));
    }
}
