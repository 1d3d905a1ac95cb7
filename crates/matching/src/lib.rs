//! Finds duplicates among people and among companies, and says why it takes two records for one.
//!
//! `prepare` a record once; then either [`compare_people`] two of them, as when one comes in and those that share a
//! [`person_keys`] key are read from a store, or let [`duplicate_people`] find all that there are among many. The
//! model, the rules and their limits are in the crate's README.

mod block;
mod cluster;
mod company;
mod compare;
mod find;
#[cfg(feature = "generate")]
pub mod generate;
pub mod normalise;
mod person;

pub use block::{BlockKey, Candidates, LARGEST_BLOCK, candidates, company_keys, person_keys};
pub use company::{Company, PreparedCompany};
pub use compare::{
    Comparison, Conflict, Field, Level, MATCH, POSSIBLE, Population, Reason, Verdict, compare_companies, compare_people,
};
pub use find::{
    Cluster, Duplicates, Pair, duplicate_companies, duplicate_companies_except, duplicate_people,
    duplicate_people_except,
};
pub use person::{Person, PreparedPerson};
