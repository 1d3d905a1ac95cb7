//! What tests need: a service under test, and real servers on free ports, found on the machine or installed
//! by `make tools`.

pub mod fuzz;
mod home;
mod mail;
mod nats;
mod postgres;
mod process;
mod service;
pub mod tenants;
mod tools;

pub use mail::{MailServer, Mood};
pub use nats::{NatsServer, nats_url};
pub use postgres::{PostgresServer, TestDatabase, postgres_database, postgres_url};
pub use service::{ServiceTest, start_of_test};

/// Starting servers blocks; this keeps it off the test's own threads.
async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Fails the test with the whole chain of causes.
#[track_caller]
fn must<T>(what: &str, result: anyhow::Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{what}: {error:#}"),
    }
}
