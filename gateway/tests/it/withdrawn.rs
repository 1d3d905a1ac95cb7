//! Rights that are taken away while a mutation is under way.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_graphql::{Context, EmptySubscription, Object, Schema};
use futures::{FutureExt, future::BoxFuture};
use kernel::Actor;
use pipewright_gateway::{Gateway, router};
use platform::auth::{AuthError, Authenticator};
use serde_json::{Value, json};

use crate::{
    http::{Revocable, post, query, send},
    shop::{Shop, customer},
    standin::problems,
};

struct Query;

#[Object]
impl Query {
    async fn keys(&self) -> usize {
        0
    }
}

/// A service of keys. The one that asks can be taken away.
#[derive(Clone, Default)]
struct Keys {
    revoked: Arc<AtomicBool>,
    made: Arc<AtomicUsize>,
    /// Hears of it on a bus, as it were.
    hears: Arc<OnceLock<Gateway>>,
}

#[Object(name = "Mutation")]
impl Keys {
    async fn revoke(&self) -> bool {
        self.revoked.store(true, Ordering::Relaxed);
        if let Some(gateway) = self.hears.get() {
            gateway.forget_credentials(Some(customer().workspace));
        }
        true
    }

    async fn make(&self) -> Option<usize> {
        Some(self.made.fetch_add(1, Ordering::Relaxed) + 1)
    }

    async fn permissions(&self, ctx: &Context<'_>) -> Option<usize> {
        ctx.data_opt::<Arc<Actor>>().map(|actor| actor.permissions.len())
    }
}

impl Keys {
    fn served_as(&self, name: &str, authenticator: impl Authenticator + 'static) -> Gateway {
        let mut shop = Shop::empty().authenticator(authenticator);
        shop.add(name, Schema::build(Query, self.clone(), EmptySubscription).enable_federation().finish());
        shop.build().gateway
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}

async fn asked(gateway: &Gateway, asked: &str) -> Value {
    send(&router(gateway.clone()), post(&[("x-api-key", "good")], query(asked))).await.json()
}

const REVOKES: &str = "mutation { a: make b: revoke c: make d: make }";

#[tokio::test]
async fn who_revokes_the_key_in_use_does_nothing_more_with_it() {
    let keys = Keys::default();
    let gateway = keys.served_as("identity", Revocable(keys.revoked.clone()));
    let answer = asked(&gateway, REVOKES).await;
    assert_eq!(answer["data"], json!({ "a": 1, "b": true, "c": null, "d": null }), "{answer}");
    assert_eq!(problems(&answer), ["c UNAUTHENTICATED", "d UNAUTHENTICATED"]);
    assert_eq!(answer["errors"][0]["locations"][0]["column"], REVOKES.find("c:").unwrap() + 1, "{answer}");
    assert_eq!(keys.made(), 1);
}

#[tokio::test]
async fn a_key_that_is_revoked_elsewhere_does_no_more_once_that_is_heard() {
    let keys = Keys::default();
    let gateway = keys.served_as("elsewhere", Revocable(keys.revoked.clone()));
    // Nobody has said so.
    assert_eq!(asked(&gateway, REVOKES).await, json!({ "data": { "a": 1, "b": true, "c": 2, "d": 3 } }));
    keys.revoked.store(false, Ordering::Relaxed);
    assert!(keys.hears.set(gateway.clone()).is_ok());
    let answer = asked(&gateway, REVOKES).await;
    assert_eq!(answer["data"], json!({ "a": 4, "b": true, "c": null, "d": null }), "{answer}");
    assert_eq!(problems(&answer), ["c UNAUTHENTICATED", "d UNAUTHENTICATED"]);
    assert_eq!(keys.made(), 4);
}

/// Lets everybody in, and without permissions from some time on.
struct Lessened(Arc<AtomicBool>);

impl Authenticator for Lessened {
    fn authenticate(&self, _: &str) -> BoxFuture<'static, Result<Arc<Actor>, AuthError>> {
        let whole = customer();
        let less = Arc::new(Actor { permissions: Vec::new(), ..(*whole).clone() });
        let actor = if self.0.load(Ordering::Relaxed) { less } else { whole };
        async { Ok(actor) }.boxed()
    }
}

#[tokio::test]
async fn who_loses_a_right_goes_on_without_it() {
    let keys = Keys::default();
    let gateway = keys.served_as("identity", Lessened(keys.revoked.clone()));
    let answer = asked(&gateway, "mutation { a: permissions b: revoke c: permissions }").await;
    assert_eq!(answer, json!({ "data": { "a": 1, "b": true, "c": 0 } }));
}
