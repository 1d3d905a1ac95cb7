//! How long an event is on its way, on either bus.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use events::{
    Envelope, Event,
    lead::{Lead, LeadCaptured, LeadStatus},
};
use kernel::{Actor, Clock, EmailAddress, EventId, PersonName};
use platform::bus::{Bus, Consumer, Settle};
use tokio::{sync::mpsc, task::JoinSet, time::MissedTickBehavior};

use crate::report::{Sample, Table, ms};

const SINGLES: usize = 2_000;
/// 250 a second: far from what either bus can carry.
const SINGLE_EVERY: Duration = Duration::from_millis(4);
const BURSTS: usize = 30;
const BURST: usize = 100;
const BURST_EVERY: Duration = Duration::from_millis(150);
/// As the platform's own handlers fetch.
const FETCH: usize = 128;
const FETCH_WAIT: Duration = Duration::from_secs(2);
/// An event that is later than that counts as missing.
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn run() -> Result<()> {
    println!("  {SINGLES} events one by one, 250 a second; {BURSTS} bursts of {BURST}, one every 150 ms; one consumer");
    let folder = tempfile::tempdir()?;
    let local = format!("local:{}", folder.path().join("bus.db").display());
    let unique = Clock::system().id::<EventId>();
    let nats = format!("{}?stream={unique}&prefix={unique}", testkit::nats_url().await);
    let mut table = Table::new(["bus", "load", "events", "p50", "p99", "max", "redelivered", "missing"]);
    for (name, url) in [("local (SQLite file)", local), ("NATS JetStream", nats)] {
        let track = Track::open(&url).await?;
        track.measure(name, &mut table).await?;
    }
    table.print();
    Ok(())
}

/// What the consumer saw: which event, when, and at which attempt.
type Seen = (EventId, Instant, u32);

struct Track {
    bus: Bus,
    clock: Clock,
    actor: Actor,
    seen: mpsc::UnboundedReceiver<Seen>,
    /// Ends with the track.
    _consumer: JoinSet<Result<()>>,
}

impl Track {
    async fn open(url: &str) -> Result<Self> {
        let clock = Clock::system();
        let bus = Bus::connect(url, clock.clone()).await?;
        let consumer = bus.consumer("bench", &[LeadCaptured::TYPE]).await?;
        let (tell, seen) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(consume(consumer, tell));
        let actor = Actor::system(clock.id(), "bench");
        Ok(Self { bus, clock, actor, seen, _consumer: tasks })
    }

    async fn measure(mut self, name: &str, table: &mut Table) -> Result<()> {
        // Opens what is opened at first use.
        self.run(1, 50, SINGLE_EVERY).await?;
        for (load, size, count, every) in
            [("one by one", 1, SINGLES, SINGLE_EVERY), ("bursts", BURST, BURSTS, BURST_EVERY)]
        {
            let heard = self.run(size, count, every).await?;
            table.row([
                name.to_owned(),
                load.to_owned(),
                heard.sample.len().to_string(),
                ms(heard.sample.percentile(50)),
                ms(heard.sample.percentile(99)),
                ms(heard.sample.max()),
                heard.redelivered.to_string(),
                heard.missing.to_string(),
            ]);
        }
        Ok(())
    }

    /// Publishes `count` times `size` events and waits until all have come.
    async fn run(&mut self, size: usize, count: usize, every: Duration) -> Result<Heard> {
        let mut sent: HashMap<EventId, Instant> = HashMap::with_capacity(count * size);
        let mut pace = tokio::time::interval(every);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for _ in 0..count {
            let batch = (0..size).map(|_| self.event()).collect::<Result<Vec<_>>>()?;
            pace.tick().await;
            let now = Instant::now();
            sent.extend(batch.iter().map(|envelope| (envelope.id, now)));
            self.bus.publish(&batch).await?;
        }
        let mut heard = Heard { sample: Sample::new(Vec::new()), redelivered: 0, missing: 0 };
        let mut durations = Vec::with_capacity(sent.len());
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !sent.is_empty() {
            let Ok(seen) = tokio::time::timeout_at(deadline, self.seen.recv()).await else { break };
            let (id, at, attempt) = seen.context("the consumer ended")?;
            heard.redelivered += usize::from(attempt > 1);
            durations.extend(sent.remove(&id).map(|sent| at - sent));
        }
        heard.missing = sent.len();
        heard.sample = Sample::new(durations);
        ensure!(heard.sample.len() > 0, "no event arrived");
        Ok(heard)
    }

    fn event(&self) -> Result<Envelope> {
        let current = Lead {
            id: self.clock.id(),
            version: 1,
            email: EmailAddress::parse("ada.lovelace@engines.example")?,
            first_name: Some(PersonName::new("Ada")),
            last_name: Some(PersonName::new("Lovelace")),
            title: Some("Head of Analytical Engines".to_owned()),
            company: Some("Engines Ltd".to_owned()),
            company_domain: Some("engines.example".to_owned()),
            phone: None,
            country: Some("GB".to_owned()),
            employees: Some("11-50".to_owned()),
            source: "Webinar".to_owned(),
            status: LeadStatus::New,
            account: None,
            created_at: self.clock.now(),
        };
        let event = LeadCaptured { current };
        Ok(Envelope::wrap("bench", self.clock.id(), self.clock.now(), &self.actor, None, &event)?)
    }
}

struct Heard {
    sample: Sample,
    redelivered: usize,
    missing: usize,
}

async fn consume(mut consumer: Consumer, tell: mpsc::UnboundedSender<Seen>) -> Result<()> {
    loop {
        let deliveries = consumer.fetch(FETCH, FETCH_WAIT).await?;
        let now = Instant::now();
        for delivery in &deliveries {
            if tell.send((delivery.envelope.id, now, delivery.attempt)).is_err() {
                return Ok(());
            }
        }
        consumer.settle(deliveries.into_iter().map(|delivery| (delivery, Settle::Done)).collect()).await?;
    }
}
