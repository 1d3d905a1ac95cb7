//! Journeys across the services, on both topologies.

mod access;
mod accounts;
mod at_once;
mod capture;
mod doors;
mod duplicates;
mod failures;
mod kill;
mod lead_journey;
mod rebuild;
mod rights;
mod signing_in;
mod timeline;
mod trail;

/// Makes two tests of one: in one process, and as separate processes.
#[macro_export]
macro_rules! on_both_topologies {
    ($name:ident) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn one_process() -> anyhow::Result<()> {
                super::$name(Deployment::start(Topology::OneProcess).await?).await
            }

            #[tokio::test]
            async fn separate_processes() -> anyhow::Result<()> {
                super::$name(Deployment::start(Topology::Separate).await?).await
            }
        }
    };
}
