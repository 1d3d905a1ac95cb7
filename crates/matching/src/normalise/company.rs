//! Names of companies, without what the law adds to them.

use std::{collections::HashSet, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;

use super::{
    country::country_code,
    text::{is_loosely_latin, latin},
};

/// A company's name, ready to be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompanyName {
    /// See [`company_key`].
    pub key: String,
    /// The key without its spaces: `Data Works` and `DataWorks` meet.
    pub solid: String,
    /// The first letters, if there are at least three words: what `IBM` is of `International Business Machines`.
    pub acronym: Option<String>,
    /// The country that the name ends with, as a subsidiary's does: `DE` for `Acme Deutschland GmbH`.
    pub place: Option<&'static str>,
    /// The key without that country.
    pub base: String,
    /// See [`is_loosely_latin`].
    pub loose: bool,
}

impl CompanyName {
    /// `None` for a blank name.
    pub fn parse(name: &str) -> Option<Self> {
        let key = company_key(name);
        if key.is_empty() {
            return None;
        }
        let words: Vec<&str> = key.split(' ').collect();
        let acronym = (words.len() > 2).then(|| words.iter().filter_map(|word| word.chars().next()).collect());
        let place = words.last().filter(|_| words.len() > 1).and_then(|word| country_code(word));
        let base = if place.is_some() { words[..words.len() - 1].join(" ") } else { key.clone() };
        Some(Self { solid: key.replace(' ', ""), acronym, place, base, loose: is_loosely_latin(name), key })
    }
}

/// The key under which spellings of a company's name meet, in Latin letters: `The Coca-Cola Company` and `Coca Cola`,
/// `ООО «Ромашка»` and `Romashka LLC`, `Müller & Söhne GmbH` and `Muller und Sohne`.
///
/// Case, accents, punctuation, articles, legal forms and the word "and" go. `Group` and `Holding` stay: they tell a
/// parent from its subsidiary. A name of nothing else keeps its words, so the key is empty only for a name without
/// a letter or digit.
pub fn company_key(name: &str) -> String {
    let text: String = name.nfkc().collect();
    let text = text.trim();
    let latin = latin(&without_unspaced_forms(text).replace(['&', '+', '＆'], " and "));
    let mut words = join_initials(&latin);
    let all = words.clone();
    strip_class(&mut words);
    strip_articles(&mut words);
    while strip_legal_form(&mut words, text) {}
    if words.len() > 1 && LEGAL_PREFIXES.contains(&words[0].as_str()) {
        words.remove(0);
    }
    words.retain(|word| !matches!(word.as_str(), "and" | "und" | "et"));
    if words.is_empty() { all.join(" ") } else { words.join(" ") }
}

/// East Asian forms stand before or after the name without a space.
fn without_unspaced_forms(name: &str) -> &str {
    if name.is_ascii() {
        return name;
    }
    let mut rest = name;
    for form in UNSPACED_FORMS {
        let shorter = rest.strip_prefix(form).or_else(|| rest.strip_suffix(form)).map(str::trim);
        rest = shorter.filter(|shorter| !shorter.is_empty()).unwrap_or(rest);
    }
    rest
}

/// `J. B.` is one word, so that it meets `JB`.
fn join_initials(latin: &str) -> Vec<String> {
    let is_initial = |word: &str| word.len() == 1 && word.as_bytes()[0].is_ascii_alphabetic();
    let mut words: Vec<String> = Vec::new();
    let mut joining = false;
    for word in latin.split(' ').filter(|word| !word.is_empty()) {
        match words.last_mut() {
            Some(last) if joining && is_initial(word) => last.push_str(word),
            _ => {
                joining = is_initial(word);
                words.push(word.to_owned());
            }
        }
    }
    words
}

/// `(Class B)` of a share, with or without its brackets.
fn strip_class(words: &mut Vec<String>) {
    if let [_, .., class, letter] = words.as_slice()
        && class == "class"
        && letter.len() == 1
    {
        words.truncate(words.len() - 2);
    }
}

fn strip_articles(words: &mut Vec<String>) {
    if words.len() > 1 && words.last().is_some_and(|word| word == "the") {
        words.pop();
    }
    if words.len() > 1 && words[0] == "the" {
        words.remove(0);
    }
}

/// One form from the end, if something would remain.
fn strip_legal_form(words: &mut Vec<String>, name: &str) -> bool {
    for phrase in LEGAL_PHRASES {
        let length = phrase.split(' ').count();
        if words.len() > length && words[words.len() - length..].iter().eq(phrase.split(' ')) {
            words.truncate(words.len() - length);
            return true;
        }
    }
    let is_form = words.len() > 1 && words.last().is_some_and(|word| is_legal_suffix(word, name));
    if is_form {
        words.pop();
    }
    is_form
}

fn is_legal_suffix(word: &str, name: &str) -> bool {
    static SUFFIXES: LazyLock<HashSet<&str>> = LazyLock::new(|| LEGAL_SUFFIXES.split(' ').collect());
    match word {
        // A spa is no form; `SpA`, `S.p.A.` and `SPA` are.
        "spa" => !name.split([' ', ',']).any(|raw| matches!(raw, "spa" | "Spa")),
        // What `Deere & Company` leaves behind.
        "and" | "und" | "et" => true,
        _ => SUFFIXES.contains(word),
    }
}

/// Folded, initials joined. `group` and `holding` are missing on purpose.
const LEGAL_SUFFIXES: &str = "ab ad ag aktiengesellschaft ans ao aps as asa bhd bv bvba cia cjsc co company corp corporation cv \
    doo dooel ead eeig eg ehf eirl ek eood epe esv eurl ev fzc fzco fzllc gbr ges gesmbh ggmbh gk gmbh hf inc incorporated jsc \
    kabushikikaisha kb kft kg kgaa kk kkt ks ky lda limited limitada limitee llc llp lp ltd ltda mbh nv nyrt oao od ohg ojsc \
    ood ooo ou oy oyj pao pc plc pjsc pllc pt pte pty pvt rt sa sab sae sal saoc saog sapi sarl sarlu sas sasu sca scs scrl sdn se \
    sgps sia sl sll slu snc sp spj spk spzoo sro srl srls tbk tov uab ug vof zao zrt pvtltd yk";

/// Several words; longest first where one ends with another.
const LEGAL_PHRASES: [&str; 14] = [
    "spolka z ograniczona odpowiedzialnoscia",
    "gesellschaft mit beschrankter haftung",
    "s de rl de cv",
    "sapi de cv",
    "sab de cv",
    "sa de cv",
    "kabushiki kaisha",
    "godo kaisha",
    "societe anonyme",
    "sociedad anonima",
    "sociedad limitada",
    "public limited company",
    "anonim sirketi",
    "sp zoo",
];

const LEGAL_PREFIXES: [&str; 10] = ["ab", "ooo", "oao", "pao", "ao", "zao", "tov", "pt", "uab", "sia"];

/// Longest first.
const UNSPACED_FORMS: [&str; 14] = [
    "股份有限公司",
    "有限责任公司",
    "有限責任公司",
    "株式会社",
    "有限会社",
    "合同会社",
    "주식회사",
    "유한회사",
    "有限公司",
    "(株)",
    "(有)",
    "(주)",
    "(유)",
    "(同)",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_company_meet() {
        for names in [
            &["The Coca-Cola Company", "Coca-Cola Company (The)", "COCA COLA CO.", "Coca‑Cola"][..],
            &["Alphabet Inc. (Class A)", "alphabet, inc", "Alphabet Inc Class A"],
            &["J.B. Hunt", "JB Hunt", "J. B. Hunt, Inc."],
            &["AT&T", "AT and T", "At & T Inc."],
            &["Deere & Company", "Deere"],
            &["Procter & Gamble", "Procter and Gamble", "PROCTER GAMBLE CO"],
            &["Lowe's", "Lowe’s", "LOWES"],
            &["Müller GmbH & Co. KG", "MULLER", "Müller Gmbh"],
            &["Müller & Söhne GmbH", "Muller und Sohne"],
            &["Société Générale S.A.", "societe generale", "Société Générale, Société Anonyme"],
            &["Łódź Sp. z o.o.", "Lodz"],
            &["Fiat S.p.A.", "Fiat SpA", "FIAT"],
            &["株式会社トヨタ", "トヨタ株式会社", "トヨタ", "㈱トヨタ", "トヨタ(株)", "Toyota K.K."],
            &["腾讯科技有限公司", "腾讯科技"],
            &["ООО «Ромашка»", "Ромашка ООО", "Romashka LLC"],
            &["삼성전자 주식회사", "삼성전자"],
            &["Volvo AB", "AB Volvo", "VOLVO"],
            &["Nokia Oyj", "Nokia"],
            &["Bimbo S.A.B. de C.V.", "Bimbo"],
            &["Petronas Sdn. Bhd.", "Petronas"],
        ] {
            let keys: std::collections::BTreeSet<String> = names.iter().map(|name| company_key(name)).collect();
            assert_eq!(keys.len(), 1, "{names:?} gave {keys:?}");
        }
    }

    #[test]
    fn different_companies_stay_apart() {
        for (one, other) in [
            ("Everest Group", "Everest"),
            ("Acme (Germany)", "Acme (France)"),
            ("News Corp", "Fox Corporation"),
            ("Lotus Spa", "Lotus S.p.A."),
            ("San Diego Zoo", "San Diego"),
            ("ガス", "カス"),
        ] {
            assert_ne!(company_key(one), company_key(other), "{one} and {other}");
        }
    }

    #[test]
    fn a_name_of_nothing_but_ornaments_keeps_its_words() {
        for (name, key) in
            [("The", "the"), ("Corporation", "corporation"), ("  ", ""), ("A/S", "as"), ("株式会社", "zhushihuishe")]
        {
            assert_eq!(company_key(name), key, "{name}");
        }
    }

    #[test]
    fn a_subsidiary_tells_its_country() {
        let place = |name| CompanyName::parse(name).and_then(|name| name.place);
        assert_eq!(place("Acme Deutschland GmbH"), Some("DE"));
        assert_eq!(place("Acme (France) S.A."), Some("FR"));
        assert_eq!(place("Acme"), None);
        assert_eq!(place("Germany"), None, "a name needs more than a country");
    }
}
