//! The number of employees, in the bands that exports use.

/// Upper bounds, inclusive.
const BANDS: [(u64, &str); 7] = [
    (10, "1-10"),
    (50, "11-50"),
    (200, "51-200"),
    (500, "201-500"),
    (1_000, "501-1000"),
    (5_000, "1001-5000"),
    (10_000, "5001-10000"),
];
const LARGEST: &str = "10001+";
/// More than any employer has: a telephone number or a turnover.
const TOO_MANY: u64 = 10_000_000;

/// The band of a number (`16034`, `1.200`, `10k`) or of a range's middle (`100-500`, `10,001+`, `> 500`).
pub fn band(text: &str) -> Option<&'static str> {
    let text = text.trim().to_lowercase();
    let numbers = numbers(&text)?;
    let count = match numbers[..] {
        [one]
            if text.contains('+')
                || text.starts_with('>')
                || text.starts_with("more than")
                || text.starts_with("over ") =>
        {
            one + 1
        }
        [one] if text.starts_with('<') || text.starts_with("less than") || text.starts_with("under ") => {
            one.saturating_sub(1)
        }
        [one] => one,
        [from, to] if from <= to => from.midpoint(to),
        _ => return None,
    };
    if !(1..=TOO_MANY).contains(&count) {
        return None;
    }
    Some(BANDS.iter().find(|(most, _)| count <= *most).map_or(LARGEST, |(_, band)| band))
}

/// Every number in the text, thousands separators understood. `None` when one is a fraction or too long.
fn numbers(text: &str) -> Option<Vec<u64>> {
    let chars: Vec<char> = text.chars().collect();
    let digits_from = |start: usize| chars[start.min(chars.len())..].iter().take_while(|c| c.is_ascii_digit()).count();
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let mut length = digits_from(at);
        if length == 0 {
            at += 1;
            continue;
        }
        let mut number = String::new();
        loop {
            number.extend(&chars[at..at + length]);
            at += length;
            let separated = matches!(chars.get(at), Some(',' | '.' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}'));
            length = digits_from(at + 1);
            if !separated || length != 3 || number.len() > 12 {
                break;
            }
            at += 1;
        }
        if matches!(chars.get(at), Some(',' | '.')) && digits_from(at + 1) > 0 {
            return None;
        }
        let thousands = chars.get(at) == Some(&'k');
        numbers.push(number.parse::<u64>().ok()?.checked_mul(if thousands { 1_000 } else { 1 })?);
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sources_write_falls_into_a_band() {
        for (text, expected) in [
            ("16034", Some("10001+")),
            ("1", Some("1-10")),
            ("50", Some("11-50")),
            ("51-200", Some("51-200")),
            ("10,001+", Some("10001+")),
            ("1,001-5,000", Some("1001-5000")),
            ("1.001–5.000", Some("1001-5000")),
            ("5 001 to 10 000 employees", Some("5001-10000")),
            ("100-500", Some("201-500")),
            ("> 500", Some("501-1000")),
            ("<10", Some("1-10")),
            ("10k+", Some("10001+")),
            ("about 30 people", Some("11-50")),
            ("0", None),
            ("", None),
            ("many", None),
            ("500-100", None),
            ("1.5k", None),
            ("+49 30 555 0114", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(band(text), expected, "{text}");
        }
    }
}
