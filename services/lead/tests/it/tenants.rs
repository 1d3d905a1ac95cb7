//! Two workspaces in one database: no method of the store reads or changes what is the other's.

use chrono::TimeDelta;
use events::{cadence::MessageSent, pipeline::OpportunityCreated};
use kernel::{
    AccountId, Actor, CaptureId, ContactId, EmailAddress, FormId, LandingPageId, LeadId, MergeId, PageArgs, SegmentId,
    SourceCostId, Timestamp, WorkspaceId, id::TypedId,
};
use pipewright_lead::{
    SERVICE,
    domain::{
        account::{Account, AccountChange},
        capture::{Capture, Form},
        company_size::Size,
        contact::{Contact, ContactChange},
        family::Merge,
        key_account::FIRST_RULES,
        landing_page::LandingPage,
        lead::{Lead, LeadChange},
        record::{Kind, Record, RecordChange},
        segment::Segment,
    },
    store::{
        account_domains,
        accounts::{self, AccountFilter, Under, Wanted},
        captures, consents,
        contacts::{self, ContactFilter},
        duplicates::{self, DuplicateFilter},
        filter_keys, forms, hierarchy, key_alerts, landing_pages,
        leads::{self, LeadFilter},
        merges, plans, records, rollups, segment_leads, segments, sizes, source_costs, touches,
    },
};
use platform::{Db, Tx, execute, with_db, with_tx};
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines, tenants};

use crate::{rollup::opportunity, visitors};

/// What takes no workspace, and why.
const EXEMPT: [(&str, &[&str]); 4] = [
    (
        "the row's own workspace",
        &[
            "accounts::insert",
            "contacts::insert",
            "leads::insert",
            "segments::insert",
            "segments::enter",
            "duplicates::insert",
            "merges::insert",
            "captures::insert",
            "forms::insert",
            "landing_pages::insert",
            "source_costs::insert",
            "consents::insert",
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
            "captures::due",
            "filter_keys::workspace_with_stale",
            "records::workspace_with_stale",
            "segments::workspace_to_fill",
            "sizes::workspace_to_fill",
            "key_alerts::workspace_with_due",
        ],
    ),
    (
        "what an address or a link that nobody guesses leads to, which says whose it is",
        &["captures::by_token", "forms::by_slug", "landing_pages::by_slug"],
    ),
    (
        "locks, and touches no row",
        &[
            "segments::lock",
            "segments::share",
            "duplicates::lock",
            "merges::lock",
            "hierarchy::lock",
            "accounts::lock",
            "sizes::lock",
            "sizes::share",
        ],
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
    /// Of two contacts.
    merge: MergeId,
    survivor: ContactId,
    away: ContactId,
    /// Two contacts that look like one.
    twins: [ContactId; 2],
    form: FormId,
    /// What the form took in for the lead, on the page.
    capture: CaptureId,
    landing_page: LandingPageId,
    cost: SourceCostId,
}

fn email() -> EmailAddress {
    EmailAddress::parse("ada@engines.example").unwrap()
}

fn id<T: std::str::FromStr>(value: &Value) -> T {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no such id"))
}

/// A contact by the one name of Ada Twin.
async fn made(test: &ServiceTest, email: &str) -> ContactId {
    const CREATE: &str = "mutation($email: String!) { createContact(input: {
        email: $email, firstName: \"Ada\", lastName: \"Twin\", phone: \"+44 20 7946 0958\" }) { contact { id } } }";
    id(&test.graphql(CREATE, json!({ "email": email })).await["createContact"]["contact"]["id"])
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
    let (survivor, away) = (made(test, "mary@mills.example").await, made(test, "tom@mills.example").await);
    let twins = [made(test, "info@twin.example").await, made(test, "office@twin.example").await];
    let merge = "mutation($one: ID!, $other: ID!) { mergeContacts(input: { survivorId: $one, otherIds: [$other] }) { merge { id } } }";
    let merge = test.graphql(merge, json!({ "one": survivor, "other": away })).await;
    let merge = id(&merge["mergeContacts"]["merge"]["id"]);
    let dismiss =
        "mutation($ids: [ID!]!) { dismissDuplicate(input: { kind: CONTACT, ids: $ids }) { errors { code } } }";
    test.graphql(dismiss, json!({ "ids": [survivor, contact] })).await;
    let (form, capture, landing_page, cost) = visited(test).await;
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
    let lead = lead_id;
    let ours = Ours {
        account,
        parent,
        contact,
        lead,
        segment,
        merge,
        survivor,
        away,
        twins,
        form,
        capture,
        landing_page,
        cost,
    };
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
    let stale = "update lead set filter_stale = true, match_stale = true, filter_keys = '{}' where id = $1";
    execute!(tx, sqlx::query(stale).bind(ours.lead)).unwrap();
    tx.commit().await.unwrap();
    ours
}

/// A form on a landing page that the lead filled in, and what that cost.
async fn visited(test: &ServiceTest) -> (FormId, CaptureId, LandingPageId, SourceCostId) {
    const PAGE: &str =
        "mutation($form: ID!) { createLandingPage(input: { slug: \"ours\", title: \"Ours\", published: true,
        variants: [{ name: \"a\", blocks: [{ kind: FORM, formId: $form }] }] }) { landingPage { id } } }";
    const COST: &str =
        "mutation { recordSourceCost(input: { source: \"Website\", amount: { minor: 1, currency: \"EUR\" } }) {
        sourceCost { id } } }";
    let (form, path) = visitors::form(test, json!({})).await;
    let page = test.graphql(PAGE, json!({ "form": form })).await["createLandingPage"]["landingPage"]["id"].take();
    visitors::browse(test, "GET", "/p/ours", &[], "").await;
    let given = json!({ "email": email(), "consent": true, "_page": page, "_variant": "a" });
    let capture = visitors::post_json(test, &path, given, &[("idempotency-key", "ours")]).await.json()["id"].take();
    let cost = test.graphql(COST, json!({})).await["recordSourceCost"]["sourceCost"]["id"].take();
    (id(&form), id(&capture), id(&page), id(&cost))
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
    let form = forms::by_ids(db, test.actor.workspace, &[ours.form]).await.unwrap().pop().unwrap();
    let pages = landing_pages::by_ids(db, test.actor.workspace, &[ours.landing_page]).await.unwrap();
    // With no fence but the predicates.
    let mut tx = db.everywhere().begin().await.unwrap();
    assert_eq!(forms::update(&mut tx, &Form { workspace: theirs, version: 2, ..form }).await.unwrap(), 0);
    forms::delete(&mut tx, theirs, ours.form).await.unwrap();
    let foreign = LandingPage { workspace: theirs, version: 2, ..pages[0].clone() };
    assert_eq!(landing_pages::update(&mut tx, &foreign).await.unwrap(), 0);
    landing_pages::delete(&mut tx, theirs, ours.landing_page).await.unwrap();
    landing_pages::count_view(&mut tx, theirs, ours.landing_page, "a").await.unwrap();
    let capture = captures::lock(&mut tx, test.actor.workspace, ours.capture).await.unwrap().unwrap();
    captures::update(&mut tx, &Capture { workspace: theirs, lead: None, attempts: 9, ..capture }).await.unwrap();
    let mut foreign = Account { workspace: theirs, version: 2, ..account.clone() };
    foreign.details.name = "Mallory".into();
    let change = AccountChange { previous: account.clone(), current: foreign };
    assert_eq!(accounts::update(&mut tx, &change).await.unwrap(), 0);
    let alert = key_alerts::open(&mut tx, test.actor.workspace, &[account.id]).await.unwrap().pop().unwrap();
    key_alerts::close(&mut tx, theirs, &[alert.id], now).await.unwrap();
    key_alerts::make_due(&mut tx, theirs, ours.lead, now).await.unwrap();
    key_alerts::set_due(&mut tx, theirs, &[account.id], None).await.unwrap();
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
    merge_writes(&mut tx, &test, theirs, &ours).await;
    segments::exit(&mut tx, theirs, &[(ours.segment, ours.lead)]).await.unwrap();
    segments::delete(&mut tx, theirs, ours.segment).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tenants::rows(&test, test.actor.workspace).await, before);
}

/// Duplicates and merges, as another workspace.
async fn merge_writes(tx: &mut Tx, test: &ServiceTest, theirs: WorkspaceId, ours: &Ours) {
    let (kind, away, now) = (Kind::Contact, ours.away.uuid(), test.clock.now());
    let own = records::any(tx, test.actor.workspace, kind, &[away]).await.unwrap();
    let [Record::Contact(contact)] = &own[..] else { panic!("a contact") };
    let foreign = Contact { workspace: theirs, version: contact.version + 1, ..(**contact).clone() };
    let current = Record::Contact(Box::new(foreign));
    let change = RecordChange { previous: own[0].clone(), current };
    assert_eq!(records::update(tx, &change).await.unwrap(), 0);
    assert_eq!(records::redirect(tx, theirs, kind, &own, None).await.unwrap(), 0);
    records::reroute(tx, theirs, kind, &[away], test.clock.id::<ContactId>().uuid()).await.unwrap();
    records::mark_stale(tx, theirs, kind, &[away]).await.unwrap();
    let leads = records::any(tx, test.actor.workspace, Kind::Lead, &[ours.lead.uuid()]).await.unwrap();
    records::mark_compared(tx, theirs, Kind::Lead, &leads).await.unwrap();
    let merge = merges::by_id(tx, test.actor.workspace, ours.merge).await.unwrap().unwrap();
    merges::update(tx, &Merge { workspace: theirs, undone_at: Some(now), ..merge }).await.unwrap();
    let twins = ours.twins.map(TypedId::uuid);
    duplicates::replace_keys(tx, theirs, kind, &[(twins[0], Vec::new())]).await.unwrap();
    let found = duplicates::touching(tx, test.actor.workspace, &twins).await.unwrap();
    duplicates::delete(tx, theirs, &found.iter().map(|duplicate| duplicate.id).collect::<Vec<_>>()).await.unwrap();
    duplicates::dismiss(tx, theirs, kind, &[(twins[0].min(twins[1]), twins[0].max(twins[1]))], now).await.unwrap();
}

async fn merge_reads_in(tx: &mut Tx, actor: &Actor, ours: &Ours, found: bool) {
    let (workspace, kind) = (actor.workspace, Kind::Contact);
    let (survivor, away, twins) = (ours.survivor.uuid(), ours.away.uuid(), ours.twins.map(TypedId::uuid));
    assert_eq!(!records::readable(tx, actor, kind, &[survivor]).await.unwrap().is_empty(), found);
    assert_eq!(records::standing_for(tx, actor, kind, away).await.unwrap().is_some(), found);
    assert_eq!(!records::any(tx, workspace, kind, &[away]).await.unwrap().is_empty(), found);
    assert_eq!(!records::family(tx, workspace, kind, &[survivor]).await.unwrap().is_empty(), found);
    assert_eq!(!records::stale(tx, workspace, Kind::Lead, 10).await.unwrap().is_empty(), found);
    assert_eq!(merges::by_id(tx, workspace, ours.merge).await.unwrap().is_some(), found);
    assert_eq!(!merges::in_force(tx, workspace, &[survivor]).await.unwrap().is_empty(), found);
    let since = kernel::Timestamp::UNIX_EPOCH;
    let account = ours.account.uuid();
    assert_eq!(!merges::attached_since(tx, actor, account, since, 10).await.unwrap().is_empty(), found);
    assert_eq!(!duplicates::touching(tx, workspace, &twins).await.unwrap().is_empty(), found);
    let dismissed = [survivor, ours.contact.uuid()];
    assert_eq!(!duplicates::dismissed(tx, workspace, kind, &dismissed).await.unwrap().is_empty(), found);
    let keys: Vec<i64> =
        with_tx!(tx, conn => sqlx::query_scalar("select key from match_key").fetch_all(conn).await).unwrap();
    assert_eq!(!duplicates::holders(tx, workspace, kind, &keys).await.unwrap().is_empty(), found);
}

async fn merge_reads(db: &Db, actor: &Actor, ours: &Ours, found: bool) {
    let (workspace, page, kind) = (actor.workspace, PageArgs { first: 50, after: None }, Kind::Contact);
    let (away, twins) = (ours.away.uuid(), ours.twins.map(TypedId::uuid));
    let filter = DuplicateFilter { kinds: vec![kind], min_confidence: 0.0 };
    assert_eq!(!contacts::asked(db, actor, &[ours.away]).await.unwrap().is_empty(), found);
    assert_eq!(!accounts::asked(db, actor, &[ours.account]).await.unwrap().is_empty(), found);
    assert_eq!(!leads::asked(db, actor, &[ours.lead]).await.unwrap().is_empty(), found);
    assert_eq!(!records::shown(db, workspace, kind, &[away]).await.unwrap().is_empty(), found);
    assert_eq!(!merges::of_record(db, actor, away).await.unwrap().is_empty(), found);
    assert_eq!(!duplicates::list(db, actor, &filter, page).await.unwrap().is_empty(), found);
    assert_eq!(!duplicates::of_records(db, actor, kind, &twins).await.unwrap().is_empty(), found);
}

async fn reads(db: &Db, actor: &Actor, ours: &Ours, found: bool) {
    merge_reads(db, actor, ours, found).await;
    let (workspace, page) = (actor.workspace, PageArgs { first: 50, after: None });
    let Ours { account, contact, lead, segment, form, capture, landing_page, cost, .. } = ours;
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
    assert_eq!(!forms::by_ids(db, workspace, &[*form]).await.unwrap().is_empty(), found);
    assert_eq!(!forms::list(db, workspace, page).await.unwrap().is_empty(), found);
    assert_eq!(!forms::submissions(db, actor, &[*form]).await.unwrap().is_empty(), found);
    assert_eq!(!captures::of_leads(db, actor, &[*lead]).await.unwrap().is_empty(), found);
    assert_eq!(!landing_pages::by_ids(db, workspace, &[*landing_page]).await.unwrap().is_empty(), found);
    assert_eq!(!landing_pages::list(db, workspace, page).await.unwrap().is_empty(), found);
    assert_eq!(!landing_pages::stats(db, workspace, *landing_page).await.unwrap().is_empty(), found);
    let said = consents::of(db, workspace, Kind::Lead, &[*lead]).await.unwrap();
    assert_eq!(!said.is_empty(), found);
    if let Some((_, entry)) = said.first() {
        assert!(consents::by_id(db, workspace, entry.id).await.unwrap().is_some());
        assert!(consents::by_id(db, WorkspaceId::from(lead.uuid()), entry.id).await.unwrap().is_none());
    }
    assert_eq!(source_costs::by_id(db, workspace, *cost).await.unwrap().is_some(), found);
    let ever = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + TimeDelta::days(40_000));
    assert_eq!(!source_costs::leads(db, workspace, ever).await.unwrap().is_empty(), found);
    assert_eq!(!source_costs::sums(db, workspace, ever).await.unwrap().is_empty(), found);
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
    merge_reads_in(&mut tx, actor, ours, found).await;
    assert_eq!(forms::by_id(&mut tx, workspace, *form).await.unwrap().is_some(), found);
    assert_eq!(landing_pages::by_id(&mut tx, workspace, *landing_page).await.unwrap().is_some(), found);
    assert_eq!(captures::lock(&mut tx, workspace, *capture).await.unwrap().is_some(), found);
    let once = captures::by_once_key(&mut tx, workspace, *form, "key ours").await.unwrap();
    assert_eq!(once.is_some(), found);
    assert_eq!(captures::submitted(&mut tx, workspace, *lead).await.unwrap(), found);
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
    let own = account_domains::own(&mut tx, workspace, std::iter::once(*account)).await.unwrap();
    assert_eq!(!own.is_empty(), found);
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
