//! One set of events makes one timeline, whatever order they come in.

use chrono::TimeDelta;
use events::{Envelope, lead::AccountCreated};
use pipewright_search::SERVICE;
use serde_json::Value;
use testkit::{ServiceTest, on_both_engines};

use crate::{
    families::Family,
    stories::{Story, WHOLE, every, shuffled, timeline, titles},
};

/// Up to two hours before or behind, another for each service and each number.
fn wild(number: u64) -> impl Fn(&str) -> TimeDelta {
    move |service| {
        let noise = service.bytes().fold(number + 1, |sum, byte| (sum * 31 + u64::from(byte)) % 14_400);
        TimeDelta::seconds(i64::try_from(noise).unwrap() - 7_200)
    }
}

/// A story, and records that are merged with each other, at last into the account of the story.
struct Saga {
    story: Story,
    family: Family,
    envelopes: Vec<Envelope>,
}

impl Saga {
    fn told(test: &ServiceTest, skew: &dyn Fn(&str) -> TimeDelta) -> Self {
        let story = Story::told(test, skew);
        let AccountCreated { current } = story.envelopes[0].payload().unwrap();
        let family = Family::told(test, skew, &current);
        let envelopes = [story.envelopes.clone(), family.envelopes.clone()].concat();
        Self { story, family, envelopes }
    }

    /// All that its records tell, as the bytes of the answers.
    async fn answers(&self, test: &ServiceTest) -> Vec<String> {
        let Self { story, family, .. } = self;
        let mut records = vec![
            ("Account", story.account.to_string()),
            ("Contact", story.contact.to_string()),
            ("Lead", story.lead.to_string()),
            ("Opportunity", story.opportunity.to_string()),
            ("Account", family.account.to_string()),
        ];
        records.extend(family.leads.iter().map(|lead| ("Lead", lead.to_string())));
        let mut answers = Vec::new();
        for (kind, id) in records {
            answers.push(timeline(test, kind, id).await.to_string());
        }
        answers
    }
}

fn no_effect_stands_before_its_cause(told: &Value) {
    // The last stands first.
    let ids = every(told, "id");
    for (at, cause) in every(told, "causedBy").into_iter().enumerate() {
        if let Some(place) = ids.iter().position(|id| *id == cause) {
            assert!(place > at, "an effect at {at} and its cause at {place}: {:?}", titles(told));
        }
    }
}

async fn rebuild(test: &ServiceTest, arrivals: &[Envelope]) {
    let context = &test.service.context;
    pipewright_search::reset(&context.db, &context.clock).await.unwrap();
    for page in arrivals.chunks(4) {
        pipewright_search::replay(&context.db, page).await.unwrap();
    }
}

on_both_engines!(SERVICE, whatever_the_arrival_the_timeline_is_the_same_bytes);
async fn whatever_the_arrival_the_timeline_is_the_same_bytes(test: ServiceTest) {
    for number in 0..12 {
        let saga = Saga::told(&test, &wild(number));
        rebuild(&test, &saga.envelopes).await;
        let expected = saga.answers(&test).await;
        let told: Value = serde_json::from_str(&expected[0]).unwrap();
        assert_eq!(titles(&told).len(), saga.envelopes.len());
        assert_eq!(expected[0], expected[4], "what is merged away tells what its survivor does");
        no_effect_stands_before_its_cause(&told);
        let place = |title: &str| titles(&told).iter().position(|other| *other == title).unwrap();
        assert!(place(WHOLE[0]) < place(WHOLE[1]), "a state stands after the one before");
        assert!(place(WHOLE[3]) < place(WHOLE[4]), "what is part of an enrolment stands after its beginning");
        for _ in 0..4 {
            let mut arrivals = shuffled(&test, &saga.envelopes);
            // Some come twice.
            arrivals.extend(shuffled(&test, &saga.envelopes).into_iter().take(3));
            rebuild(&test, &arrivals).await;
            assert_eq!(saga.answers(&test).await, expected);
        }
    }
}

on_both_engines!(SERVICE, a_rebuilt_timeline_is_the_live_one);
async fn a_rebuilt_timeline_is_the_live_one(test: ServiceTest) {
    let saga = Saga::told(&test, &wild(3));
    for arrivals in shuffled(&test, &saga.envelopes).chunks(2) {
        test.deliver_envelopes(arrivals).await;
    }
    let live = saga.answers(&test).await;
    rebuild(&test, &[]).await;
    assert_ne!(saga.answers(&test).await, live);
    // Service by service, as the command reads the outboxes.
    let mut history = saga.envelopes.clone();
    history.sort_by(|one, other| one.source.cmp(&other.source).then(one.id.cmp(&other.id)));
    rebuild(&test, &history).await;
    assert_eq!(saga.answers(&test).await, live);
}
