use std::time::Duration;

use ::events::Envelope;
use futures::{StreamExt, stream::BoxStream};
use kernel::{Clock, EventId};
use pipewright_platform::bus::{Bus, BusError, Consumer, Delivery, Settle};
use tokio::{io::AsyncWriteExt, net::TcpListener, task::JoinSet};

use crate::{clock, envelopes};

/// Makes two tests of one: on the local bus and on NATS.
macro_rules! on_both_buses {
    ($name:ident) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn local() {
                super::$name(Bus::connect("local::memory:", Clock::system()).await.unwrap()).await;
            }

            #[tokio::test]
            async fn nats() {
                super::$name(nats_bus().await).await;
            }
        }
    };
}

pub async fn nats_bus() -> Bus {
    named_nats_bus().await.1
}

/// A stream of its own on the shared server, with its name.
async fn named_nats_bus() -> (String, Bus) {
    let mut random = [0; 8];
    Clock::system().random(&mut random);
    let name = format!("t{:x}", u64::from_be_bytes(random));
    let url = format!("{}?stream={name}&prefix={name}", testkit::nats_url().await);
    (name, Bus::connect(&url, Clock::system()).await.unwrap())
}

const WAIT: Duration = Duration::from_secs(5);

async fn fetch(consumer: &mut Consumer, count: usize) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    while deliveries.len() < count {
        let more = consumer.fetch(count - deliveries.len(), WAIT).await.unwrap();
        assert!(!more.is_empty(), "{} of {count} events arrived", deliveries.len());
        deliveries.extend(more);
    }
    deliveries
}

async fn settle(consumer: &mut Consumer, deliveries: Vec<Delivery>, settle: Settle) {
    consumer.settle(deliveries.into_iter().map(|delivery| (delivery, settle)).collect()).await.unwrap();
}

async fn is_empty(consumer: &mut Consumer) -> bool {
    consumer.fetch(10, Duration::from_millis(100)).await.unwrap().is_empty()
}

on_both_buses!(events_arrive_once_in_order_whatever_is_published_twice);
async fn events_arrive_once_in_order_whatever_is_published_twice(bus: Bus) {
    let events = envelopes(&clock(), 20);
    let subjects: Vec<&str> = vec![&events[0].r#type, &events[1].r#type];
    let mut consumer = bus.consumer("reader", &subjects).await.unwrap();
    bus.publish(&events).await.unwrap();
    bus.publish(&events).await.unwrap();
    let deliveries = fetch(&mut consumer, 20).await;
    assert_eq!(
        deliveries.iter().map(|delivery| delivery.envelope.id).collect::<Vec<_>>(),
        events.iter().map(|event| event.id).collect::<Vec<_>>()
    );
    settle(&mut consumer, deliveries, Settle::Done).await;
    assert!(is_empty(&mut consumer).await);
    assert_eq!(bus.backlog(&["reader"]).await.unwrap()["reader"], 0);
}

on_both_buses!(events_that_trickle_in_arrive_at_the_first_attempt);
async fn events_that_trickle_in_arrive_at_the_first_attempt(bus: Bus) {
    const COUNT: usize = 300;
    let events = envelopes(&clock(), COUNT);
    let subjects: Vec<&str> = vec![&events[0].r#type, &events[1].r#type];
    let mut consumer = bus.consumer("awake", &subjects).await.unwrap();
    let publish = async {
        // About as long as a batch waits for its next event.
        let mut pace = tokio::time::interval(Duration::from_millis(3));
        for event in &events {
            pace.tick().await;
            bus.publish(std::slice::from_ref(event)).await.unwrap();
        }
    };
    let consume = async {
        let mut arrived = 0;
        while arrived < COUNT {
            let deliveries = consumer.fetch(128, WAIT).await.unwrap();
            assert!(!deliveries.is_empty(), "{arrived} of {COUNT} events arrived");
            assert!(deliveries.iter().all(|delivery| delivery.attempt == 1));
            arrived += deliveries.len();
            settle(&mut consumer, deliveries, Settle::Done).await;
        }
    };
    tokio::join!(publish, consume);
}

on_both_buses!(a_consumer_hears_only_its_subjects);
async fn a_consumer_hears_only_its_subjects(bus: Bus) {
    let events = envelopes(&clock(), 10);
    let mut consumer = bus.consumer("picky", &[&events[0].r#type]).await.unwrap();
    bus.publish(&events).await.unwrap();
    let deliveries = fetch(&mut consumer, 5).await;
    assert!(deliveries.iter().all(|delivery| delivery.envelope.r#type == events[0].r#type));
    assert!(is_empty(&mut consumer).await);
}

on_both_buses!(a_postponed_event_comes_again_with_its_attempts_counted);
async fn a_postponed_event_comes_again_with_its_attempts_counted(bus: Bus) {
    let events = envelopes(&clock(), 1);
    let mut consumer = bus.consumer("slow", &[&events[0].r#type]).await.unwrap();
    bus.publish(&events).await.unwrap();
    for attempt in 1..=3 {
        let deliveries = fetch(&mut consumer, 1).await;
        assert_eq!(deliveries[0].attempt, attempt);
        settle(&mut consumer, deliveries, Settle::Retry(Duration::from_millis(1))).await;
    }
}

on_both_buses!(a_consumer_that_comes_back_goes_on_where_it_left_off);
async fn a_consumer_that_comes_back_goes_on_where_it_left_off(bus: Bus) {
    let events = envelopes(&clock(), 4);
    let subjects: Vec<&str> = vec![&events[0].r#type, &events[1].r#type];
    let mut consumer = bus.consumer("comes_back", &subjects).await.unwrap();
    bus.publish(&events[..2]).await.unwrap();
    let deliveries = fetch(&mut consumer, 2).await;
    settle(&mut consumer, deliveries, Settle::Done).await;
    drop(consumer);
    bus.publish(&events[2..]).await.unwrap();
    let mut consumer = bus.consumer("comes_back", &subjects).await.unwrap();
    let deliveries = fetch(&mut consumer, 2).await;
    assert_eq!(deliveries[0].envelope.id, events[2].id);
}

on_both_buses!(live_events_pass_by_from_now_on);
async fn live_events_pass_by_from_now_on(bus: Bus) {
    let events = envelopes(&clock(), 3);
    let subject: &'static str = events[0].r#type.clone().leak();
    bus.publish(&events[..1]).await.unwrap();
    let mut live = bus.live(subject, None).await.unwrap();
    bus.publish(&events[1..]).await.unwrap();
    let heard = tokio::time::timeout(WAIT, live.next()).await.unwrap().unwrap();
    assert_eq!(heard.id, events[2].id);
}

async fn hear(live: &mut BoxStream<'static, Envelope>, count: usize) -> Vec<EventId> {
    let heard = live.by_ref().take(count).map(|envelope| envelope.id).collect();
    tokio::time::timeout(WAIT, heard).await.expect("they are heard")
}

on_both_buses!(who_was_away_hears_what_followed_once_and_in_order);
async fn who_was_away_hears_what_followed_once_and_in_order(bus: Bus) {
    // Two types in turn: of each pair the first is listened to.
    let events = envelopes(&Clock::system(), 1_000);
    let ours: Vec<EventId> = events.iter().step_by(2).map(|event| event.id).collect();
    let subject: &'static str = events[0].r#type.clone().leak();
    bus.publish(&events[..600]).await.unwrap();
    let mut early = bus.live(subject, Some(ours[0])).await.unwrap();
    // More passes while what was missed is still being told.
    let (heard, ()) = tokio::join!(hear(&mut early, 499), async {
        for chunk in events[600..].chunks(7) {
            bus.publish(chunk).await.unwrap();
        }
    });
    assert_eq!(heard, ours[1..]);
    let mut late = bus.live(subject, Some(ours[497])).await.unwrap();
    assert_eq!(hear(&mut late, 2).await, ours[498..]);
    // Told to the end: from then on what passes, and what the bus had already is not told again.
    let mut last = bus.live(subject, Some(ours[499])).await.unwrap();
    let next = envelopes(&Clock::system(), 1);
    let again = [&events[998..], &next[..]].concat();
    let (heard, ()) = tokio::join!(hear(&mut last, 1), async { bus.publish(&again).await.unwrap() });
    assert_eq!(heard, [next[0].id]);
}

on_both_buses!(after_an_event_that_is_not_kept_nobody_can_go_on);
async fn after_an_event_that_is_not_kept_nobody_can_go_on(bus: Bus) {
    let events = envelopes(&Clock::system(), 4);
    let subject: &'static str = events[0].r#type.clone().leak();
    for before in [true, false] {
        let never = bus.live(subject, Some(events[2].id)).await;
        assert!(matches!(never, Err(BusError::Forgotten { id }) if id == events[2].id), "{before}");
        bus.publish(&events[..2]).await.unwrap();
    }
    let other = bus.live(subject, Some(events[1].id)).await;
    assert!(matches!(other, Err(BusError::Forgotten { .. })), "it is of another type");
}

#[tokio::test]
async fn a_slow_listener_misses_nothing() {
    let bus = Bus::connect("local::memory:", Clock::system()).await.unwrap();
    let events = envelopes(&Clock::system(), 6_000);
    let ours: Vec<EventId> = events.iter().step_by(2).map(|event| event.id).collect();
    let mut live = bus.live(events[0].r#type.clone().leak(), None).await.unwrap();
    for chunk in events.chunks(500) {
        bus.publish(chunk).await.unwrap();
    }
    assert_eq!(hear(&mut live, ours.len()).await, ours);
}

/// The next delivery, however often the fetch fails before it.
async fn fetch_in_spite(consumer: &mut Consumer) -> Delivery {
    let search = async {
        loop {
            if let Ok(mut deliveries) = consumer.fetch(1, WAIT).await
                && let Some(delivery) = deliveries.pop()
            {
                return delivery;
            }
        }
    };
    tokio::time::timeout(3 * WAIT, search).await.expect("the event is delivered")
}

#[tokio::test]
async fn a_consumer_that_somebody_deletes_comes_back_and_so_does_its_stream() {
    let (name, bus) = named_nats_bus().await;
    let jetstream = async_nats::jetstream::new(async_nats::connect(testkit::nats_url().await).await.unwrap());
    let events = envelopes(&clock(), 6);
    let mut consumer = bus.consumer("deleted", &[&events[0].r#type]).await.unwrap();
    // A request waits at the server.
    assert!(is_empty(&mut consumer).await);
    jetstream.delete_consumer_from_stream("deleted", &name).await.unwrap();
    bus.publish(&events[..1]).await.unwrap();
    let delivery = fetch_in_spite(&mut consumer).await;
    assert_eq!(delivery.envelope.id, events[0].id);
    settle(&mut consumer, vec![delivery], Settle::Done).await;

    jetstream.delete_stream(&name).await.unwrap();
    bus.publish(&events[2..3]).await.unwrap();
    assert_eq!(fetch_in_spite(&mut consumer).await.envelope.id, events[2].id);
}

#[tokio::test]
async fn an_event_that_nats_can_never_take_is_named() {
    let bus = nats_bus().await;
    let mut events = envelopes(&clock(), 3);
    events[1].data = serde_json::value::to_raw_value(&serde_json::json!({ "key": "x".repeat(2 << 20) })).unwrap();
    let error = bus.publish(&events).await.unwrap_err();
    assert!(matches!(error, BusError::TooLarge { id } if id == events[1].id), "{error}");
}

#[tokio::test]
async fn the_local_bus_keeps_what_was_not_settled_when_the_process_ends() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("local:{}", folder.path().join("bus.db").display());
    let events = envelopes(&clock(), 2);
    let subjects: Vec<&str> = vec![&events[0].r#type, &events[1].r#type];
    {
        let bus = Bus::connect(&url, Clock::system()).await.unwrap();
        let mut consumer = bus.consumer("reader", &subjects).await.unwrap();
        bus.publish(&events).await.unwrap();
        let mut deliveries = fetch(&mut consumer, 2).await;
        let second = deliveries.pop().unwrap();
        settle(&mut consumer, deliveries, Settle::Done).await;
        drop(second);
    }
    let bus = Bus::connect(&url, Clock::system()).await.unwrap();
    let mut consumer = bus.consumer("reader", &subjects).await.unwrap();
    let again = fetch(&mut consumer, 1).await;
    assert_eq!((again[0].envelope.id, again[0].attempt), (events[1].id, 2));
}

#[tokio::test]
async fn the_local_bus_belongs_to_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("local:{}", folder.path().join("bus.db").display());
    let bus = Bus::connect(&url, Clock::system()).await.unwrap();
    let refused = Bus::connect(&url, Clock::system()).await.unwrap_err().to_string();
    assert!(refused.contains("another process") && refused.contains("bus.db"), "{refused}");
    drop(bus);
    Bus::connect(&url, Clock::system()).await.unwrap();
}

#[tokio::test]
async fn the_local_bus_forgets_what_is_old_and_settled() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("local:{}", folder.path().join("bus.db").display());
    let clock = clock();
    let events = envelopes(&clock, 3);
    let subjects: Vec<&str> = vec![&events[0].r#type, &events[1].r#type];
    {
        let bus = Bus::connect(&url, clock.clone()).await.unwrap();
        bus.publish(&events).await.unwrap();
        let mut consumer = bus.consumer("reader", &subjects).await.unwrap();
        let mut deliveries = fetch(&mut consumer, 3).await;
        drop(deliveries.pop());
        settle(&mut consumer, deliveries, Settle::Done).await;
    }
    clock.advance(chrono::TimeDelta::days(8));
    let bus = Bus::connect(&url, clock).await.unwrap();
    let mut late = bus.consumer("late", &subjects).await.unwrap();
    let kept = fetch(&mut late, 1).await;
    assert_eq!(kept[0].envelope.id, events[2].id, "the one that waits is kept");
    assert!(late.fetch(10, Duration::ZERO).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let error = Bus::connect("nats://user:hunter2@127.0.0.1:9", Clock::system()).await.unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:9") && !error.contains("hunter2"), "{error}");
}

/// Greets as a NATS server of `version` would, and answers the client's first ping.
async fn server_of_version(version: &str) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let info = format!(
        "INFO {{\"server_id\":\"x\",\"server_name\":\"x\",\"version\":\"{version}\",\"go\":\"x\",\"host\":\"127.0.0.1\",\"port\":{port},\
         \"headers\":true,\"max_payload\":1048576,\"proto\":1,\"client_id\":1,\"client_ip\":\"127.0.0.1\",\"jetstream\":true}}\r\nPONG\r\n"
    );
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let _ = client.write_all(info.as_bytes()).await;
            let _ = tokio::io::copy(&mut client, &mut tokio::io::sink()).await;
        }
    });
    (format!("nats://127.0.0.1:{port}"), serving)
}

#[tokio::test]
async fn a_server_below_2_10_is_refused_by_its_version() {
    let (url, _serving) = server_of_version("2.9.10").await;
    let error = Bus::connect(&url, Clock::system()).await.unwrap_err().to_string();
    assert!(error.contains("2.9.10") && error.contains("2.10"), "{error}");
}
