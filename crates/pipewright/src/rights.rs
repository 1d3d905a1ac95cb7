//! What the gateway remembers of credentials ends when identity tells of a change, whoever made it and through whichever
//! gateway.

use std::{future::ready, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::Method,
    middleware::{Next, from_fn},
};
use events::{
    Event,
    identity::{ApiKeyCreated, ApiKeyRevoked, RoleChanged, SessionRevoked, TeamChanged, UserUpdated},
};
use futures::{
    StreamExt,
    future::try_join_all,
    stream::{self, BoxStream},
};
use gateway::Gateway;
use kernel::WorkspaceId;
use platform::bus::{Bus, BusError};
use tokio_util::sync::CancellationToken;

/// What can take a right away. A key may take another's place.
const CHANGES: [&str; 6] = [
    UserUpdated::TYPE,
    TeamChanged::TYPE,
    RoleChanged::TYPE,
    ApiKeyCreated::TYPE,
    ApiKeyRevoked::TYPE,
    SessionRevoked::TYPE,
];

/// How long to wait before listening again to a bus that went away. Meanwhile nothing is remembered for longer than
/// the gateway says.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stop`.
pub async fn follow(bus: Bus, gateway: Gateway, stop: CancellationToken) -> anyhow::Result<()> {
    let following = async {
        loop {
            match listen(&bus).await {
                Ok(mut changes) => {
                    // For what was missed.
                    gateway.forget_credentials(None);
                    while let Some(workspace) = changes.next().await {
                        gateway.forget_credentials(Some(workspace));
                    }
                }
                Err(error) => tracing::warn!(%error, "changes of rights cannot be followed"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    stop.run_until_cancelled(following).await;
    Ok(())
}

/// Where identity takes away sessions beside GraphQL.
const ENDS_SESSIONS: [&str; 2] = ["/auth/sign-out", "/auth/password"];

/// `pages` of identity in the gateway's own process: who is told that a session has ended finds that the gateway knows.
pub fn forgets(gateway: Gateway, pages: Router) -> Router {
    pages.layer(from_fn(move |request: Request, next: Next| {
        let gateway = gateway.clone();
        async move {
            let ends = request.method() == Method::POST && ENDS_SESSIONS.contains(&request.uri().path());
            let answer = next.run(request).await;
            if ends && answer.status().is_success() {
                gateway.forget_credentials(None);
            }
            answer
        }
    }))
}

/// The workspaces of the changes. Ends when one of the streams does, so that none is missing unnoticed.
async fn listen(bus: &Bus) -> Result<BoxStream<'static, WorkspaceId>, BusError> {
    let streams = try_join_all(CHANGES.map(|change| bus.live(change, None))).await?;
    let told = streams.into_iter().map(|stream| stream.map(Some).chain(stream::iter([None])).boxed());
    let whole = stream::select_all(told).take_while(|event| ready(event.is_some()));
    Ok(whole.filter_map(|event| ready(event.map(|event| event.workspace))).boxed())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use kernel::{Actor, Clock};
    use platform::{config::Config, lifecycle::Tasks};
    use serde_json::{Value, json};

    use super::*;
    use crate::stack::Shared;

    /// The clock stands still, so that nothing is forgotten for its age.
    async fn shared(folder: &tempfile::TempDir) -> Shared {
        let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        let shared = Shared::connect(config).await.unwrap();
        Shared { clock: Clock::fixed(testkit::start_of_test(), 1), ..shared }
    }

    async fn ask(gateway: &Gateway, actor: &Actor, query: &str, variables: Value) -> Value {
        let request = gateway::Request::new(query).variables(variables);
        let answer = gateway.execute(request, Some(std::sync::Arc::new(actor.clone()))).await;
        serde_json::to_value(answer).unwrap()["data"].take()
    }

    #[tokio::test]
    async fn a_key_revoked_through_one_gateway_is_forgotten_by_another() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let shared = shared(&folder).await;
        let services = shared.open_all(|_| true).await.unwrap();
        let tasks = Tasks::new();
        for service in &services {
            service.start(&tasks).await;
        }
        let (here, there) = (shared.gateway(&services).unwrap(), shared.gateway(&services).unwrap());
        tasks.spawn("rights", follow(shared.bus.clone(), here.clone(), tasks.stop()));

        let admin = std::fs::read_to_string(folder.path().join(platform::config::KEY_FILE)).unwrap();
        let bearer = |key: &str| {
            let value = HeaderValue::from_str(&format!("Bearer {}", key.trim())).unwrap();
            HeaderMap::from_iter([(axum::http::header::AUTHORIZATION, value)])
        };
        let admin = here.authenticate(&bearer(&admin)).await.unwrap().unwrap();
        let create = "mutation { createApiKey(input: { name: \"test\" }) { apiKey { id } secret } }";
        let made = ask(&there, admin.actor(), create, json!({})).await["createApiKey"].take();
        let headers = bearer(made["secret"].as_str().unwrap());
        assert!(here.authenticate(&headers).await.is_ok());
        let revoke = "mutation($id: ID!) { revokeApiKey(input: { id: $id }) { errors { code } } }";
        ask(&there, admin.actor(), revoke, json!({ "id": made["apiKey"]["id"] })).await;
        let forgotten = async {
            while here.authenticate(&headers).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), forgotten).await.expect("it is forgotten");
        tasks.drain().await;
    }
}
