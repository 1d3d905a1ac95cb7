//! The platform's promises, each on both engines or both buses.

mod bus;
mod door;
mod events;

use ::events::{Envelope, examples};
use chrono::{TimeZone, Utc};
use kernel::Clock;

/// `count` events of two types, in turn, each with an id of its own.
fn envelopes(clock: &Clock, count: usize) -> Vec<Envelope> {
    let examples = examples::all();
    let two = examples.iter().take(2).cycle();
    two.take(count).cloned().map(|envelope| Envelope { id: clock.id(), ..envelope }).collect()
}

fn clock() -> Clock {
    Clock::fixed(Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap(), 1)
}
