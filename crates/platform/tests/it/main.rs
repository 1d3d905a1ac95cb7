//! The platform's promises, each on both engines or both buses.

mod bus;
mod door;
mod events;
mod fence;
mod standalone;

use ::events::{Envelope, examples};
use chrono::{TimeZone, Utc};
use kernel::Clock;
use pipewright_platform::db::Migrations;
use sqlx::{
    AssertSqlSafe, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// `count` events of two types, in turn, each with an id of its own.
fn envelopes(clock: &Clock, count: usize) -> Vec<Envelope> {
    let examples = examples::all();
    let two = examples.iter().take(2).cycle();
    two.take(count).cloned().map(|envelope| Envelope { id: clock.id(), ..envelope }).collect()
}

fn clock() -> Clock {
    Clock::fixed(Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap(), 1)
}

/// The platform's own tables and what these statements make.
fn migrations(statements: &[&str]) -> Migrations {
    let numbered = statements.iter().zip(1..).map(|(sql, version)| {
        let sql = AssertSqlSafe((*sql).to_owned()).into_sql_str();
        Migration::new(version, "test".into(), MigrationType::Simple, sql, false)
    });
    Migrations::new(Box::leak(Box::new(Migrator::with_migrations(numbered.collect()))))
}
