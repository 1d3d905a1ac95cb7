//! Two workspaces in one database: no method of the store reads or changes what is the other's.

use kernel::{Actor, DecisionId, LeadId, PageArgs, PoolId, RepId};
use pipewright_routing::{
    SERVICE,
    domain::{
        assignment::Assignment,
        rep::Rep,
        route::{Routed, Stamp},
    },
    store::{
        assignments::{self, Place},
        decisions, pools, reps,
    },
};
use platform::Db;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines, tenants};

use crate::{enrich, hire, rep_id, update_rep};

/// What takes no workspace, and why.
const EXEMPT: [(&str, &[&str]); 1] = [("a job's look over all of them", &["pools::with_work"])];

#[test]
fn every_store_method_is_tried_or_has_a_reason() {
    tenants::every_store_method_is_tried(env!("CARGO_MANIFEST_DIR"), include_str!("tenants.rs"), &EXEMPT);
}

#[tokio::test]
async fn every_table_of_a_workspace_is_behind_the_fence() {
    tenants::every_table_is_fenced(&ServiceTest::postgres(SERVICE).await, &[]).await;
}

/// What one workspace has.
struct Ours {
    rep: RepId,
    lead: LeadId,
    decision: DecisionId,
}

on_both_engines!(SERVICE, no_store_method_reads_or_changes_what_is_anothers);
async fn no_store_method_reads_or_changes_what_is_anothers(test: ServiceTest) {
    let mut user = hire(&test, &["ada"]).await.remove(0);
    let lead = enrich(&test).await;
    update_rep(&test, "ada", json!({ "active": false })).await;
    // It waits.
    enrich(&test).await;
    let (db, other, now) = (&test.service.context.db, test.stranger(), test.clock.now());
    let decision = assignments::by_leads(db, &test.actor, &[lead]).await.unwrap().remove(0).decision;
    let ours = Ours { rep: rep_id(&test, "ada").await.parse().unwrap(), lead, decision };
    let mut tx = test.service.context.db.of(test.actor.workspace).begin().await.unwrap();
    assignments::save_merged(&mut tx, test.actor.workspace, ours.lead, false, test.clock.id()).await.unwrap();
    tx.commit().await.unwrap();
    let before = tenants::rows_in_every_table(&test, test.actor.workspace, &["idempotency_key"]).await;
    // Ours finds each; theirs finds none, or each of these would pass for a broken method too.
    for (actor, found) in [(&test.actor, true), (&other, false)] {
        reads(&test, actor, &ours, found).await;
    }

    let rep = reps::by_ids(db, &test.actor, &[ours.rep]).await.unwrap().remove(0);
    let theirs = other.workspace;
    // With no fence but the predicates.
    let mut tx = db.everywhere().begin().await.unwrap();
    let mut pool = pools::lock(&mut tx, test.actor.workspace, None, now).await.unwrap().pool;
    for member in &mut pool.members {
        (member.rep.workspace, member.rep.paused, member.standing) = (theirs, false, 99);
    }
    pools::save(&mut tx, &pool, now).await.unwrap();
    let foreign = Rep { workspace: theirs, version: rep.version + 1, weight: 99, paused: false, ..rep };
    assert_eq!(reps::update(&mut tx, &foreign).await.unwrap(), 0);
    (user.version, user.name) = (99, "Mallory".into());
    // The same person may be a rep there too, and the same lead be routed.
    reps::learn(&mut tx, theirs, test.clock.id(), &user, now).await.unwrap().unwrap();
    reps::join_pool(&mut tx, theirs, test.clock.id::<PoolId>(), ours.rep, now).await.unwrap();
    let routed: Routed = pool.route(lead, None, Stamp { id: test.clock.id(), decided_at: now });
    decisions::insert(&mut tx, theirs, std::slice::from_ref(&routed)).await.unwrap();
    let assignment = Assignment::new(theirs, &routed);
    assert_eq!(assignments::put(&mut tx, &[assignment], Place::Taken).await.unwrap(), 1);
    assignments::save_merged(&mut tx, theirs, lead, true, test.clock.id()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tenants::rows(&test, test.actor.workspace).await, before);
}

async fn reads(test: &ServiceTest, actor: &Actor, ours: &Ours, found: bool) {
    let (workspace, page, now) = (actor.workspace, PageArgs { first: 50, after: None }, test.clock.now());
    let db: &Db = &test.service.context.db;
    let Ours { rep, lead, decision } = ours;
    assert_eq!(!assignments::by_leads(db, actor, &[*lead]).await.unwrap().is_empty(), found);
    assert_eq!(!decisions::by_ids(db, actor, &[*decision]).await.unwrap().is_empty(), found);
    for lead in [None, Some(*lead)] {
        assert_eq!(!decisions::list(db, actor, lead, page).await.unwrap().is_empty(), found);
        assert_eq!(decisions::count(db, actor, lead).await.unwrap() > 0, found);
    }
    assert_eq!(!reps::by_ids(db, actor, &[*rep]).await.unwrap().is_empty(), found);
    assert_eq!(!reps::list(db, workspace, page).await.unwrap().is_empty(), found);
    let mut tx = db.everywhere().begin().await.unwrap();
    assert_eq!(assignments::by_lead(&mut tx, workspace, *lead).await.unwrap().is_some(), found);
    assert_eq!(!assignments::waiting(&mut tx, workspace, 10).await.unwrap().is_empty(), found);
    let locked = pools::lock(&mut tx, workspace, Some(*lead), now).await.unwrap();
    assert_eq!((!locked.pool.members.is_empty(), locked.decided), (found, found));
    tx.rollback().await.unwrap();
}
