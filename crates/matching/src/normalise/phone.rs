//! Telephone numbers in the form of ITU-T E.164.

use any_ascii::any_ascii_char;

use super::country::{self, Country};

/// `+` and digits, calling code first. A number without its calling code needs `country`, as two letters.
/// `None` for what is no number, or has too few or too many digits for its country.
///
/// It knows calling codes, trunk prefixes and lengths, not which ranges are in use. Extensions are left out: they
/// tell two desks apart, but a record seldom has one.
pub fn e164(text: &str, country: Option<&str>) -> Option<String> {
    let (digits, plus) = digits(text)?;
    let home = country.and_then(country::find);
    if let Some(rest) = international(&digits, plus, home) {
        return from_abroad(rest);
    }
    let home = home?;
    let national = within(home, digits.strip_prefix(home.trunk).unwrap_or(&digits));
    // `49 30 123456`, with the plus forgotten; and a number without its trunk prefix that happens to start like one.
    national.or_else(|| within(home, digits.strip_prefix(home.calling)?)).or_else(|| within(home, &digits))
}

/// The digits of any script, without what is bracketed for callers from abroad to leave out, and whether a plus
/// stands before them.
fn digits(text: &str) -> Option<(String, bool)> {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("tel:").unwrap_or(&text).replace("(0)", "");
    let number = text.split([';', ',', '#']).next().unwrap_or_default();
    let number = ["ext", "x", "доб", "durchwahl"]
        .iter()
        .filter_map(|word| number.find(word))
        .min()
        .map_or(number, |at| &number[..at]);
    if number.chars().filter(|c| c.is_alphabetic()).count() > 0 {
        return None;
    }
    let digits: String =
        number.chars().flat_map(|c| any_ascii_char_or(c).chars()).filter(char::is_ascii_digit).collect();
    let plus = number.trim_start_matches(|c: char| !c.is_numeric() && c != '+' && c != '＋').starts_with(['+', '＋']);
    (!digits.is_empty()).then_some((digits, plus))
}

fn any_ascii_char_or(c: char) -> &'static str {
    if c.is_numeric() { any_ascii_char(c) } else { "" }
}

/// What follows the plus or the prefix for calls abroad.
fn international<'a>(digits: &'a str, plus: bool, home: Option<&Country>) -> Option<&'a str> {
    if plus {
        return Some(digits);
    }
    match home.map(|home| home.calling) {
        Some("1") => digits.strip_prefix("011"),
        Some("7") => digits.strip_prefix("810"),
        Some("81") => digits.strip_prefix("010"),
        _ => digits.strip_prefix("00"),
    }
}

fn from_abroad(digits: &str) -> Option<String> {
    match country::by_calling_code(digits) {
        Some(country) => {
            let national = &digits[country.calling.len()..];
            // Mexico dialled a 1 before mobile numbers until 2019.
            let national =
                national.strip_prefix('1').filter(|rest| country.code == "MX" && rest.len() == 10).unwrap_or(national);
            // `+44 020 ..`: written as at home.
            let trunk = country.trunk == "0";
            within(country, national.strip_prefix('0').filter(|_| trunk).unwrap_or(national))
        }
        None => (8..=15).contains(&digits.len()).then(|| format!("+{digits}")),
    }
}

fn within(country: &Country, national: &str) -> Option<String> {
    let (least, most) = country.digits;
    (least..=most).contains(&national.len()).then(|| format!("+{}{national}", country.calling))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_form_however_it_is_written() {
        for (text, country) in [
            ("+49 30 901820", None),
            ("+49 (0)30 / 90 18 20", None),
            ("0049-30-901820", Some("DE")),
            ("0049 30 901820", None),
            ("030 901820", Some("DE")),
            ("(030) 90 18 20", Some("DE")),
            ("+49 030 901820", Some("FR")),
            ("tel:+49-30-901820;ext=12", None),
            ("030 901820 ext. 12", Some("de")),
            ("＋４９ ３０ ９０１８２０", None),
        ] {
            assert_eq!(e164(text, country).as_deref(), Some("+4930901820"), "{text}");
        }
    }

    #[test]
    fn trunk_prefixes_are_each_countrys_own() {
        for (text, country, expected) in [
            ("(415) 555-0132", "US", "+14155550132"),
            ("1-415-555-0132 x7", "US", "+14155550132"),
            ("011 44 20 7946 0123", "US", "+442079460123"),
            ("020 7946 0123", "GB", "+442079460123"),
            ("06 555 0123", "IT", "+39065550123"),
            ("8 (495) 123-45-67", "RU", "+74951234567"),
            ("06 1 234 5678", "HU", "+3612345678"),
            ("03-1234-5678", "JP", "+81312345678"),
            ("612 345 678", "ES", "+34612345678"),
            ("+52 1 55 1234 5678", "US", "+525512345678"),
            ("٠٥٠ ١٢٣ ٤٥٦٧", "AE", "+971501234567"),
        ] {
            assert_eq!(e164(text, Some(country)).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_has_no_form() {
        for (text, country) in [
            ("", None),
            ("n/a", Some("US")),
            ("030 901820", None),
            ("12", Some("US")),
            ("+1 415 555", None),
            ("call me", Some("US")),
            ("2024-01-01T00:00", Some("US")),
            ("+", None),
        ] {
            assert_eq!(e164(text, country), None, "{text}");
        }
    }
}
