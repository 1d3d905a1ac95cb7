use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use events::{Envelope, Event, examples, identity::ApiKeyRevoked, lead::LeadCaptured};
use kernel::{Actor, Clock, EventId};
use pipewright_platform::{
    Db, EventHandler, HandleError, Handler, Outbox, Tx,
    bus::{Bus, Consumer, Settle},
    execute,
    inbox::{self, Inbox, MAX_ATTEMPTS},
    with_db,
};

use crate::{clock, migrations};

/// Makes two tests of one: on SQLite and on PostgreSQL.
macro_rules! on_both_engines {
    ($name:ident) => {
        mod $name {
            #[tokio::test]
            async fn sqlite() {
                super::$name(super::open("sqlite::memory:").await).await;
            }

            #[tokio::test]
            async fn postgres() {
                let database = testkit::postgres_database().await;
                super::$name(super::open(&database.url).await).await;
            }
        }
    };
}

struct Fixture {
    db: Db,
    outbox: Outbox,
    bus: Bus,
    clock: Clock,
    actor: Actor,
}

async fn open(url: &str) -> Fixture {
    let clock = clock();
    let db = Db::connect(url).await.unwrap();
    migrations(&["create table effect (event_id uuid not null)"]).apply(&db).await.unwrap();
    let bus = Bus::connect("local::memory:", clock.clone()).await.unwrap();
    let actor = Actor::system(clock.id(), "test");
    Fixture { outbox: Outbox::new("test", db.clone(), clock.clone()), db, bus, clock, actor }
}

impl Fixture {
    async fn save_events(&self, count: usize) {
        let mut tx = self.db.of(self.actor.workspace).begin().await.unwrap();
        let mut events = self.outbox.events((&self.actor).into());
        for _ in 0..count {
            events.push(&ApiKeyRevoked { key: self.clock.id() });
        }
        events.save(&mut tx).await.unwrap();
        self.outbox.commit(tx).await.unwrap();
    }

    async fn save_large_event(&self) -> EventId {
        let example = examples::all().into_iter().find(|event| event.r#type == LeadCaptured::TYPE).unwrap();
        let mut event: LeadCaptured = example.payload().unwrap();
        event.current.title = Some("x".repeat(2 << 20));
        let mut tx = self.db.of(self.actor.workspace).begin().await.unwrap();
        let mut events = self.outbox.events((&self.actor).into());
        events.push(&event);
        events.save(&mut tx).await.unwrap();
        self.outbox.commit(tx).await.unwrap();
        self.outbox.history(None, 100).await.unwrap().pop().unwrap().id
    }

    fn inbox(&self, handler: Arc<Effect>) -> Inbox {
        let handler = Handler { name: "effect", subjects: &["crm.identity.api_key.revoked.v1"], apply: handler };
        Inbox::new(handler, self.db.clone(), self.outbox.clone())
    }

    async fn effects(&self) -> i64 {
        with_db!(self.db, pool => sqlx::query_scalar("select count(*) from effect").fetch_one(pool).await).unwrap()
    }
}

/// Writes a row an event; fails on the events it is told to.
#[derive(Default)]
struct Effect {
    poison: Mutex<Option<EventId>>,
}

#[async_trait]
impl EventHandler for Effect {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        execute!(tx, sqlx::query("insert into effect (event_id) values ($1)").bind(event.id))?;
        if *self.poison.lock().unwrap() == Some(event.id) {
            return Err(HandleError::Other("poison".to_owned()));
        }
        Ok(())
    }
}

async fn take_all(fixture: &Fixture, inbox: &Inbox, consumer: &mut Consumer) {
    fixture.outbox.relay(&fixture.bus).await.unwrap();
    let deliveries = consumer.fetch(100, std::time::Duration::ZERO).await.unwrap();
    let settled = inbox.take(&deliveries).await.unwrap();
    consumer.settle(deliveries.into_iter().zip(settled).collect()).await.unwrap();
}

on_both_engines!(what_rolls_back_publishes_nothing);
async fn what_rolls_back_publishes_nothing(fixture: Fixture) {
    let mut tx = fixture.db.of(fixture.actor.workspace).begin().await.unwrap();
    let mut events = fixture.outbox.events((&fixture.actor).into());
    events.push(&ApiKeyRevoked { key: fixture.clock.id() });
    events.save(&mut tx).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(fixture.outbox.relay(&fixture.bus).await.unwrap(), 0);
}

on_both_engines!(the_relay_carries_each_event_and_keeps_it);
async fn the_relay_carries_each_event_and_keeps_it(fixture: Fixture) {
    fixture.save_events(3).await;
    assert_eq!(fixture.outbox.depth().await.unwrap(), 3);
    assert_eq!(fixture.outbox.relay(&fixture.bus).await.unwrap(), 3);
    assert_eq!(fixture.outbox.relay(&fixture.bus).await.unwrap(), 0);
    assert_eq!(fixture.outbox.depth().await.unwrap(), 0);
    let first = fixture.outbox.history(None, 2).await.unwrap();
    let rest = fixture.outbox.history(Some(first[1].id), 2).await.unwrap();
    assert_eq!((first.len(), rest.len()), (2, 1));
}

on_both_engines!(a_redelivered_event_has_one_effect);
async fn a_redelivered_event_has_one_effect(fixture: Fixture) {
    fixture.save_events(5).await;
    let inbox = fixture.inbox(Arc::default());
    for name in ["first", "second"] {
        // Another durable consumer of the same handler gets every event again.
        let mut consumer = fixture.bus.consumer(name, inbox.handler().subjects).await.unwrap();
        take_all(&fixture, &inbox, &mut consumer).await;
    }
    assert_eq!(fixture.effects().await, 5);
}

on_both_engines!(an_event_twice_in_one_batch_has_one_effect);
async fn an_event_twice_in_one_batch_has_one_effect(fixture: Fixture) {
    fixture.save_events(1).await;
    let inbox = fixture.inbox(Arc::default());
    fixture.outbox.relay(&fixture.bus).await.unwrap();
    let mut batch = Vec::new();
    for name in ["first", "second"] {
        let mut consumer = fixture.bus.consumer(name, inbox.handler().subjects).await.unwrap();
        batch.extend(consumer.fetch(100, std::time::Duration::ZERO).await.unwrap());
    }
    assert_eq!(batch.len(), 2);
    assert_eq!(inbox.take(&batch).await.unwrap(), [Settle::Done; 2]);
    assert_eq!(fixture.effects().await, 1);
}

on_both_engines!(an_outage_of_the_database_costs_no_event);
async fn an_outage_of_the_database_costs_no_event(fixture: Fixture) {
    fixture.save_events(2).await;
    let inbox = fixture.inbox(Arc::default());
    let mut consumer = fixture.bus.consumer("effect", inbox.handler().subjects).await.unwrap();
    fixture.outbox.relay(&fixture.bus).await.unwrap();
    let deliveries = consumer.fetch(100, std::time::Duration::ZERO).await.unwrap();
    fixture.db.close().await;
    assert!(inbox.take(&deliveries).await.is_err(), "the batch is to be held, not settled");
}

on_both_engines!(an_event_that_was_never_answered_for_is_buried_unseen);
async fn an_event_that_was_never_answered_for_is_buried_unseen(fixture: Fixture) {
    fixture.save_events(1).await;
    let inbox = fixture.inbox(Arc::default());
    let mut consumer = fixture.bus.consumer("effect", inbox.handler().subjects).await.unwrap();
    fixture.outbox.relay(&fixture.bus).await.unwrap();
    for _ in 0..2 * MAX_ATTEMPTS {
        // The process ends each time, and the lease with it.
        assert_eq!(consumer.fetch(100, std::time::Duration::ZERO).await.unwrap().len(), 1);
        fixture.clock.advance(chrono::TimeDelta::minutes(1));
    }
    take_all(&fixture, &inbox, &mut consumer).await;
    assert_eq!((fixture.effects().await, inbox::dead_letters(&fixture.db, 10).await.unwrap().len()), (0, 1));
}

on_both_engines!(what_the_bus_lost_in_a_power_cut_is_published_again);
async fn what_the_bus_lost_in_a_power_cut_is_published_again(fixture: Fixture) {
    fixture.save_events(1).await;
    fixture.outbox.relay(&fixture.bus).await.unwrap();
    fixture.clock.advance(chrono::TimeDelta::minutes(10));
    fixture.save_events(2).await;
    fixture.outbox.relay(&fixture.bus).await.unwrap();
    assert_eq!(fixture.outbox.publish_again(chrono::TimeDelta::minutes(5)).await.unwrap(), 2);
    let bus = Bus::connect("local::memory:", fixture.clock.clone()).await.unwrap();
    assert_eq!(fixture.outbox.relay(&bus).await.unwrap(), 2);
}

on_both_engines!(an_event_too_large_for_the_bus_is_set_aside_and_the_rest_go_on);
async fn an_event_too_large_for_the_bus_is_set_aside_and_the_rest_go_on(mut fixture: Fixture) {
    fixture.bus = crate::bus::nats_bus().await;
    fixture.save_events(2).await;
    let large = fixture.save_large_event().await;
    fixture.save_events(2).await;
    let mut consumer = fixture.bus.consumer("effect", &["crm.identity.api_key.revoked.v1"]).await.unwrap();
    while fixture.outbox.relay(&fixture.bus).await.unwrap() > 0 {}
    assert_eq!(fixture.outbox.depth().await.unwrap(), 0);
    let letters = inbox::dead_letters(&fixture.db, 10).await.unwrap();
    assert_eq!((letters.len(), letters[0].handler.as_str(), letters[0].event_id), (1, "relay", large));
    let mut arrived = 0;
    while arrived < 4 {
        let deliveries = consumer.fetch(10, std::time::Duration::from_secs(5)).await.unwrap();
        assert!(!deliveries.is_empty(), "{arrived} of 4 events arrived");
        arrived += deliveries.len();
    }
}

on_both_engines!(one_bad_event_holds_nobody_up_and_can_be_revived);
async fn one_bad_event_holds_nobody_up_and_can_be_revived(fixture: Fixture) {
    fixture.save_events(5).await;
    let bad = fixture.outbox.history(None, 5).await.unwrap()[2].id;
    let handler = Arc::new(Effect { poison: Mutex::new(Some(bad)) });
    let inbox = fixture.inbox(handler.clone());
    let mut consumer = fixture.bus.consumer("effect", inbox.handler().subjects).await.unwrap();
    take_all(&fixture, &inbox, &mut consumer).await;
    assert_eq!(fixture.effects().await, 4, "the bad event's own effect is rolled back");

    for _ in 1..MAX_ATTEMPTS {
        fixture.clock.advance(chrono::TimeDelta::minutes(5));
        take_all(&fixture, &inbox, &mut consumer).await;
    }
    let letters = inbox::dead_letters(&fixture.db, 10).await.unwrap();
    assert_eq!((letters.len(), letters[0].event_id, letters[0].error.as_str()), (1, bad, "poison"));

    *handler.poison.lock().unwrap() = None;
    inbox.revive(&letters[0]).await.unwrap();
    assert_eq!(fixture.effects().await, 5);
    assert!(inbox::dead_letters(&fixture.db, 10).await.unwrap().is_empty());
}
