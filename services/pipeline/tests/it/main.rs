//! The pipeline service through GraphQL and its handlers, on both engines.
