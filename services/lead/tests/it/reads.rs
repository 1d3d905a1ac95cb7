//! What a statement reads on SQLite does not grow with its workspace: counted in steps of SQLite's machine, whose planner
//! does not know how many rows there are.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use events::{cadence::MessageSent, pipeline::OpportunityCreated};
use kernel::{AccountId, ContactId, LeadId, PageArgs};
use pipewright_lead::{
    SERVICE,
    domain::key_account::FIRST_RULES,
    store::{
        account_domains,
        accounts::{self, AccountFilter, Under},
        hierarchy, key_alerts, rollups, sizes, touches,
    },
};
use platform::{
    db::{Reader, TxInner},
    execute,
};
use serde_json::{Value, json};
use testkit::ServiceTest;

use crate::{account_domains::account, hierarchy::link, leads::capture, rollup::opportunity};

/// Others of each kind that the workspace gets.
const OTHERS: i64 = 3_000;

/// Group, above Engines, with a lead, a contact, touches and an opportunity.
struct Ours {
    group: AccountId,
    engines: AccountId,
    lead: LeadId,
    contact: ContactId,
}

fn id<T: std::str::FromStr>(value: &Value) -> T {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no such id"))
}

async fn equip(test: &ServiceTest) -> Ours {
    const CONTACT: &str = "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }";
    const TOUCH: &str = "mutation($id: ID!) { recordTouch(input: { contactId: $id, kind: CALL }) { errors { code } } }";
    const KEY: &str = "mutation($id: ID!) { setAccountPlan(input: { accountId: $id, tier: KEY }) { errors { code } } }";
    let group = account(test, json!({ "name": "Group", "employees": "200" })).await;
    let engines = account(test, json!({ "name": "Engines", "domain": "engines.example", "employees": "20" })).await;
    assert_eq!(link(test, &engines, &group).await, json!([]));
    let lead: LeadId = id(&capture(test, json!({ "email": "ada@engines.example" })).await["lead"]["id"]);
    let input = json!({ "email": "ben@engines.example", "accountId": engines });
    let contact = test.graphql(CONTACT, json!({ "input": input })).await["createContact"]["contact"]["id"].take();
    test.graphql(TOUCH, json!({ "id": contact })).await;
    test.graphql(KEY, json!({ "id": group })).await;
    let (message, enrollment, sent_at) = (test.clock.id(), test.clock.id(), test.clock.now());
    test.deliver(&MessageSent { message, enrollment, lead, step: 1, sent_at }).await;
    let [group, engines] = [id(&group), id(&engines)];
    test.deliver(&OpportunityCreated { current: opportunity(&test.clock, engines) }).await;
    Ours { group, engines, lead, contact: id(&contact) }
}

/// Many others in the workspace: accounts below one of them or merged away, each with a domain, a lead, a contact, touches,
/// an opportunity, a size and a plan.
async fn fill(test: &ServiceTest) {
    const FILL: &[&str] = &[
        "insert into account (id, workspace_id, version, name, name_key, domain, created_at, updated_at) \
         with recursive n (i) as (select 1 union all select i + 1 from n where i < $3) \
         select randomblob(16), $1, 1, 'Other ' || i, 'other ' || i, 'other' || i || '.example', $2, $2 from n",
        "update account set parent_id = (select id from account where name = 'Other 1') \
         where $3 > 0 and $2 = $2 and workspace_id = $1 and name like 'Other %' and name <> 'Other 1'",
        "update account set merged_into = (select id from account where name = 'Other 1') \
         where $3 > 0 and $2 = $2 and workspace_id = $1 and name like 'Other %9'",
        "insert into account_domain (workspace_id, domain, account_id, created_at) \
         select $1, domain, id, $2 from account where $3 > 0 and name like 'Other %'",
        "insert into contact (id, workspace_id, version, account_id, email, created_at, updated_at) \
         select randomblob(16), $1, 1, id, 'c@' || domain, $2, $2 from account where $3 > 0 and name like 'Other %'",
        "insert into lead (id, workspace_id, version, email, source, status, account_id, created_at, updated_at) \
         select randomblob(16), $1, 1, 'l@' || domain, 'import', 'new', id, $2, $2 from account where $3 > 0 and name like 'Other %'",
        "insert into touch (workspace_id, record_id, last_at, last_two_way_at, two_way) select $1, id, $2, $2, 1 from lead \
         where $3 > 0 and email like 'l@%' union all select $1, id, $2, $2, 1 from contact where email like 'c@%'",
        "insert into known_opportunity (workspace_id, opportunity_id, version, account_id, is_open, minor, currency) \
         select $1, randomblob(16), 1, id, true, 100, 'EUR' from account where $2 = $2 and $3 > 0 and name like 'Other %'",
        "insert into account_size (workspace_id, account_id) \
         select $1, id from account where $2 = $2 and $3 > 0 and name like 'Other %'",
        "insert into account_plan (workspace_id, account_id, version, plan, key_since, check_at) \
         select $1, id, 1, '{}', $2, '2099-01-01T00:00:00+00:00' from account where $3 > 0 and name like 'Other %'",
    ];
    let (workspace, now) = (test.actor.workspace, test.clock.now());
    let mut tx = test.service.context.db.of(workspace).begin().await.unwrap();
    for sql in FILL {
        execute!(tx, sqlx::query(*sql).bind(workspace).bind(now).bind(OTHERS)).unwrap();
    }
    tx.commit().await.unwrap();
}

/// How many steps each statement takes.
async fn steps(test: &ServiceTest, ours: &Ours) -> Vec<(&'static str, u64)> {
    let (db, actor, workspace) = (&test.service.context.db, &test.actor, test.actor.workspace);
    let Reader::Sqlite(pool) = db.of(workspace).reader() else { panic!("on SQLite") };
    let counted = Arc::new(AtomicU64::new(0));
    let count = |counted: &Arc<AtomicU64>| {
        let counted = counted.clone();
        move || {
            counted.fetch_add(1, Ordering::Relaxed);
            true
        }
    };
    // In memory there is one connection, which every statement has.
    let mut conn = pool.acquire().await.unwrap();
    conn.lock_handle().await.unwrap().set_progress_handler(1, count(&counted));
    drop(conn);
    let mut taken = Vec::new();
    macro_rules! take {
        ($name:literal, $work:expr) => {
            let before = counted.load(Ordering::Relaxed);
            assert!($work.await.is_ok(), "{}", $name);
            taken.push(($name, counted.load(Ordering::Relaxed) - before));
        };
    }
    let page = PageArgs { first: 20, after: None };
    let both = [ours.group, ours.engines];
    take!("rollups::accounts", rollups::accounts(db, actor, &both));
    take!("rollups::open_pipeline", rollups::open_pipeline(db, actor, &both));
    take!("rollups::last_touches", rollups::last_touches(db, actor, &both));
    take!("touches::relationships", touches::relationships(db, actor, &both));
    take!("account_domains::listed", account_domains::listed(db, workspace, &both));
    take!("hierarchy::lines", hierarchy::lines(db, workspace, &both));
    take!("hierarchy::children", hierarchy::children(db, actor, &both, page));
    take!("hierarchy::child_counts", hierarchy::child_counts(db, actor, &both));
    for (name, descendants) in [("below", true), ("right below", false)] {
        let filter =
            AccountFilter { under: Some(Under { parent: ours.group, descendants }), ..AccountFilter::default() };
        let before = counted.load(Ordering::Relaxed);
        assert_eq!(accounts::count(db, actor, &filter).await.unwrap(), 1);
        taken.push((name, counted.load(Ordering::Relaxed) - before));
    }
    let mut tx = db.of(workspace).begin().await.unwrap();
    assert!(matches!(tx.inner(), TxInner::Sqlite(_)));
    take!("hierarchy::line", hierarchy::line(&mut tx, workspace, ours.engines));
    take!("hierarchy::levels", hierarchy::levels(&mut tx, workspace, ours.group));
    take!("account_domains::of_all", account_domains::of_all(&mut tx, workspace, &both));
    take!(
        "key_alerts::engagements",
        key_alerts::engagements(&mut tx, workspace, &both, &FIRST_RULES, test.clock.now())
    );
    take!("key_alerts::make_due, a lead", key_alerts::make_due(&mut tx, workspace, ours.lead, test.clock.now()));
    take!("key_alerts::make_due, a contact", key_alerts::make_due(&mut tx, workspace, ours.contact, test.clock.now()));
    take!("sizes::known", sizes::known(&mut tx, workspace, &both));
    tx.rollback().await.unwrap();
    taken
}

#[tokio::test]
async fn what_is_read_of_a_few_accounts_does_not_grow_with_their_workspace() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let ours = equip(&test).await;
    let few = steps(&test, &ours).await;
    fill(&test).await;
    let many = steps(&test, &ours).await;
    for ((name, few), (_, many)) in few.into_iter().zip(many) {
        assert!(few > 0 && many < few * 2 + 200, "{name}: {few} steps, and {many} amid {OTHERS} others");
    }
}
