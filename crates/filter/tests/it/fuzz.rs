//! Whatever is written, the answer is a filter or an error at a place in the text.

use pipewright_filter::Filter;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use crate::{random::sentence, world::schema};

const SPLINTERS: &[&str] = &[
    "(",
    ")",
    ",",
    "\"",
    "'",
    "\\",
    "=",
    "!",
    "<",
    ">",
    "-",
    ".",
    "1",
    "0.",
    "-9",
    "99999999999999999999",
    "not ",
    "and",
    "or",
    "in",
    "is",
    "known",
    "between",
    "has any of",
    "did(",
    "within ",
    "days",
    "ago(",
    "now()",
    "true",
    "attr.",
    "title",
    "#",
    "\n",
    "\r\n",
    "\0",
    "\u{feff}",
    "é",
    "😀",
    "ß",
    "\u{202e}",
    "''",
    "2026-01-31",
    "'2026-02-30T25:00:00Z'",
];

#[test]
fn no_text_breaks_the_language() {
    let schema = schema();
    let mut rng = StdRng::seed_from_u64(99);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..20_000 {
        let mut text: Vec<char> =
            if rng.random_bool(0.8) { sentence(&mut rng, 2).chars().collect() } else { Vec::new() };
        for _ in 0..rng.random_range(0..4) {
            let at = rng.random_range(0..=text.len());
            if rng.random_bool(0.3) {
                text.truncate(at);
            } else if rng.random_bool(0.3) && at < text.len() {
                text.remove(at);
            } else {
                let splinter = SPLINTERS.choose(&mut rng).unwrap();
                text.splice(at..at, splinter.chars());
            }
        }
        let text: String = text.into_iter().collect();
        match Filter::parse(&text, schema) {
            Ok(filter) => {
                good += 1;
                assert_eq!(Filter::parse(&filter.to_string(), schema).as_ref(), Ok(&filter), "{text}");
            }
            Err(errors) => {
                bad += 1;
                assert!(errors.iter().count() > 0, "{text}");
                for error in errors.iter() {
                    let rest = text.get(error.at.offset..).unwrap_or_else(|| panic!("{text}: {error:?}"));
                    assert!(error.at.length <= rest.chars().count(), "{text}: {error:?}");
                    let line = text.split('\n').nth(error.at.line - 1).unwrap();
                    assert!(error.at.column <= line.chars().count() + 1, "{text}: {error:?}");
                }
            }
        }
    }
    assert!(good > 3_000 && bad > 3_000, "both are met often: {good} and {bad}");
}
