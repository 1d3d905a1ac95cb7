mod access;
mod audit;
mod bootstrap;
mod doors;
mod giving;
mod http;
mod keys;
mod oidc;
mod program;
mod roles;
mod sign_in;
mod taken_away;
mod teams;
mod tenants;
mod upgrade;
mod users;

use std::sync::Arc;

use kernel::Actor;
use pipewright_identity::SERVICE;
use platform::config::KEY_FILE;
use platform::{
    auth::AuthError,
    config::{Config, Secret},
    service::Service,
};
use serde_json::{Value, json};
use testkit::ServiceTest;

/// The key that the first start left in the data directory.
fn admin_key(test: &ServiceTest) -> String {
    let file = test.service.context.config.data_dir.join(KEY_FILE);
    std::fs::read_to_string(file).unwrap().trim_end().to_owned()
}

async fn authenticate(service: &Service, credential: &str) -> Result<Arc<Actor>, AuthError> {
    service.parts.authenticator.as_ref().unwrap().authenticate(credential).await
}

/// The test with the holder of the first admin key as its actor.
async fn as_admin(mut test: ServiceTest) -> ServiceTest {
    test.actor = Actor::clone(&*authenticate(&test.service, &admin_key(&test)).await.unwrap());
    test
}

/// On a database in a file, which another start can open.
async fn on_disk() -> ServiceTest {
    ServiceTest::configured(SERVICE, |config| config.database.url = Secret::default()).await
}

/// The same data, started once more.
async fn start_again(test: &ServiceTest, configure: impl FnOnce(&mut Config)) -> anyhow::Result<Service> {
    let context = &test.service.context;
    let mut config = (*context.config).clone();
    configure(&mut config);
    Service::open(SERVICE, context.bus.clone(), context.clock.clone(), Arc::new(config), context.tokens.clone()).await
}

async fn create_user(test: &ServiceTest, email: &str, role: &str) -> Value {
    const CREATE: &str = "mutation($input: CreateUserInput!) { createUser(input: $input) { user { id version name email role active } errors { code field } } }";
    test.graphql(CREATE, json!({ "input": { "name": "Grace Hopper", "email": email, "role": role } })).await["createUser"].take()
}

async fn update_user(test: &ServiceTest, input: Value) -> Value {
    const UPDATE: &str = "mutation($input: UpdateUserInput!) { updateUser(input: $input) { user { id version name role active } errors { code field } } }";
    test.graphql(UPDATE, json!({ "input": input })).await["updateUser"].take()
}

async fn create_key(test: &ServiceTest, input: Value) -> Value {
    const CREATE: &str = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) {
        apiKey { id name prefix permissions objects expiresAt revokedAt lastUsedAt createdAt user { id } } secret errors { code field } } }";
    test.graphql(CREATE, json!({ "input": input })).await["createApiKey"].take()
}

/// Who the actor is.
async fn me(test: &ServiceTest) -> Value {
    test.graphql("{ me { id kind permissions user { id name email role active } } }", json!({})).await["me"].take()
}
