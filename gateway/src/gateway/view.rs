//! What another view of the API needs, such as REST: who asks, and what there is to ask for.

use std::sync::Arc;

use apollo_compiler::{Schema, validation::Valid};
use axum::http::HeaderMap;
use kernel::Actor;
use platform::auth::AuthError;

use crate::{Gateway, auth::credential};

impl Gateway {
    /// Who presents the credential of these headers; `None` where everybody is let in.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Option<Arc<Actor>>, AuthError> {
        let Some(credentials) = self.credentials() else { return Ok(None) };
        Ok(Some(credentials.admit(credential(headers)).await?.actor))
    }

    /// The schema that clients see.
    pub fn schema(&self) -> Valid<Schema> {
        self.serving().supergraph.schema.clone()
    }
}
