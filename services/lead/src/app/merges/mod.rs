//! Records that become one, and themselves again.

mod accounts;
mod family;
mod merge;
mod preview;
mod read;
mod tell;
mod unmerge;

pub use merge::{MergeRecords, Merged};
pub use preview::{Preview, is_shown};
pub use unmerge::Unmerged;
