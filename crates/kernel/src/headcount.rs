//! The number of employees, as sources write it.

/// More than any employer has: a telephone number or a turnover.
const TOO_MANY: u64 = 10_000_000;

/// The number that a text gives (`16034`, `1.200`, `10k`), or a range's middle (`100-500`); what is more (`10,001+`, `> 500`)
/// or less (`< 50`) counts as one more or less.
pub fn headcount(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let numbers = numbers(&text)?;
    let count = match numbers[..] {
        [one]
            if text.contains('+')
                || text.starts_with('>')
                || text.starts_with("more than")
                || text.starts_with("over ") =>
        {
            one.saturating_add(1)
        }
        [one] if text.starts_with('<') || text.starts_with("less than") || text.starts_with("under ") => {
            one.saturating_sub(1)
        }
        [one] => one,
        [from, to] if from <= to => from.midpoint(to),
        _ => return None,
    };
    (1..=TOO_MANY).contains(&count).then_some(count)
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
    fn what_sources_write_is_a_number() {
        for (text, expected) in [
            ("16034", Some(16_034)),
            ("51-200", Some(125)),
            ("10,001+", Some(10_002)),
            ("1.001–5.000", Some(3_000)),
            ("> 500", Some(501)),
            ("<10", Some(9)),
            ("10k", Some(10_000)),
            ("about 30 people", Some(30)),
            ("0", None),
            ("many", None),
            ("500-100", None),
            ("1.5k", None),
            ("+49 30 555 0114", None),
            ("99999999999999999999999", None),
            ("18446744073709551615+", None),
        ] {
            assert_eq!(headcount(text), expected, "{text}");
        }
    }
}
