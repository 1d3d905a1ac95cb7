//! One command a file.

pub mod config;
pub mod dead_letters;
pub mod demo;
pub mod doctor;
pub mod migrate;
pub mod run;
pub mod schema;
pub mod search;
