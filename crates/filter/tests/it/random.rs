//! Random people, and random filters over them.

use chrono::{NaiveDate, TimeDelta};
use kernel::Timestamp;
use pipewright_filter::{Filter, Value};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

use crate::world::{Person, moment, schema};

/// Few, so that records and filters often meet; and what folds, quotes or escapes in a way of its own.
const WORDS: &[&str] = &[
    "gold",
    "Gold",
    "VP Sales",
    "vp sales ops",
    "Straße",
    "STRASSE",
    "ΟΔΟΣ",
    "οδος",
    "İstanbul",
    "istanbul",
    "ИВАНОВ",
    "Иванов",
    "ﬁnance",
    "Finance",
    "ＡＣＭＥ",
    "acme",
    "José",
    "Jose\u{301}",
    "jose",
    "100%",
    "100",
    "a_b",
    "axb",
    "back\\slash",
    "quo\"te",
    "it's",
    "'; drop table person; --",
    "$1",
    "?",
    "東京",
    "😀 ok",
    " padded ",
    "Ⅷ",
    "new\u{a0}york",
    "\u{feff}x",
    "각",
    "ᄀ",
    "a\u{2028}b",
    "\u{202e}oks",
    "\u{345}ᾳ",
    "Ǆ",
    "\u{fdfa}",
];

fn pick<T: Copy>(rng: &mut StdRng, all: &[T]) -> T {
    *all.choose(rng).unwrap()
}

fn word(rng: &mut StdRng) -> String {
    pick(rng, WORDS).to_owned()
}

/// Near now and on the bounds of what filters say of it.
fn time(rng: &mut StdRng) -> Timestamp {
    let bounds =
        ["2026-11-23T09:00:00Z", "2026-11-23T00:00:00Z", "2026-11-22T23:59:59.999999Z", "2026-01-31T12:00:00.5Z"];
    let from = moment(pick(rng, &bounds));
    let steps = [0, 1, -1, 1_000, 60_000_000, -3_600_000_000, -86_400_000_000, 86_400_000_000, -7 * 86_400_000_000];
    from + TimeDelta::microseconds(pick(rng, &steps))
}

fn date(rng: &mut StdRng) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap() + TimeDelta::days(pick(rng, &[0, 0, 1, -1, -7, 30, -296]))
}

const INTEGERS: &[i64] = &[0, 1, -1, 5, 200, 201, i64::MAX, i64::MIN, 9_007_199_254_740_993];
const NUMBERS: &[f64] = &[0.0, -0.0, 0.1, 0.3, 1.5, -2.25, 200.0, 1e-7, 123_456_789.012_345, 999_999_999_999_999.0];
/// What nobody writes, but sums come to.
const SUMS: &[f64] = &[0.1 + 0.2, 1.0 / 3.0, 1e300, 5e-324, -1e-17];

pub fn person(rng: &mut StdRng) -> Person {
    let mut person = Person::default();
    let mut set = |rng: &mut StdRng, field: &str, value: Value| {
        if rng.random_bool(0.75) {
            person.values.insert(field.to_owned(), value);
        }
    };
    for field in ["title", "company", "attr.tier"] {
        let text = match rng.random_range(0..20) {
            0 => "  ".to_owned(),
            1 => "nul\0 and\nline".to_owned(),
            _ => word(rng),
        };
        set(rng, field, Value::Text(text));
    }
    let country = pick(rng, &["DE", "FR", "US", "de"]).to_owned();
    set(rng, "country", Value::Text(country));
    let plan = pick(rng, &["Basic", "Pro", "Legacy"]).to_owned();
    set(rng, "attr.plan", Value::Text(plan));
    for field in ["employees", "attr.seats"] {
        let value = Value::Integer(pick(rng, INTEGERS));
        set(rng, field, value);
    }
    for field in ["score", "attr.rating"] {
        let value = Value::Number(if rng.random_bool(0.8) { pick(rng, NUMBERS) } else { pick(rng, SUMS) });
        set(rng, field, value);
    }
    for field in ["active", "attr.vip"] {
        let value = Value::Boolean(rng.random());
        set(rng, field, value);
    }
    for field in ["created_at", "attr.seen"] {
        let value = Value::Time(time(rng));
        set(rng, field, value);
    }
    for field in ["born", "attr.renewal"] {
        let value = Value::Date(date(rng));
        set(rng, field, value);
    }
    for field in ["tags", "attr.topics"] {
        let items = (0..rng.random_range(0..4)).map(|_| word(rng)).collect();
        set(rng, field, Value::List(items));
    }
    for _ in 0..rng.random_range(0..5) {
        person.deeds.push((pick(rng, &["email.opened", "page.viewed"]), time(rng)));
    }
    person
}

/// A random filter, as somebody might write it.
pub fn sentence(rng: &mut StdRng, depth: usize) -> String {
    if depth == 0 || rng.random_bool(0.4) {
        return condition(rng);
    }
    let part = |rng: &mut StdRng| {
        let part = sentence(rng, depth - 1);
        if rng.random_bool(0.7) { format!("({part})") } else { part }
    };
    match rng.random_range(0..3) {
        0 => format!("not ({})", part(rng)),
        1 => format!("{} and {}", part(rng), part(rng)),
        _ => format!("{} or\n {} OR {}", part(rng), part(rng), part(rng)),
    }
}

fn condition(rng: &mut StdRng) -> String {
    let not = pick(rng, &["", "not "]);
    let equal = pick(rng, &["=", "!="]);
    let compare = pick(rng, &["=", "!=", "<", "<=", ">", ">="]);
    let kind = rng.random_range(0..10);
    if kind < 9 && rng.random_bool(0.1) {
        let field =
            pick(rng, &["title", "company", "country", "score", "active", "born", "tags", "attr.plan", "attr.vip"]);
        return format!("{field} is {}", pick(rng, &["known", "unknown", "not known"]));
    }
    match kind {
        0 | 1 => {
            let field = pick(rng, &["title", "company", "attr.tier", "Title"]);
            match rng.random_range(0..3) {
                0 => format!("{field} {equal} {}", quoted(&word(rng))),
                1 => format!("{field} {not}in {}", list(rng, |rng| quoted(&word(rng)))),
                _ => {
                    let part = pick(rng, &["contains", "starts with", "ends with"]);
                    format!("{field} {not}{part} {}", quoted(&part_of(rng)))
                }
            }
        }
        2 => match rng.random_range(0..3) {
            0 => format!("country {equal} {}", pick(rng, &["'DE'", "\"fr\"", "'US'"])),
            1 => format!("country {not}in {}", list(rng, |rng| pick(rng, &["'DE'", "'FR'"]).to_owned())),
            _ => format!("attr.plan {equal} {}", pick(rng, &["'Basic'", "'pro'"])),
        },
        3 => ordered(rng, &["employees", "attr.seats"], compare, not, |rng| pick(rng, INTEGERS).to_string()),
        4 => ordered(rng, &["score", "attr.rating"], compare, not, |rng| pick(rng, NUMBERS).to_string()),
        5 => format!("{} {equal} {}", pick(rng, &["active", "attr.vip"]), rng.random::<bool>()),
        6 => {
            let field = pick(rng, &["created_at", "attr.seen"]);
            if rng.random_bool(0.7) {
                return format!("{field} {compare} {}", a_moment(rng));
            }
            between(field, not, [a_moment(rng), a_moment(rng)])
        }
        7 => ordered(rng, &["born", "attr.renewal"], compare, not, |rng| match rng.random_range(0..3) {
            0 => relative(rng),
            _ => format!("'{}'", date(rng)),
        }),
        8 => {
            let field = pick(rng, &["tags", "attr.topics"]);
            let quantity = pick(rng, &["any", "all"]);
            format!("{field} {not}has {quantity} of {}", list(rng, |rng| quoted(&word(rng))))
        }
        _ => {
            let within = pick(rng, &["", ", within 7 days", ", within 1 hour", ", within 60 minutes"]);
            let did = format!("did('{}'{within})", pick(rng, &["email.opened", "page.viewed"]));
            match rng.random_range(0..4) {
                0 => did,
                1 => between(&did, not, ["0".to_owned(), rng.random_range(0..3).to_string()]),
                2 => format!("{did} {not}in (0, 2)"),
                _ => format!("{did} {compare} {}", rng.random_range(0..3)),
            }
        }
    }
}

fn ordered(
    rng: &mut StdRng,
    fields: &[&str],
    compare: &str,
    not: &str,
    mut value: impl FnMut(&mut StdRng) -> String,
) -> String {
    let field = pick(rng, fields);
    match rng.random_range(0..4) {
        0 => format!("{field} {not}in {}", list(rng, &mut value)),
        1 => between(field, not, [value(rng), value(rng)]),
        _ => format!("{field} {compare} {}", value(rng)),
    }
}

/// In the order that the language asks for.
fn between(subject: &str, not: &str, [one, other]: [String; 2]) -> String {
    let forward = format!("{subject} {not}between {one} and {other}");
    if Filter::parse(&forward, schema()).is_ok() {
        return forward;
    }
    format!("{subject} {not}between {other} and {one}")
}

fn a_moment(rng: &mut StdRng) -> String {
    match rng.random_range(0..3) {
        0 => relative(rng),
        1 => format!("'{}'", date(rng)),
        _ => format!("'{}'", time(rng).to_rfc3339()),
    }
}

fn relative(rng: &mut StdRng) -> String {
    let all = [
        "now()",
        "ago(1 day)",
        "ago(7 days)",
        "ago(1 week)",
        "ago(60 minutes)",
        "from_now(24 hours)",
        "from_now(30 days)",
    ];
    pick(rng, &all).to_owned()
}

fn list(rng: &mut StdRng, mut value: impl FnMut(&mut StdRng) -> String) -> String {
    let values: Vec<_> = (0..rng.random_range(1..4)).map(|_| value(rng)).collect();
    format!("({})", values.join(", "))
}

/// Some letters of a word, in one case or the other.
fn part_of(rng: &mut StdRng) -> String {
    let word: Vec<char> = word(rng).chars().collect();
    let start = rng.random_range(0..word.len());
    let end = rng.random_range(start..word.len()) + 1;
    let part: String = word[start..end].iter().collect();
    match rng.random_range(0..3) {
        _ if part.trim().is_empty() => "a".to_owned(),
        0 => part.to_uppercase(),
        1 => part.to_lowercase(),
        _ => part,
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
