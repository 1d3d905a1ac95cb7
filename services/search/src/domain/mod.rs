//! What a document is, how text becomes words, when a word matches, and what a timeline tells. No database, no index.

pub mod document;
pub mod highlight;
pub mod query;
pub mod timeline;
pub mod tokens;
pub mod window;
