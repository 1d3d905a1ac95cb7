//! Countries by the names that people and exports give them.

use std::{collections::HashMap, sync::LazyLock};

/// ISO 3166 alpha-2 of a code, a name or a place that ends in one: `de`, `Germany`, `Deutschland`,
/// `Dublin, Ireland`, `Saint Paul, Minnesota`.
pub fn code(text: &str) -> Option<&'static str> {
    // Encyclopaedias leave their footnotes behind: `Miami, Florida[3]`.
    let text = text.split('[').next().unwrap_or_default();
    if let Some(code) = COUNTRIES.get(&fold(text)) {
        return Some(code);
    }
    let (_, last) = text.rsplit_once(',')?;
    let last = fold(last);
    // `Los Angeles, CA` is no place in Canada, and `Atlanta, Georgia` none in the Caucasus.
    COUNTRIES.get(&last).copied().filter(|code| !last.eq_ignore_ascii_case(code) && last != "georgia")
}

/// The country whose top-level domain this is, unless the world at large uses it.
pub fn of_domain(domain: &str) -> Option<&'static str> {
    let (_, tld) = domain.rsplit_once('.')?;
    if tld.len() != 2 || USED_BY_EVERYBODY.contains(&tld) {
        return None;
    }
    code(tld)
}

/// Country domains that are sold for how they read.
const USED_BY_EVERYBODY: [&str; 27] = [
    "ac", "ag", "ai", "am", "as", "cc", "co", "cx", "dj", "fm", "gg", "gl", "im", "io", "la", "ly", "me", "ms", "nu",
    "sc", "sh", "tk", "to", "tv", "vc", "vg", "ws",
];

/// `CODE name|other name|…` a line; `#` begins a comment.
static COUNTRIES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut countries = HashMap::new();
    for line in include_str!("countries.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((code, names)) = line.split_once(' ') else { continue };
        countries.insert(fold(code), code);
        countries.extend(names.split('|').map(|name| (fold(name), code)));
    }
    countries
});

/// Lower case, without punctuation; `U.S.A.` becomes `usa`.
fn fold(text: &str) -> String {
    let kept: String =
        text.to_lowercase().chars().filter(|c| c.is_alphanumeric() || c.is_whitespace() || *c == '-').collect();
    let words = kept.split(|c: char| c.is_whitespace() || c == '-').filter(|word| !word.is_empty() && *word != "the");
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_known_by_code_name_and_place() {
        for (text, expected) in [
            ("de", Some("DE")),
            ("Germany", Some("DE")),
            ("Deutschland", Some("DE")),
            ("UK", Some("GB")),
            ("U.S.A.", Some("US")),
            ("The Netherlands", Some("NL")),
            ("Côte d'Ivoire", Some("CI")),
            ("Dublin, Ireland", Some("IE")),
            ("Saint Paul, Minnesota", Some("US")),
            ("Washington, D.C.", Some("US")),
            ("Miami, Florida[3]", Some("US")),
            ("Georgia", Some("GE")),
            ("Atlanta, Georgia", None),
            ("Los Angeles, CA", None),
            ("Atlantis", None),
            ("", None),
            (",", None),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn a_domain_tells_its_country_unless_the_world_uses_it() {
        for (domain, expected) in [
            ("engines.de", Some("DE")),
            ("engines.co.uk", Some("GB")),
            ("engines.io", None),
            ("engines.ai", None),
            ("engines.eu", None),
            ("engines.com", None),
            ("engines.example", None),
            ("de", None),
        ] {
            assert_eq!(of_domain(domain), expected, "{domain}");
        }
    }

    #[test]
    fn every_line_of_the_list_is_read_and_no_name_is_two_countries() {
        let lines: Vec<&str> = include_str!("countries.txt").lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.len(), 249, "as many as ISO 3166-1 has");
        let mut owners: HashMap<String, &str> = HashMap::new();
        for line in lines {
            let (code, names) = line.split_once(' ').unwrap();
            assert!(code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()), "{line}");
            for name in names.split('|').chain([code]) {
                let owner = owners.insert(fold(name), code);
                assert!(owner.is_none_or(|owner| owner == code), "{name}");
            }
        }
    }
}
