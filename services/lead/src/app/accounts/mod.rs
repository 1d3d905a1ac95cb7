//! Accounts beside their own fields: domains, who is above whom, size, and what it adds up to.

mod bands;
mod domains;
mod link;
mod on_fact;
mod rollup;
mod size;

pub use bands::UpdateSegmentBands;
pub use domains::AccountDomain;
pub use on_fact::{AccountFacts, SUBJECTS as ACCOUNT_FACTS};

pub(super) use domains::{Domains, MAX_DOMAINS, domains_of, tell_domains};
pub(super) use link::refusal as link_refused;
pub(super) use size::{follow_size, follow_size_again, resizes};
