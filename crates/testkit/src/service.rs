//! One service under test: the real schema, handlers and jobs on a fresh database and an in-memory bus, with a
//! clock that stands still. Nothing runs in the background; [`settle`](ServiceTest::settle) works until quiet.

use std::{future::Future, sync::Arc};

use anyhow::Context;
use async_graphql::Variables;
use chrono::{TimeDelta, TimeZone, Utc};
use events::{
    Envelope, Event,
    routing::{LeadRouted, Rep},
};
use kernel::{
    Access, Actor, ActorKind, BuiltInRole, Clock, EmailAddress, LeadId, Permission, Timestamp, UserId, WorkspaceId,
    access::Grants,
};
use platform::{
    ServiceDef,
    auth::ActorTokens,
    bus::Bus,
    config::{Config, Secret},
    graphql::SubgraphCall,
    inbox,
    service::Service,
};
use serde_json::{Value, json};

use crate::{TestDatabase, postgres_database};

/// Rounds after which a service that still finds work is taken to be going in circles.
const MAX_ROUNDS: usize = 1_000;

/// When the fixed clock of a test starts.
pub fn start_of_test() -> Timestamp {
    Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).single().unwrap_or_default()
}

pub struct ServiceTest {
    pub service: Service,
    pub clock: Clock,
    /// May do everything in its workspace.
    pub actor: Actor,
    _folder: tempfile::TempDir,
    _database: Option<TestDatabase>,
}

impl ServiceTest {
    pub async fn sqlite(def: ServiceDef) -> Self {
        Self::open(def, "sqlite::memory:".to_owned(), None, |_| {}).await
    }

    pub async fn postgres(def: ServiceDef) -> Self {
        let database = postgres_database().await;
        Self::open(def, database.url.clone(), Some(database), |_| {}).await
    }

    /// On SQLite, with settings of its own.
    pub async fn configured(def: ServiceDef, configure: impl FnOnce(&mut Config)) -> Self {
        Self::open(def, "sqlite::memory:".to_owned(), None, configure).await
    }

    async fn open(
        def: ServiceDef,
        url: String,
        database: Option<TestDatabase>,
        configure: impl FnOnce(&mut Config),
    ) -> Self {
        let folder = crate::must("a folder for the test", tempfile::tempdir().map_err(Into::into));
        let clock = Clock::fixed(start_of_test(), 42);
        let mut config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        config.database.url = Secret::new(url);
        config.search.url = "tantivy::memory:".to_owned();
        configure(&mut config);
        let bus = crate::must("the bus", Bus::connect("local::memory:", clock.clone()).await.map_err(Into::into));
        let tokens = ActorTokens::new(b"test", clock.clone());
        let service =
            crate::must("the service", Service::open(def, bus, clock.clone(), Arc::new(config), tokens).await);
        let actor = Self::actor_of(clock.id());
        Self { service, clock, actor, _folder: folder, _database: database }
    }

    /// An actor of another workspace, who must see nothing of this one.
    pub fn stranger(&self) -> Actor {
        Self::actor_of(self.clock.id())
    }

    /// A new user of the test's workspace with this role, alone in their team.
    pub fn user(&self, role: BuiltInRole) -> Actor {
        self.user_with(role.grants())
    }

    /// A new user of the test's workspace whose role consists of `grants`.
    pub fn user_with(&self, grants: Grants) -> Actor {
        let user: UserId = self.clock.id();
        let access = Access { user: Some(user), team: vec![user], role: grants };
        Actor { subject: user.to_string(), access, ..Self::actor_of(self.actor.workspace) }
    }

    /// Lets the service hear that a lead was routed to a user.
    pub async fn route(&self, lead: LeadId, to: &Actor) {
        // Ids of one millisecond follow no order, and the later of two routes is in force.
        self.clock.advance(TimeDelta::milliseconds(1));
        let user = crate::must("the user", to.user().context("an actor without a user"));
        let email = EmailAddress::parse("rep@example.com").map_err(Into::into);
        let owner = Rep { id: self.clock.id(), user, name: "Rep".to_owned(), email: crate::must("an address", email) };
        self.deliver(&LeadRouted { lead, owner, decision: self.clock.id(), rule_version: 1 }).await;
    }

    fn actor_of(workspace: WorkspaceId) -> Actor {
        let permissions = vec![Permission::Read, Permission::Write, Permission::Admin];
        Actor {
            workspace,
            kind: ActorKind::User,
            subject: "tester".to_owned(),
            permissions,
            access: Access::everything(),
            credential: None,
            expires_at: None,
            request: None,
        }
    }

    /// The `data` of a query or mutation that must have no errors.
    #[track_caller]
    pub fn graphql<'a>(&'a self, query: &'a str, variables: Value) -> impl Future<Output = Value> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let mut response = self.try_graphql(query, variables).await;
            assert!(response.get("errors").is_none(), "{caller}: {}", response["errors"]);
            response["data"].take()
        }
    }

    /// The whole answer, errors included.
    pub async fn try_graphql(&self, query: &str, variables: Value) -> Value {
        self.graphql_as(&self.actor, query, variables).await
    }

    /// The whole answer that `actor` gets.
    pub async fn graphql_as(&self, actor: &Actor, query: &str, variables: Value) -> Value {
        let call = SubgraphCall {
            query: query.into(),
            variables: Variables::from_json(variables),
            actor: Some(Arc::new(actor.clone())),
            request_id: "test".into(),
            resume_after: None,
        };
        let response = crate::must("the subgraph", self.service.parts.subgraph.execute(call).await.map_err(Into::into));
        serde_json::to_value(response).unwrap_or(json!(null))
    }

    /// Lets the service hear of `event` in the test's workspace, and works until quiet.
    ///
    /// # Panics
    /// When a handler gives the event up.
    pub async fn deliver<E: Event>(&self, event: &E) {
        self.deliver_to(self.actor.workspace, event).await;
    }

    /// [`deliver`](Self::deliver) in another workspace.
    pub async fn deliver_to<E: Event>(&self, workspace: WorkspaceId, event: &E) {
        let source = E::TYPE.split('.').nth(1).unwrap_or_default();
        let actor = Actor::system(workspace, source);
        let envelope = crate::must(
            "the envelope",
            Envelope::wrap(source, self.clock.id(), self.clock.now(), &actor, None, event).map_err(Into::into),
        );
        self.deliver_envelopes(&[envelope]).await;
    }

    pub async fn deliver_envelopes(&self, envelopes: &[Envelope]) {
        crate::must("publishing", self.service.context.bus.publish(envelopes).await.map_err(Into::into));
        self.settle().await;
    }

    /// Runs relay, handlers and jobs until there is nothing to do at this time of the fixed clock.
    pub async fn settle(&self) {
        for _ in 0..MAX_ROUNDS {
            if !crate::must("the service's work", self.service.pump().await) {
                let letters = crate::must(
                    "dead letters",
                    inbox::dead_letters(&self.service.context.db, 10).await.map_err(Into::into),
                );
                assert!(letters.is_empty(), "dead letters: {letters:?}");
                return;
            }
        }
        panic!("the service still works after {MAX_ROUNDS} rounds");
    }

    /// Everything of one type that the service has published, oldest first.
    pub async fn published<E: Event>(&self) -> Vec<E> {
        let history =
            crate::must("the outbox", self.service.context.outbox.history(None, 100_000).await.map_err(Into::into));
        let typed = history.iter().filter(|envelope| envelope.r#type == E::TYPE);
        typed.map(|envelope| crate::must("the payload", envelope.payload().map_err(Into::into))).collect()
    }

    /// How many statements `work` sends to the database, beside its result.
    pub async fn statements<T>(&self, work: impl Future<Output = T>) -> (u64, T) {
        let before = self.service.context.db.statements();
        let result = work.await;
        (self.service.context.db.statements() - before, result)
    }
}

/// Makes two tests of one: `on_both_engines!(SERVICE, a_lead_is_found)` calls
/// `async fn a_lead_is_found(test: ServiceTest)` on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! on_both_engines {
    ($def:expr, $name:ident) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                super::$name($crate::ServiceTest::sqlite($def).await).await;
            }

            #[tokio::test]
            async fn postgres() {
                super::$name($crate::ServiceTest::postgres($def).await).await;
            }
        }
    };
}
