//! Hosts of web and mail addresses.

/// A host in the form that the network uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Lower case, other scripts in Punycode.
    pub ascii: String,
    /// The Latin domain that this one is easily taken for, because it writes some of the letters in another
    /// script: an `аcme.example` whose `а` is Cyrillic.
    pub imitates: Option<String>,
}

impl Domain {
    /// Of a web address, an e-mail address or a bare host.
    pub fn parse(text: &str) -> Option<Self> {
        let host = domain_of(text)?;
        if host.is_ascii() && !host.contains("xn--") {
            return Some(Self { ascii: host, imitates: None });
        }
        let ascii = idna::domain_to_ascii(&host).ok()?;
        let (unicode, _) = idna::domain_to_unicode(&ascii);
        let imitates = Some(unicode.chars().map(look_alike).collect::<String>());
        Some(Self { ascii, imitates: imitates.filter(|latin| latin.is_ascii()) })
    }
}

/// The host in what people type: lower case, without scheme, `www.`, port and path. Of several, the first. `None` when
/// there is no domain name in it.
pub fn domain_of(text: &str) -> Option<String> {
    let first = text.trim().split([',', ';']).next().unwrap_or_default().trim();
    let rest = first.split_once("://").map_or(first, |(_, rest)| rest);
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_lowercase();
    let host = host.strip_prefix("www.").filter(|bare| bare.contains('.')).unwrap_or(&host);
    is_domain_name(host).then(|| host.to_owned())
}

fn is_domain_name(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    // A last label of digits is an IPv4 address or a number such as `3.14`.
    host.len() <= 253
        && host.split('.').all(label)
        && host.rsplit_once('.').is_some_and(|(_, top)| top.chars().any(char::is_alphabetic))
}

/// The Latin letter that a Cyrillic or Greek one looks like, of those in Unicode's confusables (UTS 39) that no
/// reader could tell apart; any other character as it is.
fn look_alike(c: char) -> char {
    const PAIRS: &[(char, char)] = &[
        ('а', 'a'),
        ('е', 'e'),
        ('о', 'o'),
        ('р', 'p'),
        ('с', 'c'),
        ('у', 'y'),
        ('х', 'x'),
        ('і', 'i'),
        ('ј', 'j'),
        ('ѕ', 's'),
        ('һ', 'h'),
        ('ԁ', 'd'),
        ('ԛ', 'q'),
        ('ԝ', 'w'),
        ('ӏ', 'l'),
        ('ο', 'o'),
        ('α', 'a'),
        ('ν', 'v'),
        ('ρ', 'p'),
        ('ı', 'i'),
        ('ɡ', 'g'),
    ];
    PAIRS.iter().find(|(foreign, _)| *foreign == c).map_or(c, |(_, latin)| *latin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_in_what_people_type() {
        for (text, host) in [
            ("https://www.Acme.example/", Some("acme.example")),
            ("HTTP://Acme.Example:8080/path?q=1#x", Some("acme.example")),
            ("info@acme.example", Some("acme.example")),
            ("acme.example; acme.test", Some("acme.example")),
            ("//münchen.example", Some("xn--mnchen-3ya.example")),
            ("XN--MNCHEN-3YA.example", Some("xn--mnchen-3ya.example")),
            ("www.com", Some("www.com")),
            ("n/a", None),
            ("192.168.0.1", None),
            ("", None),
        ] {
            assert_eq!(Domain::parse(text).map(|domain| domain.ascii).as_deref(), host, "{text}");
        }
    }

    #[test]
    fn a_domain_in_borrowed_letters_is_found_out() {
        let imitation = Domain::parse("https://аcme.example").unwrap();
        assert_eq!(imitation.imitates.as_deref(), Some("acme.example"));
        assert_ne!(imitation.ascii, "acme.example");
        for honest in ["acme.example", "münchen.example", "яндекс.example"] {
            assert_eq!(Domain::parse(honest).unwrap().imitates, None, "{honest}");
        }
    }
}
