use events::{
    Envelope, Event,
    lead::{AccountCreated, AccountUpdated, ContactCreated, LeadCaptured, LeadUpdated},
    pipeline::OpportunityCreated,
};
use kernel::Actor;
use pipewright_search::SERVICE;
use serde_json::Value;
use testkit::{ServiceTest, on_both_engines};

use crate::objects::{account, contact, found, lead, opportunity, search};

struct History<'a> {
    test: &'a ServiceTest,
    envelopes: Vec<Envelope>,
}

impl History<'_> {
    fn add<E: Event>(&mut self, event: &E) {
        let actor = Actor::system(self.test.actor.workspace, "test");
        let source = E::TYPE.split('.').nth(1).unwrap();
        self.envelopes
            .push(Envelope::wrap(source, self.test.clock.id(), self.test.clock.now(), &actor, None, event).unwrap());
    }
}

/// What the services published: enough alike that order is decided by more than the score.
fn history(test: &ServiceTest) -> Vec<Envelope> {
    let mut history = History { test, envelopes: Vec::new() };
    let clock = &test.clock;
    for n in 0..20 {
        let current = lead(clock, "Ada Lovelace", &format!("ada{n}@engines.example"), "Engines");
        history.add(&LeadCaptured { current: current.clone() });
        if n % 3 == 0 {
            let changed = events::lead::Lead { version: 2, company: Some("Difference".to_owned()), ..current.clone() };
            history.add(&LeadUpdated { previous: current, current: changed });
        }
        if n % 5 == 0 {
            let current = account(clock, "Engines", &format!("engines{n}.example"));
            history.add(&AccountCreated { current: current.clone() });
            history.add(&AccountUpdated {
                previous: current.clone(),
                current: events::lead::Account { version: 2, name: "Engine Works".to_owned(), ..current },
            });
            history.add(&ContactCreated {
                current: contact(clock, "Ada Byron", &format!("byron{n}@engines.example"), "Countess"),
            });
            history.add(&OpportunityCreated { current: opportunity(clock, "Engines for Ada") });
        }
    }
    history.envelopes
}

async fn answers(test: &ServiceTest) -> Vec<Value> {
    let mut answers = Vec::new();
    for query in ["ada", "engines", "enignes", "ada engines", "countess", "difference", "ada1@engines.example", "w"] {
        let list = search(test, query).await;
        assert_ne!(list["totalCount"], Value::from(0), "{query}");
        answers.push(list);
    }
    answers
}

on_both_engines!(SERVICE, a_rebuilt_index_answers_as_the_live_one_did);

async fn a_rebuilt_index_answers_as_the_live_one_did(test: ServiceTest) {
    let history = history(&test);
    for part in history.chunks(7) {
        test.deliver_envelopes(part).await;
    }
    let live = answers(&test).await;

    let context = &test.service.context;
    pipewright_search::reset(&context.db, &context.clock).await.unwrap();
    test.settle().await;
    assert!(found(&test, "ada").await.is_empty());
    for page in history.chunks(10) {
        assert_eq!(pipewright_search::replay(&context.db, page).await.unwrap(), page.len());
    }
    test.settle().await;
    assert_eq!(answers(&test).await, live);

    // Once more over what is there: nothing doubles.
    pipewright_search::replay(&context.db, &history).await.unwrap();
    test.settle().await;
    assert_eq!(answers(&test).await, live);
}

#[tokio::test]
async fn a_replay_passes_over_what_it_cannot_use() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let mut history = history(&test);
    history.truncate(2);
    let mut broken = history[0].clone();
    broken.data = serde_json::value::to_raw_value(&serde_json::json!({ "current": {} })).unwrap();
    let mut foreign = history[0].clone();
    foreign.r#type = "crm.identity.user.created.v1".to_owned();
    let page = [broken, foreign, history[0].clone()];
    assert_eq!(pipewright_search::replay(&test.service.context.db, &page).await.unwrap(), 1);
    test.settle().await;
    assert_eq!(found(&test, "ada").await.len(), 1);
}
