//! Identity's pages end sessions too. In the gateway's own process it knows of that before the answer is out, sooner
//! than by the event that it follows.

use axum::{
    Router,
    extract::Request,
    http::Method,
    middleware::{Next, from_fn},
};
use gateway::Gateway;

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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::{HeaderMap, HeaderValue};
    use gateway::rights::follow;
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
