//! How text becomes words, the same for what is indexed and what is asked. Words are folded: lower case,
//! compatibility forms and accents gone. Scripts that write no spaces become single characters and pairs.

use std::ops::Range;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::document::Field;

/// A folded word and where in the text it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    /// In bytes.
    pub range: Range<usize>,
}

/// A stretch of letters and digits of one way of writing.
pub(super) struct Run {
    pub(super) range: Range<usize>,
    /// Chinese, Japanese or Korean.
    pub(super) unspaced: bool,
}

/// No border between the letters of one word: `O'Reilly` is asked as `oreilly`.
pub(super) const APOSTROPHES: &str = "'’‘ʼ`´";

/// Between parts that are also written as one word: `Coca-Cola`, `J.B. Hunt`, `AT&T`.
const JOINERS: &str = "'’‘ʼ`´-‐‑–.&";

/// Longer words are cut: nobody types them, and the index has a limit.
const LONGEST: usize = 254;

/// The words under which `text` is found in `field`.
pub fn tokens(field: Field, text: &str) -> Vec<Token> {
    let runs = runs(text);
    let mut tokens = Vec::new();
    for run in &runs {
        if run.unspaced {
            tokens.extend(grams(text, run, 1));
            tokens.extend(grams(text, run, 2));
        } else {
            tokens.extend(word(text, run.range.clone()));
        }
    }
    match field {
        Field::Email => {
            let text = cut(fold(text));
            if !text.is_empty() {
                tokens.push(Token { range: 0..text.len(), text });
            }
        }
        Field::Name | Field::Company | Field::Domain | Field::Title => tokens.extend(joined(text, &runs)),
    }
    tokens
}

/// The whole text as one key: equal for names that differ in case, accents and punctuation only.
pub fn whole(text: &str) -> String {
    let words: Vec<String> = spaced_words(text).into_iter().map(|token| token.text).collect();
    cut(words.join(" "))
}

/// The words a person typed: apostrophes join, everything else that is no letter parts. Unspaced runs stay whole.
pub(super) fn spaced_words(text: &str) -> Vec<Token> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut can_join = false;
    for run in runs(text) {
        match ranges.last_mut() {
            Some(last) if can_join && !run.unspaced && is_one_of(&text[last.end..run.range.start], APOSTROPHES) => {
                last.end = run.range.end;
            }
            _ => ranges.push(run.range),
        }
        can_join = !run.unspaced;
    }
    ranges.into_iter().filter_map(|range| word(text, range)).collect()
}

/// Lower case without accents. Only the marks of Latin, Greek and Cyrillic go: a Devanagari vowel or a kana's
/// voicing mark is a letter.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().flat_map(char::to_lowercase) {
        match c {
            '\u{300}'..='\u{36f}' => {}
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            _ => folded.push(c),
        }
    }
    folded.nfkc().collect()
}

pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c,
        // Korean: letters, syllables
        '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7af}'
        // kana, and what repeats a character
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}'
        // Han
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open = false;
    for (start, c) in text.char_indices() {
        // Joiners and the soft hyphen are part of the word they stand in.
        let invisible = matches!(c, '\u{200c}' | '\u{200d}' | '\u{ad}');
        let continues = open && (is_combining_mark(c) || invisible);
        if !(c.is_alphanumeric() || continues) {
            open = false;
            continue;
        }
        let end = start + c.len_utf8();
        let unspaced = is_unspaced(c);
        match runs.last_mut() {
            Some(run) if open && (continues || run.unspaced == unspaced) => run.range.end = end,
            _ => runs.push(Run { range: start..end, unspaced }),
        }
        open = true;
    }
    runs
}

fn word(text: &str, range: Range<usize>) -> Option<Token> {
    let folded: String =
        fold(&text[range.clone()]).chars().filter(|&c| c.is_alphanumeric() || is_combining_mark(c)).collect();
    (!folded.is_empty()).then(|| Token { text: cut(folded), range })
}

/// All stretches of `size` characters of an unspaced run.
fn grams(text: &str, run: &Run, size: usize) -> Vec<Token> {
    let source = &text[run.range.clone()];
    let folded: Vec<char> = fold(source).chars().collect();
    let mut borders: Vec<usize> = source.char_indices().map(|(at, _)| run.range.start + at).collect();
    borders.push(run.range.end);
    let aligned = borders.len() == folded.len() + 1;
    let range = |at: usize| if aligned { borders[at]..borders[at + size] } else { run.range.clone() };
    folded.windows(size).enumerate().map(|(at, gram)| Token { text: gram.iter().collect(), range: range(at) }).collect()
}

/// What `Coca-Cola` is beside `coca` and `cola`.
fn joined(text: &str, runs: &[Run]) -> Vec<Token> {
    let follows = |one: &Run, next: &Run| {
        !one.unspaced && !next.unspaced && is_one_of(&text[one.range.end..next.range.start], JOINERS)
    };
    let chains = runs.chunk_by(follows).filter(|chain| chain.len() > 1);
    chains.filter_map(|chain| word(text, chain.first()?.range.start..chain.last()?.range.end)).collect()
}

pub(super) fn is_one_of(gap: &str, characters: &str) -> bool {
    let mut gap = gap.chars();
    gap.next().is_some_and(|c| characters.contains(c)) && gap.next().is_none()
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(field: Field, text: &str) -> Vec<String> {
        tokens(field, text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn case_accents_and_compatibility_forms_do_not_matter() {
        assert_eq!(words(Field::Name, "José Ｍüller STRASSE Łódź"), words(Field::Name, "jose muller Straße lodz"));
        assert_eq!(words(Field::Name, "Jose\u{301}"), ["jose"]);
    }

    #[test]
    fn parts_are_found_together_and_alone() {
        assert_eq!(words(Field::Company, "Coca-Cola"), ["coca", "cola", "cocacola"]);
        assert_eq!(words(Field::Company, "J.B. Hunt"), ["j", "b", "hunt", "jb"]);
        assert_eq!(words(Field::Name, "O’Reilly"), ["o", "reilly", "oreilly"]);
    }

    #[test]
    fn an_address_is_found_whole_and_in_parts() {
        assert_eq!(
            words(Field::Email, "Ada.L@engines.example"),
            ["ada", "l", "engines", "example", "ada.l@engines.example"]
        );
    }

    #[test]
    fn unspaced_scripts_become_characters_and_pairs() {
        assert_eq!(words(Field::Name, "田中翔太"), ["田", "中", "翔", "太", "田中", "中翔", "翔太"]);
        assert_eq!(words(Field::Company, "NTTドコモ"), ["ntt", "ド", "コ", "モ", "ドコ", "コモ"]);
        assert_eq!(words(Field::Name, "ﾄﾞｺ"), words(Field::Name, "ドコ"));
    }

    #[test]
    fn ranges_point_into_the_text() {
        let text = "Zoë, 田中翔太";
        for token in tokens(Field::Name, text) {
            assert_eq!(fold(&text[token.range]), token.text);
        }
    }

    #[test]
    fn whole_names_differ_in_more_than_ornaments() {
        assert_eq!(whole("Lowe's"), whole("LOWES"));
        assert_eq!(whole("Coca-Cola  Company"), "coca cola company");
        assert_ne!(whole("Acme"), whole("Acme Germany"));
    }

    #[test]
    fn any_text_is_taken() {
        for text in ["", " ", "\u{301}", "½ ™ 🍎", "'", "--", "a\u{200d}", "\u{0}", &"x".repeat(10_000)] {
            for field in Field::ALL {
                for token in tokens(field, text) {
                    assert!(!token.text.is_empty() && token.text.chars().count() <= LONGEST);
                }
            }
        }
    }
}
