//! How much is fuzzed, and from where: the same in every run, unless somebody wants to look elsewhere or for longer.

use std::{env, ops::Range};

/// `count` seeds, from 0 on. `FUZZ_SEED` begins elsewhere and `FUZZ_TIMES` takes so many times as many:
/// `FUZZ_SEED=1000000 FUZZ_TIMES=100 cargo nextest run fuzz`.
pub fn seeds(count: u64) -> Range<u64> {
    let first = setting("FUZZ_SEED", 0);
    first..first + count * setting("FUZZ_TIMES", 1)
}

#[expect(clippy::disallowed_methods, reason = "who runs the tests says so, not a configuration")]
fn setting(name: &str, otherwise: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a whole number, not {text:?}")),
        Err(_) => otherwise,
    }
}
