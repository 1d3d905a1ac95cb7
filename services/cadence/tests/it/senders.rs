//! Two senders on one PostgreSQL.

use std::collections::HashSet;

use pipewright_cadence::{SERVICE, app::EnrollLead, domain::sequence::Sequence, store};
use testkit::ServiceTest;

use crate::world::*;

#[tokio::test(flavor = "multi_thread")]
async fn senders_that_look_at_once_keep_to_one_mail_an_address_a_day() {
    let test = ServiceTest::postgres(SERVICE).await;
    let folder = format!("file:{}", test.service.context.config.data_dir.join("mail").display());
    let one = process(&test, &folder).await;
    let two = process(&test, &folder).await;
    let mut sequences = Vec::new();
    for number in 0..2 {
        let mut sequence = Sequence::inbound_welcome(test.actor.workspace, &test.clock);
        sequence.name = format!("Sequence {number}");
        let mut tx = one.db.of(test.actor.workspace).begin().await.unwrap();
        store::sequences::insert(&mut tx, &sequence).await.unwrap();
        tx.commit().await.unwrap();
        sequences.push(sequence.id);
    }
    let mut leads = Vec::new();
    // As many as one sender takes in hand, so that the other finds their second messages.
    for number in 0..one.mailer.window() {
        leads.push(ready_lead(&test, &format!("ada{number}@engines.example")).await.id);
    }
    for sequence in sequences {
        for &lead in &leads {
            one.enroll_lead(&test.actor, EnrollLead { lead, sequence: Some(sequence), idempotency_key: None })
                .await
                .unwrap();
        }
    }
    let (first, second) = tokio::join!(one.reserve_due(), two.reserve_due());
    let reserved: Vec<_> = [first, second].into_iter().flat_map(|round| round.unwrap().messages).collect();
    let addresses: HashSet<_> = reserved.iter().map(|reserved| reserved.message.email.clone()).collect();
    assert_eq!((reserved.len(), addresses.len()), (leads.len(), leads.len()));
}
