//! What was written as a value, read as a value of a field.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};

use crate::{
    MAX_TEXT, Type,
    ast::{At, Literal},
    error::{ErrorKind, Fault},
    filter::{Constant, Meaning},
    fold::{fold, item, text_key},
    suggest::nearest,
    time::length,
    types::{Comparable, quoted, written},
};

/// More digits than these a floating-point number does not keep.
const MAX_DIGITS: usize = 15;

/// `part`: of a text, what it contains, starts or ends with.
pub(crate) fn constant(name: &str, kind: &Type, part: bool, literal: &At<Literal>) -> Result<Constant, Fault> {
    let read = match (kind, &literal.it) {
        (Type::Text, Literal::Text(text)) if part => part_of_text(text),
        (Type::Text, Literal::Text(text)) => word(name, text).map(|key| (quoted(text), one(Comparable::Text(key)))),
        (Type::List, Literal::Text(text)) => {
            word(name, text).map(|key| (quoted(text), one(Comparable::Text(item(&key)))))
        }
        (Type::Choice(choices), Literal::Text(text)) => return choice(name, choices, text, literal),
        (Type::Integer, Literal::Number(number)) => integer(name, number),
        (Type::Number, Literal::Number(text)) => number(text),
        (Type::Boolean, Literal::Boolean(boolean)) => Ok((boolean.to_string(), one(Comparable::Boolean(*boolean)))),
        (Type::Time, Literal::Text(text)) => moment(text),
        (Type::Date, Literal::Text(text)) => match date(text) {
            Some(date) => Ok((format!("\"{date}\""), one(Comparable::Date(date)))),
            None => Err(format!("{} is no day; write one as \"2026-01-31\"", quoted(text))),
        },
        (Type::Time, Literal::Now | Literal::Ago(_) | Literal::FromNow(_)) => {
            let (shown, offset) = relative(&literal.it);
            Ok((shown, Meaning::Moment(offset)))
        }
        (Type::Date, Literal::Now | Literal::Ago(_) | Literal::FromNow(_)) => {
            let (shown, offset) = relative(&literal.it);
            Ok((shown, Meaning::DayOf(offset)))
        }
        _ => {
            let message = format!("`{name}` is {}: here should be {}", kind.words(), example(kind));
            return Err(Fault::new(ErrorKind::WrongType, literal.span, message));
        }
    };
    match read {
        Ok((shown, meaning)) => Ok(Constant { shown, meaning }),
        Err(message) => Err(Fault::new(ErrorKind::WrongValue, literal.span, message)),
    }
}

impl Constant {
    /// Whether it comes after the other at every moment.
    pub(crate) fn is_after(&self, other: &Constant) -> bool {
        use Meaning::{Day, DayOf, Moment, One};
        match (&self.meaning, &other.meaning) {
            (Moment(one) | DayOf(one), Moment(two) | DayOf(two)) => one > two,
            (One(low) | Day(low, _), One(high) | Day(_, high)) => low > high,
            _ => false,
        }
    }
}

type Read = Result<(String, Meaning), String>;

fn one(value: Comparable) -> Meaning {
    Meaning::One(value)
}

fn example(kind: &Type) -> &'static str {
    match kind {
        Type::Text | Type::Choice(_) | Type::List => "a text in quotes",
        Type::Integer => "a number without quotes and fraction",
        Type::Number => "a number without quotes",
        Type::Boolean => "true or false",
        Type::Time => "a day or moment as \"2026-01-31\" or \"2026-01-31T09:00:00Z\", or ago(30 days)",
        Type::Date => "a day as \"2026-01-31\", or ago(30 days)",
    }
}

fn part_of_text(text: &str) -> Read {
    let folded = fold(text);
    if folded.trim().is_empty() {
        return Err("There is nothing to look for in these quotes".to_owned());
    }
    short(folded).map(|folded| (quoted(text), one(Comparable::Text(folded))))
}

fn word(name: &str, text: &str) -> Result<String, String> {
    let key = text_key(text).ok_or_else(|| format!("A blank text counts as unknown; write `{name} is unknown`"))?;
    short(key)
}

/// A letter can fold to eighteen, and SQLite takes no pattern beyond 50,000 bytes.
fn short(folded: String) -> Result<String, String> {
    match folded.chars().nth(MAX_TEXT) {
        None => Ok(folded),
        Some(_) => Err(format!("The text in these quotes is longer than {MAX_TEXT} characters")),
    }
}

/// The choice itself, or the one that differs in case only.
fn choice(name: &str, choices: &[String], text: &str, literal: &At<Literal>) -> Result<Constant, Fault> {
    let same_but_case = |choice: &&String| choice.to_lowercase() == text.to_lowercase();
    let found = choices.iter().find(|choice| *choice == text).or_else(|| choices.iter().find(same_but_case));
    if let Some(choice) = found {
        return Ok(Constant { shown: quoted(choice), meaning: one(Comparable::Text(choice.clone())) });
    }
    let some: Vec<_> = choices.iter().take(12).map(|choice| quoted(choice)).collect();
    let more = if choices.len() > some.len() { " and others" } else { "" };
    let message = format!("`{name}` is never {}; it is one of {}{more}", quoted(text), some.join(", "));
    let near = nearest(text, choices.iter().map(String::as_str)).map(|choice| quoted(&choice));
    Err(Fault::new(ErrorKind::WrongValue, literal.span, message).suggest(near))
}

fn integer(name: &str, text: &str) -> Read {
    if text.contains('.') {
        return Err(format!("`{name}` is a whole number: {text} has a fraction"));
    }
    match text.parse() {
        Ok(integer) => Ok((format!("{integer}"), one(Comparable::Integer(integer)))),
        Err(_) => Err(format!("{text} is out of range")),
    }
}

fn number(text: &str) -> Read {
    let digits = text.chars().filter(char::is_ascii_digit).skip_while(|digit| *digit == '0').count();
    // Added to zero, so that a negative zero is one.
    match text.parse::<f64>() {
        Ok(number) if digits <= MAX_DIGITS => {
            let number = number + 0.0;
            Ok((number.to_string(), one(Comparable::Number(number))))
        }
        _ => Err(format!("A number has at most {MAX_DIGITS} digits")),
    }
}

/// A moment, or the whole of a day in UTC.
fn moment(text: &str) -> Read {
    if let Some(date) = date(text) {
        let last = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap_or_default();
        let at = |time| Comparable::Time(date.and_time(time).and_utc());
        return Ok((format!("\"{date}\""), Meaning::Day(at(NaiveTime::MIN), at(last))));
    }
    let example = "write a day as \"2026-01-31\" or a moment as \"2026-01-31T09:00:00Z\"";
    let Ok(time) = DateTime::parse_from_rfc3339(text) else {
        return Err(format!("{} is no moment; {example}", quoted(text)));
    };
    let time = time.with_timezone(&Utc);
    // Nor a leap second, which no database has.
    let kept = time.nanosecond() < 1_000_000_000 && time.nanosecond() % 1_000 == 0;
    if !kept || !(1..=9999).contains(&time.year()) {
        return Err(format!("{} is finer than a microsecond, or beyond the years 1 to 9999", quoted(text)));
    }
    Ok((written(time), one(Comparable::Time(time))))
}

fn date(text: &str) -> Option<NaiveDate> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (plain && date.year() >= 1).then_some(date)
}

fn relative(literal: &Literal) -> (String, TimeDelta) {
    match literal {
        Literal::Ago(period) => (format!("ago({period})"), -length(*period)),
        Literal::FromNow(period) => (format!("from_now({period})"), length(*period)),
        _ => ("now()".to_owned(), TimeDelta::zero()),
    }
}
