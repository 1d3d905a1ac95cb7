//! Two workspaces in one database: no method of the store reads or changes what is the other's.

use chrono::TimeDelta;
use events::enrichment::Verdict;
use kernel::{Actor, EmailAddress, PageArgs};
use pipewright_cadence::{
    SERVICE,
    domain::{
        confirmation::{Confirmation, ConfirmationState},
        enrollment::{Enrollment, EnrollmentState},
        lead::Lead,
        message::{Message, MessageState},
        sequence::DEFAULT_NAME,
        suppression::{Source, Suppression},
    },
    store::{
        confirmations,
        enrollments::{self, Of},
        leads, mailboxes, messages, outgoing, sequences, suppressions,
    },
};
use platform::Db;
use testkit::{ServiceTest, on_both_engines, tenants};

use crate::world::{email, welcomed_lead};

/// What takes no workspace, and why.
const EXEMPT: [(&str, &[&str]); 3] = [
    (
        "the row's own workspace",
        &["confirmations::insert", "enrollments::insert", "mailboxes::insert", "messages::insert", "sequences::insert"],
    ),
    ("the token makes the workspace known", &["enrollments::by_token"]),
    (
        "the sender and its recovery look over all of them",
        &["confirmations::due", "messages::left_behind", "outgoing::any_due", "outgoing::due", "outgoing::lock"],
    ),
];

#[test]
fn every_store_method_is_tried_or_has_a_reason() {
    tenants::every_store_method_is_tried(env!("CARGO_MANIFEST_DIR"), include_str!("tenants.rs"), &EXEMPT);
}

#[tokio::test]
async fn every_table_of_a_workspace_is_behind_the_fence() {
    tenants::every_table_is_fenced(&ServiceTest::postgres(SERVICE).await, &[]).await;
}

/// What one workspace has: a lead in a sequence, one message sent, one queued, and an address nobody writes to.
struct Ours {
    lead: Lead,
    enrollment: Enrollment,
    queued: Message,
    suppressed: EmailAddress,
    confirmation: Confirmation,
}

async fn equip(test: &ServiceTest) -> Ours {
    let (db, workspace) = (&test.service.context.db, test.actor.workspace);
    let lead = welcomed_lead(test, "ada@engines.example").await;
    let enrollment = enrollments::of_leads(db, &test.actor, &[lead.id]).await.unwrap().remove(0);
    let queued = messages::list(db, &test.actor, Some(MessageState::Queued), page()).await.unwrap().remove(0);
    let suppressed = email("no@engines.example");
    let mut tx = db.of(workspace).begin().await.unwrap();
    let lead = leads::by_id(&mut tx, workspace, lead.id).await.unwrap().unwrap();
    suppressions::insert(&mut tx, &suppression(test, &test.actor, &suppressed)).await.unwrap();
    let confirmation = Confirmation {
        id: test.clock.id(),
        workspace,
        capture: test.clock.id(),
        email: email("eve@engines.example"),
        form_name: "Demo".into(),
        url: "https://crm.example/f/confirm/x".into(),
        state: ConfirmationState::Queued,
        attempts: 0,
        due_at: test.clock.now(),
        expires_at: test.clock.now(),
        created_at: test.clock.now(),
    };
    confirmations::insert(&mut tx, &confirmation).await.unwrap();
    tx.commit().await.unwrap();
    Ours { lead, enrollment, queued, suppressed, confirmation }
}

fn suppression(test: &ServiceTest, actor: &Actor, email: &EmailAddress) -> Suppression {
    Suppression {
        id: test.clock.id(),
        workspace: actor.workspace,
        email: email.clone(),
        source: Source::Unsubscribed,
        reason: actor.workspace.to_string(),
        created_at: test.clock.now(),
    }
}

fn page() -> PageArgs {
    PageArgs { first: 50, after: None }
}

on_both_engines!(SERVICE, no_store_method_reads_or_changes_what_is_anothers);
async fn no_store_method_reads_or_changes_what_is_anothers(test: ServiceTest) {
    let ours = equip(&test).await;
    let (db, other, now) = (&test.service.context.db, test.stranger(), test.clock.now());
    let before = tenants::rows_in_every_table(&test, test.actor.workspace, &["idempotency_key"]).await;
    // Ours finds each; theirs finds none, or each of these would pass for a broken method too.
    for (actor, found) in [(&test.actor, true), (&other, false)] {
        reads(db, actor, &ours, found).await;
    }

    let mailbox = mailboxes::find(db, test.actor.workspace).await.unwrap().unwrap();
    let Ours { lead, enrollment, queued, suppressed, confirmation } = ours;
    let theirs = other.workspace;
    // With no fence but the predicates.
    let mut tx = db.everywhere().begin().await.unwrap();
    let foreign = Confirmation { workspace: theirs, state: ConfirmationState::Sent, ..confirmation };
    assert_eq!(confirmations::update(&mut tx, &foreign, 0).await.unwrap(), 0);
    let foreign = enrollment.moved(EnrollmentState::Stopped, Some("theirs"), now);
    assert_eq!(enrollments::update(&mut tx, &Enrollment { workspace: theirs, ..foreign }).await.unwrap(), 0);
    let foreign = Lead { workspace: theirs, version: 99, company: Some("Mallory's".into()), ..lead.clone() };
    assert!(!leads::save(&mut tx, &foreign).await.unwrap());
    leads::save_owner(&mut tx, theirs, lead.id, "Mallory", now).await.unwrap();
    let other_lead = Some(test.clock.id());
    assert_eq!(leads::redirect(&mut tx, theirs, lead.id, other_lead, test.clock.id()).await.unwrap(), 0);
    leads::save_verdict(&mut tx, theirs, &lead.email, Verdict::Invalid, now).await.unwrap();
    assert!(mailboxes::by_id(&mut tx, test.actor.workspace, mailbox.id).await.unwrap().is_some());
    assert!(mailboxes::by_id(&mut tx, theirs, mailbox.id).await.unwrap().is_none());
    assert!(mailboxes::set_paused(&mut tx, theirs, mailbox.id, true).await.unwrap().is_none());
    let foreign = Message { workspace: theirs, state: MessageState::Sent, ..queued.clone() };
    let updated = messages::update(&mut tx, &foreign, &[MessageState::Queued], queued.attempts).await.unwrap();
    assert_eq!(updated, 0);
    messages::cancel(&mut tx, theirs, enrollment.id).await.unwrap();
    // There it is another address.
    assert!(suppressions::insert(&mut tx, &suppression(&test, &other, &suppressed)).await.unwrap().is_some());
    tx.commit().await.unwrap();
    assert_eq!(tenants::rows(&test, test.actor.workspace).await, before);
}

async fn reads(db: &Db, actor: &Actor, ours: &Ours, found: bool) {
    let workspace = actor.workspace;
    let Ours { lead, enrollment, queued, suppressed, confirmation } = ours;
    assert_eq!(!enrollments::by_ids(db, actor, &[enrollment.id]).await.unwrap().is_empty(), found);
    assert_eq!(!enrollments::of_leads(db, actor, &[lead.id]).await.unwrap().is_empty(), found);
    assert_eq!(mailboxes::find(db, workspace).await.unwrap().is_some(), found);
    assert_eq!(!messages::of_enrollments(db, actor, &[enrollment.id]).await.unwrap().is_empty(), found);
    for state in [None, Some(MessageState::Queued)] {
        assert_eq!(!messages::list(db, actor, state, page()).await.unwrap().is_empty(), found);
        assert_eq!(messages::count(db, actor, state).await.unwrap() > 0, found);
    }
    assert_eq!(!sequences::by_ids(db, actor, &[enrollment.sequence]).await.unwrap().is_empty(), found);
    assert_eq!(!sequences::list(db, workspace, page()).await.unwrap().is_empty(), found);
    assert_eq!(!suppressions::list(db, workspace, page()).await.unwrap().is_empty(), found);
    let mut tx = db.everywhere().begin().await.unwrap();
    assert_eq!(enrollments::by_id(&mut tx, workspace, enrollment.id).await.unwrap().is_some(), found);
    for of in [Of::Lead(lead.id), Of::Address(&lead.email)] {
        assert_eq!(!enrollments::running(&mut tx, workspace, of).await.unwrap().is_empty(), found);
    }
    assert_eq!(leads::by_id(&mut tx, workspace, lead.id).await.unwrap().is_some(), found);
    assert_eq!(leads::is_verified(&mut tx, workspace, &lead.email).await.unwrap(), found);
    assert_eq!(messages::by_id(&mut tx, workspace, queued.id).await.unwrap().is_some(), found);
    assert_eq!(outgoing::by_id(&mut tx, workspace, queued.id).await.unwrap().is_some(), found);
    let sequence = sequences::by_id(&mut tx, workspace, enrollment.sequence).await.unwrap();
    assert_eq!(sequence.is_some(), found);
    assert_eq!(sequences::step_at(&mut tx, workspace, enrollment.sequence, 1).await.unwrap().is_some(), found);
    assert_eq!(sequences::latest(&mut tx, workspace, DEFAULT_NAME).await.unwrap().is_some(), found);
    let since = confirmation.created_at - TimeDelta::days(1);
    assert_eq!(confirmations::count_since(&mut tx, workspace, &confirmation.email, since).await.unwrap() > 0, found);
    assert_eq!(suppressions::by_email(&mut tx, workspace, suppressed).await.unwrap().is_some(), found);
    tx.rollback().await.unwrap();
}
