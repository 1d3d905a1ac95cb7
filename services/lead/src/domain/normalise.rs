//! The forms in which companies and hosts are compared. Nothing here is shown to a user.

use std::{collections::HashSet, sync::LazyLock};

pub use matching::normalise::domain_of;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The key under which two spellings of a company's name meet: `The Coca-Cola Company` and
/// `Coca-Cola Company (The)`, `Estée Lauder` and `ESTEE LAUDER`, `J.B. Hunt` and `JB Hunt, Inc.`.
///
/// Case, accents, punctuation, share classes, articles and legal forms go; words of every script stay.
/// `Group` and `Holdings` stay too: they tell a parent from its subsidiary. A name that consists of nothing
/// else (`The`, `!!!`) keeps its folded text, so the key is empty only for a blank name.
pub fn company_key(name: &str) -> String {
    let mut words = words(name);
    strip_class_and_article(&mut words);
    strip_legal_forms(&mut words);
    let key = words.into_iter().map(|word| word.folded).collect::<Vec<_>>().join(" ");
    if key.is_empty() { fold(&name.nfkd().collect::<String>()).trim().to_owned() } else { key }
}

/// A word of a name. `raw` keeps the case, which tells the legal form `SpA` from a spa.
#[derive(Debug, Default)]
struct Word {
    raw: String,
    folded: String,
}

impl Word {
    fn is(&self, text: &str) -> bool {
        self.folded == text
    }

    /// A single Latin letter: part of initials such as `A. O.` or `S. A.`
    fn is_initial(&self) -> bool {
        self.raw.len() == 1 && self.raw.as_bytes()[0].is_ascii_alphabetic()
    }
}

fn words(name: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut current = String::new();
    let mut initials = false;
    let mut push = |current: &mut String| {
        if current.is_empty() {
            return;
        }
        let raw = std::mem::take(current);
        let word = Word { folded: fold(&raw), raw };
        // `J. B.` is one word, so that it meets `JB`.
        match words.last_mut() {
            Some(last) if initials && word.is_initial() => {
                last.raw.push_str(&word.raw);
                last.folded.push_str(&word.folded);
            }
            _ => {
                initials = word.is_initial();
                words.push(word);
            }
        }
    };
    for c in name.nfkd() {
        match c {
            _ if c.is_alphanumeric() || is_combining_mark(c) => current.push(c),
            // No border between words: `Lowe's`, `O’Reilly`.
            '\'' | '’' | '‘' | 'ʼ' | '`' | '´' => {}
            '\u{200c}' | '\u{200d}' => {}
            '&' | '+' => {
                push(&mut current);
                push(&mut "and".to_owned());
            }
            _ => push(&mut current),
        }
    }
    push(&mut current);
    words.retain(|word| !word.folded.is_empty());
    words
}

/// Lower case without accents. Only the marks of Latin, Greek and Cyrillic go: a Devanagari vowel or a kana's
/// voicing mark is a letter, not an ornament.
fn fold(nfkd: &str) -> String {
    // What most names are, and nothing below does more to them.
    if nfkd.is_ascii() {
        return nfkd.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(nfkd.len());
    for c in nfkd.chars().flat_map(char::to_lowercase).filter(|c| !('\u{300}'..='\u{36f}').contains(c)) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            'ł' => out.push('l'),
            'ø' => out.push('o'),
            'đ' | 'ð' => out.push('d'),
            'ħ' => out.push('h'),
            'ı' => out.push('i'),
            'ς' => out.push('σ'),
            _ => out.push(c),
        }
    }
    out.nfkc().collect()
}

fn strip_class_and_article(words: &mut Vec<Word>) {
    // `(Class B)` at the end, with or without its brackets.
    if let [_, .., class, letter] = words.as_slice()
        && class.is("class")
        && letter.raw.chars().count() == 1
    {
        words.truncate(words.len() - 2);
    }
    if words.len() > 1 && words.last().is_some_and(|word| word.is("the")) {
        words.pop();
    }
    if words.len() > 1 && words[0].is("the") {
        words.remove(0);
    }
}

fn strip_legal_forms(words: &mut Vec<Word>) {
    while words.len() > 1 {
        if words.last().is_some_and(is_legal_suffix) {
            words.pop();
        } else if words.len() > 2 && words[words.len() - 2].is("sp") && words[words.len() - 1].is("zoo") {
            // Polish `Sp. z o.o.`
            words.truncate(words.len() - 2);
        } else {
            break;
        }
    }
    if words.len() > 1 && LEGAL_PREFIXES.contains(words[0].folded.as_str()) {
        words.remove(0);
    }
    if words.iter().all(|word| word.folded.is_ascii()) {
        return;
    }
    // East Asian forms are written without a space, before or after the name.
    for form in UNSPACED_FORMS.split(' ') {
        let only = words.len() == 1;
        for at_start in [true, false] {
            let Some(word) = (if at_start { words.first_mut() } else { words.last_mut() }) else { return };
            let rest = if at_start { word.folded.strip_prefix(form) } else { word.folded.strip_suffix(form) };
            if let Some(rest) = rest.filter(|rest| !(only && rest.is_empty())) {
                word.folded = rest.to_owned();
            }
        }
        words.retain(|word| !word.folded.is_empty());
    }
}

fn is_legal_suffix(word: &Word) -> bool {
    LEGAL_SUFFIXES.contains(word.folded.as_str())
        || (word.is("spa") && !matches!(word.raw.as_str(), "spa" | "Spa"))
        // What `Deere & Company` leaves behind.
        || word.is("and")
}

// Sets, written as words with a space between.
static LEGAL_SUFFIXES: LazyLock<HashSet<&str>> = LazyLock::new(|| LEGAL_SUFFIX_WORDS.split(' ').collect());

static LEGAL_PREFIXES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| "ооо оао пао ао зао тов pt 株 有 주".split(' ').collect());

/// Folded, initials joined. `group`, `holding(s)` and `companies` are missing on purpose.
const LEGAL_SUFFIX_WORDS: &str = "ab ag aktiengesellschaft aps as asa bhd bv bvba cjsc co company corp corporation cv eg ek eood ev gmbh \
    inc incorporated kft kg kgaa kk lda limited limitada llc llp lp ltd ltda mbh nv nyrt oao ohg ojsc ooo oy \
    oyj pjsc plc pte pty pvt sa sab sapi sarl sas sasu sca sdn se sl sro srl ug zrt ао оао ооо пао 株 有 주";

/// Longest first. (The bracketed short forms, `(株)`, are words and stand above.)
const UNSPACED_FORMS: &str = "股份有限公司 有限责任公司 有限公司 株式会社 有限会社 合同会社 주식회사 유한회사";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_company_meet() {
        for names in [
            &["The Coca-Cola Company", "Coca-Cola Company (The)", "COCA COLA CO.", "Coca‑Cola"][..],
            &["Alphabet Inc. (Class A)", "Alphabet Inc. (Class C)", "alphabet, inc", "Alphabet Inc Class A"],
            &["Estée Lauder Companies (The)", "ESTEE LAUDER COMPANIES", "The Este\u{301}e Lauder Companies Inc."],
            &["J.B. Hunt", "JB Hunt", "J. B. Hunt, Inc."],
            &["A. O. Smith", "A.O. Smith Corporation"],
            &["AT&T", "AT and T", "At & T Inc."],
            &["Arthur J. Gallagher & Co.", "Arthur J Gallagher", "Arthur J. Gallagher and Company"],
            &["Deere & Company", "Deere"],
            &["Lowe's", "Lowe’s", "LOWES"],
            &["Microsoft", "Microsoft Corp.", "MICROSOFT CORPORATION", "Ｍｉｃｒｏｓｏｆｔ", " Microsoft  "],
            &["Müller GmbH & Co. KG", "MULLER", "Müller Gmbh"],
            &["Société Générale S.A.", "societe generale", "Société Générale SA"],
            &["Straße AG", "STRASSE"],
            &["Łódź Sp. z o.o.", "Lodz"],
            &["Fiat S.p.A.", "Fiat SpA", "FIAT"],
            &["株式会社トヨタ", "トヨタ株式会社", "トヨタ"],
            &["腾讯科技有限公司", "腾讯科技"],
            &["㈱トヨタ", "トヨタ(株)", "トヨタ"],
            &["ООО «Ромашка»", "Ромашка ООО", "РОМАШКА"],
            &["삼성전자 주식회사", "삼성전자"],
            &["Brown–Forman", "Brown-Forman Corporation"],
        ] {
            let keys: std::collections::BTreeSet<String> = names.iter().map(|name| company_key(name)).collect();
            assert_eq!(keys.len(), 1, "{names:?} gave {keys:?}");
        }
    }

    #[test]
    fn different_companies_stay_apart() {
        for (one, other) in [
            ("Everest Group", "Everest"),
            ("Williams Companies", "Williams-Sonoma, Inc."),
            ("Acme (Germany)", "Acme (France)"),
            ("News Corp", "Fox Corporation"),
            ("Lotus Spa", "Lotus S.p.A."),
            ("San Diego Zoo", "San Diego"),
            ("ガス", "カス"),
            ("हिन्दी", "हनद"),
        ] {
            assert_ne!(company_key(one), company_key(other), "{one} and {other}");
        }
    }

    #[test]
    fn a_name_of_nothing_but_ornaments_keeps_its_text() {
        for (name, key) in [
            ("The", "the"),
            ("Corporation", "corporation"),
            ("!!!", "!!!"),
            ("🍎", "🍎"),
            ("株式会社", "株式会社"),
            ("  ", ""),
        ] {
            assert_eq!(company_key(name), key, "{name}");
        }
    }

    #[test]
    fn a_host_is_found_in_what_people_type() {
        for (text, host) in [
            ("https://www.Acme.example/", Some("acme.example")),
            ("acme.example", Some("acme.example")),
            ("HTTP://Acme.Example:8080/path?q=1#x", Some("acme.example")),
            ("www.acme.co.uk.", Some("acme.co.uk")),
            ("info@acme.example", Some("acme.example")),
            ("acme.example; acme.test", Some("acme.example")),
            ("//münchen.example", Some("münchen.example")),
            ("www.com", Some("www.com")),
            ("n/a", None),
            ("", None),
            ("acme", None),
            ("192.168.0.1", None),
            ("acme ltd.", None),
            ("=HYPERLINK(\"http://x.example\")", None),
        ] {
            assert_eq!(domain_of(text).as_deref(), host, "{text}");
        }
    }
}
