//! Pure rules: no async, no I/O, no SQL, no GraphQL.

pub mod assignment;
pub mod pool;
pub mod rep;
pub mod route;
