//! What another view of the API needs, such as REST: who asks, and what there is to ask for.

use apollo_compiler::{Schema, validation::Valid};
use axum::http::HeaderMap;
use platform::{auth::AuthError, door::Arrival};

use crate::{
    Gateway, RequestContext,
    auth::{Admission, credential},
};

impl Gateway {
    /// Who presents the credential of these headers; `None` where everybody is let in.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Option<Admission>, AuthError> {
        let Some(credentials) = self.credentials() else { return Ok(None) };
        Ok(Some(credentials.admit(credential(headers)).await?))
    }

    /// What a request is run in that came through the door as `arrival`.
    pub fn context_of(&self, admission: Option<Admission>, arrival: Option<&Arrival>) -> RequestContext {
        let request_id = arrival.map_or_else(|| self.door().new_request_id(), |arrival| arrival.request_id.clone());
        let address = arrival.and_then(|arrival| arrival.address);
        let actor = admission.as_ref().map(|admission| admission.actor.clone());
        RequestContext { actor, admission, request_id, address, read_only: false }
    }

    /// The schema that clients see.
    pub fn schema(&self) -> Valid<Schema> {
        self.serving().supergraph.schema.clone()
    }
}
