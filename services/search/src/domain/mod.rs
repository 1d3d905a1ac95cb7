//! What a document is, how text becomes words, and when a word matches. No database, no index.

pub mod document;
pub mod highlight;
pub mod query;
pub mod tokens;
pub mod window;
