//! Segments: who is in one follows every lead that is saved.

mod create;
mod delete;
mod fill;
mod filter_keys;
mod follow;
mod read;
mod update;

pub use create::CreateSegment;
pub use read::{SegmentOverlap, Why};
pub use update::UpdateSegment;

pub(super) use follow::{follow, follow_ids};
