//! The enrichment service through its events and its GraphQL, on SQLite and on PostgreSQL.

mod accounts;
mod build;
mod enrich_lead;
mod enrichment;
mod reads;
mod tenants;
mod verification;
