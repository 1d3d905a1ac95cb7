use std::{sync::Arc, time::Duration};

use async_graphql::dataloader::DataLoader;
use kernel::{Code, Coded};
use thiserror::Error;

/// A batch could not be read.
#[derive(Debug, Clone, Error)]
#[error("something broke on our side")]
pub struct LoadError(#[source] Arc<sqlx::Error>);

impl From<sqlx::Error> for LoadError {
    fn from(error: sqlx::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl Coded for LoadError {
    fn code(&self) -> Code {
        Code::Internal
    }
}

/// Collects the keys that one level of a query asks for and reads them in one statement. Keeps nothing
/// between requests; keys carry the workspace, so actors cannot meet in a batch.
pub fn batch_loader<L>(loader: L) -> DataLoader<L>
where
    L: Send + Sync + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "a batch lives within one request")]
    let loader = DataLoader::new(loader, tokio::spawn);
    loader.delay(Duration::ZERO)
}
