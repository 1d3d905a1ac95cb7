//! What looks like one: found in the background, shown, and dismissed.

mod dismiss;
mod find;
mod read;

pub use read::PossibleDuplicate;
