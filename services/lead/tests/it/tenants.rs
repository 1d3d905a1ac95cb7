//! Two workspaces in one database: no method of the store reads or changes what is the other's.

use events::{cadence::MessageSent, pipeline::OpportunityCreated};
use kernel::{AccountId, Actor, ContactId, EmailAddress, LeadId, PageArgs, SegmentId, Timestamp};
use pipewright_lead::{
    SERVICE,
    domain::{
        account::{Account, AccountChange},
        company_size::Size,
        contact::{Contact, ContactChange},
        key_account::FIRST_RULES,
        lead::{Lead, LeadChange},
        segment::Segment,
    },
    store::{
        account_domains,
        accounts::{self, AccountFilter, Under, Wanted},
        contacts::{self, ContactFilter},
        filter_keys, hierarchy, key_alerts,
        leads::{self, LeadFilter},
        plans, rollups, segment_leads, segments, sizes, touches,
    },
};
use platform::{Db, execute, with_db, with_tx};
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines, tenants};

use crate::rollup::opportunity;

/// What takes no workspace, and why.
const EXEMPT: [(&str, &[&str]); 3] = [
    (
        "the row's own workspace",
        &[
            "accounts::insert",
            "contacts::insert",
            "leads::insert",
            "segments::insert",
            "segments::enter",
            "account_domains::insert",
            "known_opportunities::keep",
            "touches::keep",
            "sizes::insert_bands",
            "plans::save",
            "plans::save_rules",
            "key_alerts::insert",
        ],
    ),
    (
        "a job's look over all of them",
        &[
            "accounts::workspace_with_pending_links",
            "filter_keys::workspace_with_stale",
            "sizes::workspace_to_fill",
            "key_alerts::workspace_with_due",
            "segments::workspace_to_fill",
        ],
    ),
    (
        "locks, and touches no row",
        &["hierarchy::lock", "segments::lock", "segments::share", "sizes::lock", "sizes::share"],
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

/// What one workspace has.
struct Ours {
    account: AccountId,
    /// Above the account.
    parent: AccountId,
    contact: ContactId,
    /// Converted; another one has no account. Nobody has written its filter keys.
    lead: LeadId,
    /// The lead is in it.
    segment: SegmentId,
}

fn email() -> EmailAddress {
    EmailAddress::parse("ada@engines.example").unwrap()
}

fn id<T: std::str::FromStr>(value: &Value) -> T {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no such id"))
}

async fn equip(test: &ServiceTest) -> Ours {
    const ACCOUNT: &str = "mutation { createAccount(input: { name: \"Engines\", domain: \"engines.example\", idempotencyKey: \"ours\" }) { account { id } } }";
    const CAPTURE: &str =
        "mutation($email: String!) { captureLead(input: { email: $email, company: \"Looms\" }) { lead { id } } }";
    const CONVERT: &str = "mutation($id: ID!) { convertLead(input: { id: $id }) { contact { id } } }";
    let account = id(&test.graphql(ACCOUNT, json!({})).await["createAccount"]["account"]["id"]);
    let lead = test.graphql(CAPTURE, json!({ "email": email() })).await["captureLead"]["lead"]["id"].take();
    test.graphql(CAPTURE, json!({ "email": "ben@looms.example" })).await;
    let contact = id(&test.graphql(CONVERT, json!({ "id": lead })).await["convertLead"]["contact"]["id"]);
    let segment = "mutation { createSegment(input: { name: \"Ada\", definition: \"email starts with \\\"ada\\\"\" }) { segment { id } } }";
    let segment = id(&test.graphql(segment, json!({})).await["createSegment"]["segment"]["id"]);
    let parent = "mutation { createAccount(input: { name: \"Works\" }) { account { id } } }";
    let parent = id(&test.graphql(parent, json!({})).await["createAccount"]["account"]["id"]);
    let link = "mutation($input: LinkAccountsInput!) { linkAccounts(input: $input) { errors { message } } }";
    test.graphql(link, json!({ "input": { "childId": account, "parentId": parent } })).await;
    let bands = "mutation($id: ID!) { updateAccount(input: { id: $id, employees: \"200\" }) { errors { code } }
        updateSegmentBands(input: { midMarketFrom: 50, enterpriseFrom: 500, marginPercent: 10 }) { errors { code } } }";
    test.graphql(bands, json!({ "id": account })).await;
    let key = "mutation($id: ID!) { setAccountPlan(input: { accountId: $id, tier: KEY, goals: [\"More\"] }) { errors { code } }
        updateKeyAccountRules(input: { untouchedDays: 14 }) { errors { code } } }";
    test.graphql(key, json!({ "id": account })).await;
    test.deliver(&OpportunityCreated { current: opportunity(&test.clock, account) }).await;
    let lead_id = id(&lead);
    let (message, enrollment, sent_at) = (test.clock.id(), test.clock.id(), test.clock.now());
    test.deliver(&MessageSent { message, enrollment, lead: lead_id, step: 1, sent_at }).await;
    let ours = Ours { account, parent, contact, lead: id(&lead), segment };
    let import = "mutation { importAccounts(input: { headers: [\"Record ID\", \"Company name\"], rows: [{ row: 1, cells: [\"c-1\", \"Mills\"] }] }) { outcomes { outcome } }
        importLeads(input: { headers: [\"Record ID\", \"Email\"], rows: [{ row: 1, cells: [\"l-1\", \"eve@mills.example\"] }] }) { outcomes { outcome } } }";
    let imported = test.graphql(import, json!({})).await;
    let created = json!({ "outcomes": [{ "outcome": "CREATED" }] });
    assert_eq!(imported, json!({ "importAccounts": created, "importLeads": created }));
    test.settle().await;
    let db = &test.service.context.db;
    let account = accounts::by_ids(db, &test.actor, &[ours.account]).await.unwrap();
    let mut tx = db.of(test.actor.workspace).begin().await.unwrap();
    accounts::set_link_pending(&mut tx, test.actor.workspace, &account, true).await.unwrap();
    let stale = "update lead set filter_stale = true, filter_keys = '{}' where id = $1";
    execute!(tx, sqlx::query(stale).bind(ours.lead)).unwrap();
    tx.commit().await.unwrap();
    ours
}

on_both_engines!(SERVICE, no_store_method_reads_or_changes_what_is_anothers);
async fn no_store_method_reads_or_changes_what_is_anothers(test: ServiceTest) {
    let ours = equip(&test).await;
    let (db, other, now) = (&test.service.context.db, test.stranger(), test.clock.now());
    let before = tenants::rows_in_every_table(&test, test.actor.workspace, &["lead_access"]).await;
    // Ours finds each; theirs finds none, or each of these would pass for a broken method too.
    for (actor, found) in [(&test.actor, true), (&other, false)] {
        reads(db, actor, &ours, found).await;
        account_reads(db, actor, &ours, found).await;
    }

    let account = accounts::by_ids(db, &test.actor, &[ours.account]).await.unwrap().pop().unwrap();
    let contact = contacts::by_ids(db, &test.actor, &[ours.contact]).await.unwrap().pop().unwrap();
    let lead = leads::by_ids(db, &test.actor, &[ours.lead]).await.unwrap().pop().unwrap();
    let segment = segments::by_id(db, test.actor.workspace, ours.segment).await.unwrap().unwrap();
    let theirs = other.workspace;
    // With no fence but the predicates.
    let mut tx = db.everywhere().begin().await.unwrap();
    let mut foreign = Account { workspace: theirs, version: 2, ..account.clone() };
    foreign.details.name = "Mallory".into();
    let change = AccountChange { previous: account.clone(), current: foreign };
    assert_eq!(accounts::update(&mut tx, &change).await.unwrap(), 0);
    let alert = key_alerts::open(&mut tx, test.actor.workspace, &[account.id]).await.unwrap().pop().unwrap();
    key_alerts::close(&mut tx, theirs, &[alert.id], now).await.unwrap();
    key_alerts::make_due(&mut tx, theirs, ours.lead, now).await.unwrap();
    let later = now + chrono::TimeDelta::days(2);
    assert_eq!(key_alerts::take_due(&mut tx, theirs, later, later, 10).await.unwrap(), []);
    sizes::save(&mut tx, theirs, &[(account.id, Size::default())]).await.unwrap();
    sizes::set_filled_to(&mut tx, theirs, 2, None, false).await.unwrap();
    account_domains::remove(&mut tx, theirs, account.id, "engines.example").await.unwrap();
    hierarchy::set_parent(&mut tx, theirs, account.id, None).await.unwrap();
    accounts::set_link_pending(&mut tx, theirs, &[account], false).await.unwrap();
    let mut foreign = Contact { workspace: theirs, version: contact.version + 1, ..contact.clone() };
    foreign.details.title = Some("Mallory".into());
    let change = ContactChange { previous: contact, current: foreign };
    assert_eq!(contacts::update(&mut tx, &change).await.unwrap(), 0);
    let mut foreign = Lead { workspace: theirs, version: lead.version + 1, updated_at: now, ..lead.clone() };
    foreign.details.title = Some("Mallory".into());
    filter_keys::write(&mut tx, theirs, std::slice::from_ref(&lead)).await.unwrap();
    assert_eq!(leads::update(&mut tx, &LeadChange { previous: lead, current: foreign }).await.unwrap(), 0);
    leads::set_owner(&mut tx, theirs, ours.lead, Some(test.clock.id()), test.clock.id()).await.unwrap();
    segments::update(&mut tx, &Segment { workspace: theirs, name: "Mallory".into(), ..segment }).await.unwrap();
    segments::exit(&mut tx, theirs, &[(ours.segment, ours.lead)]).await.unwrap();
    segments::delete(&mut tx, theirs, ours.segment).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tenants::rows(&test, test.actor.workspace).await, before);
}

async fn reads(db: &Db, actor: &Actor, ours: &Ours, found: bool) {
    let (workspace, page) = (actor.workspace, PageArgs { first: 50, after: None });
    let Ours { account, contact, lead, segment, .. } = ours;
    let (all_accounts, all_contacts, all_leads) =
        (AccountFilter::default(), ContactFilter::default(), LeadFilter::default());
    assert_eq!(!accounts::by_ids(db, actor, &[*account]).await.unwrap().is_empty(), found);
    assert_eq!(!accounts::list(db, actor, &all_accounts, page).await.unwrap().is_empty(), found);
    assert_eq!(accounts::count(db, actor, &all_accounts).await.unwrap() > 0, found);
    assert_eq!(!contacts::by_ids(db, actor, &[*contact]).await.unwrap().is_empty(), found);
    assert_eq!(!contacts::list(db, actor, &all_contacts, page).await.unwrap().is_empty(), found);
    assert_eq!(contacts::count(db, actor, &all_contacts).await.unwrap() > 0, found);
    assert_eq!(!leads::by_ids(db, actor, &[*lead]).await.unwrap().is_empty(), found);
    assert_eq!(!leads::list(db, actor, &all_leads, page).await.unwrap().is_empty(), found);
    assert_eq!(leads::count(db, actor, &all_leads).await.unwrap() > 0, found);
    assert_eq!(!segment_leads::pages(db, actor, &[*segment], page).await.unwrap().is_empty(), found);
    assert_eq!(segments::by_id(db, workspace, *segment).await.unwrap().is_some(), found);
    assert_eq!(!segments::list(db, workspace, page).await.unwrap().is_empty(), found);
    assert_eq!(segments::entered_at(db, workspace, (*segment, *lead)).await.unwrap().is_some(), found);
    assert_eq!(!segments::counts(db, actor, &[*segment]).await.unwrap().is_empty(), found);
    assert_eq!(segments::overlap(db, actor, *segment, *segment).await.unwrap().in_both > 0, found);
    let mut tx = db.everywhere().begin().await.unwrap();
    assert_eq!(!segments::all(&mut tx, workspace).await.unwrap().is_empty(), found);
    assert_eq!(!segments::members(&mut tx, workspace, &[*lead]).await.unwrap().is_empty(), found);
    assert_eq!(!leads::any_by_ids(&mut tx, workspace, &[*lead]).await.unwrap().is_empty(), found);
    assert_eq!(!leads::page_by_id(&mut tx, workspace, None, 10).await.unwrap().is_empty(), found);
    assert_eq!(!filter_keys::with_stale(&mut tx, workspace, 10).await.unwrap().is_empty(), found);
    for wanted in [
        Wanted { ids: vec![*account], ..Wanted::default() },
        Wanted { name_keys: vec!["engines".into()], ..Wanted::default() },
        Wanted { external_ids: vec!["c-1".into()], ..Wanted::default() },
    ] {
        assert_eq!(!accounts::candidates(&mut tx, workspace, &wanted).await.unwrap().is_empty(), found, "{wanted:?}");
    }
    let (domains, names) = (["engines.example".to_owned()], ["engines".to_owned()]);
    assert_eq!(!accounts::keys(&mut tx, workspace, &domains, &[]).await.unwrap().is_empty(), found);
    assert_eq!(!accounts::keys(&mut tx, workspace, &[], &names).await.unwrap().is_empty(), found);
    assert_eq!(accounts::by_id(&mut tx, actor, *account).await.unwrap().is_some(), found);
    assert_eq!(accounts::any_by_id(&mut tx, workspace, *account).await.unwrap().is_some(), found);
    assert_eq!(!accounts::with_pending_links(&mut tx, workspace, 10).await.unwrap().is_empty(), found);
    assert_eq!(contacts::by_id(&mut tx, actor, *contact).await.unwrap().is_some(), found);
    assert_eq!(contacts::by_email(&mut tx, workspace, &email()).await.unwrap().is_some(), found);
    assert_eq!(!leads::known(&mut tx, workspace, &[email().as_str()], &[]).await.unwrap().is_empty(), found);
    assert_eq!(!leads::known(&mut tx, workspace, &[], &["l-1"]).await.unwrap().is_empty(), found);
    let (domain, company) = (["looms.example".to_owned()], ["looms".to_owned()]);
    assert_eq!(!leads::unmatched(&mut tx, workspace, &domain, &[], 10).await.unwrap().is_empty(), found);
    assert_eq!(!leads::unmatched(&mut tx, workspace, &[], &company, 10).await.unwrap().is_empty(), found);
    assert_eq!(leads::by_id(&mut tx, actor, *lead).await.unwrap().is_some(), found);
    tx.rollback().await.unwrap();
}

async fn account_reads(db: &Db, actor: &Actor, ours: &Ours, found: bool) {
    let (workspace, page) = (actor.workspace, PageArgs { first: 50, after: None });
    let Ours { account, parent, .. } = ours;
    assert_eq!(!account_domains::listed(db, workspace, &[*account]).await.unwrap().is_empty(), found);
    assert_eq!(!hierarchy::lines(db, workspace, &[*account]).await.unwrap().is_empty(), found);
    assert_eq!(!hierarchy::children(db, actor, &[*parent], page).await.unwrap().is_empty(), found);
    assert_eq!(!hierarchy::child_counts(db, actor, &[*parent]).await.unwrap().is_empty(), found);
    for under in [*parent, *account] {
        let under = Some(Under { parent: under, descendants: true });
        let below = AccountFilter { under, ..AccountFilter::default() };
        let any = !accounts::list(db, actor, &below, page).await.unwrap().is_empty();
        assert_eq!(any, found && under.is_some_and(|under| under.parent == *parent));
    }
    assert_eq!(sizes::bands_at(db, workspace, Some(2)).await.unwrap().is_some(), found);
    assert_eq!(!plans::listed(db, workspace, &[*account]).await.unwrap().is_empty(), found);
    assert_eq!(plans::rules_shown(db, workspace).await.unwrap().is_some(), found);
    assert_eq!(!key_alerts::list(db, actor, true, page).await.unwrap().is_empty(), found);
    assert_eq!(!touches::relationships(db, actor, &[*account]).await.unwrap().is_empty(), found);
    assert_eq!(!sizes::listed(db, workspace, &[*account]).await.unwrap().is_empty(), found);
    assert_eq!(!rollups::accounts(db, actor, &[*account]).await.unwrap().is_empty(), found);
    assert_eq!(!rollups::open_pipeline(db, actor, &[*account]).await.unwrap().is_empty(), found);
    assert_eq!(!rollups::last_touches(db, actor, &[*account]).await.unwrap().is_empty(), found);
    let mut tx = db.everywhere().begin().await.unwrap();
    let domains = ["engines.example".to_owned()];
    let holders = account_domains::holders(&mut tx, workspace, &domains).await.unwrap();
    assert_eq!(!holders.is_empty(), found);
    assert_eq!(!account_domains::of_all(&mut tx, workspace, &[*account]).await.unwrap().is_empty(), found);
    assert_eq!(!hierarchy::line(&mut tx, workspace, *account).await.unwrap().is_empty(), found);
    assert_eq!(hierarchy::levels(&mut tx, workspace, *account).await.unwrap() > 0, found);
    assert_eq!(!accounts::page_by_id(&mut tx, workspace, None, 10).await.unwrap().is_empty(), found);
    assert_eq!(plans::by_account(&mut tx, workspace, *account).await.unwrap().is_some(), found);
    assert_eq!(plans::rules(&mut tx, workspace).await.unwrap().is_some(), found);
    assert_eq!(!key_alerts::open(&mut tx, workspace, &[*account]).await.unwrap().is_empty(), found);
    let accounts = [*account];
    let engagements = key_alerts::engagements(&mut tx, workspace, &accounts, &FIRST_RULES, Timestamp::UNIX_EPOCH);
    assert_eq!(!engagements.await.unwrap().is_empty(), found);
    assert_eq!(sizes::bands(&mut tx, workspace).await.unwrap().is_some(), found);
    assert_eq!(sizes::filled_to(&mut tx, workspace, 2).await.unwrap().is_some(), found);
    assert_eq!(!sizes::known(&mut tx, workspace, &[*account]).await.unwrap().is_empty(), found);
    tx.rollback().await.unwrap();
}

/// The first fence is taken away: no predicate in sight.
#[tokio::test]
async fn the_fence_holds_a_statement_that_forgets_the_workspace() {
    let test = ServiceTest::postgres(SERVICE).await;
    equip(&test).await;
    let (db, other) = (&test.service.context.db, test.stranger());
    let capture = "mutation { captureLead(input: { email: \"eve@elsewhere.example\" }) { lead { id } } }";
    test.graphql_as(&other, capture, json!({})).await;
    let before = tenants::rows(&test, test.actor.workspace).await;

    let emails: Vec<String> = with_db!(db.of(other.workspace), pool => {
        sqlx::query_scalar("select email from lead").fetch_all(pool).await.unwrap()
    });
    assert_eq!(emails, ["eve@elsewhere.example"]);
    let mut tx = db.of(other.workspace).begin().await.unwrap();
    assert_eq!(execute!(tx, sqlx::query("update lead set title = 'Mallory'")).unwrap(), 1);
    assert_eq!(execute!(tx, sqlx::query("update account set name = 'Mallory'")).unwrap(), 0);
    assert_eq!(execute!(tx, sqlx::query("delete from contact")).unwrap(), 0);
    let companies: i64 = with_tx!(tx, conn => {
        sqlx::query_scalar("select count(*) from lead l join account a on a.id = l.account_id").fetch_one(conn).await
    })
    .unwrap();
    assert_eq!(companies, 0);
    tx.commit().await.unwrap();
    assert_eq!(tenants::rows(&test, test.actor.workspace).await, before);
}
