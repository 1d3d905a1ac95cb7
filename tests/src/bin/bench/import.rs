//! What an import costs beside the rows it writes: parsing, duplicates, account matching, events.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use kernel::{AccountId, Actor, Clock, WorkspaceId};
use lead::{
    app::{App, ImportRow, ImportRows},
    domain::{
        account::{Account, AccountDetails, AccountDraft},
        import::{ImportKind, Mapping, parse_lead_row},
        lead::{Lead, LeadDraft},
    },
    store::{self, leads::LeadFilter},
};
use platform::{
    Db,
    auth::ActorTokens,
    bus::Bus,
    config::{Config, Secret},
    service::Service,
};

use crate::report::{Table, per_second, verdict, whole};

const ROWS: usize = 20_000;
/// Rows of one call, one transaction: what `pipewright import` sends.
const STRETCH: usize = 500;
/// Half of the rows belong to one of them.
const ACCOUNTS: usize = 500;
const TARGET: f64 = 0.5;

const HEADERS: [&str; 10] = [
    "Record ID",
    "First Name",
    "Last Name",
    "Email",
    "Phone Number",
    "Job Title",
    "Company name",
    "Company Domain Name",
    "Country/Region",
    "Original Source",
];

pub async fn run() -> Result<()> {
    println!(
        "  {} rows in stretches of {STRETCH}, {ACCOUNTS} accounts known; the two take turns, stretch by stretch",
        whole(ROWS as f64)
    );
    let mut table = Table::new(["engine", "import", "bare inserts", "ratio", "target 50 %"]);
    let folder = tempfile::tempdir()?;
    let file = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    compare("SQLite", &file("import.db"), &file("bare.db"), &mut table).await?;
    let (import, bare) = (testkit::postgres_database().await, testkit::postgres_database().await);
    compare("PostgreSQL", &import.url, &bare.url, &mut table).await?;
    table.print();
    Ok(())
}

async fn compare(engine: &str, import_url: &str, bare_url: &str, table: &mut Table) -> Result<()> {
    let clock = Clock::system();
    let actor = Actor::system(clock.id(), "bench");
    let accounts = accounts(&clock, actor.workspace);
    let app = app(&open(import_url, &clock).await?);
    let bare = Db::connect(bare_url).await?;
    lead::SERVICE.migrations.apply(&bare).await?;
    for db in [&app.db, &bare] {
        let mut tx = db.of(actor.workspace).begin().await?;
        store::accounts::insert(&mut tx, &accounts).await?;
        tx.commit().await?;
    }
    let (mut import_time, mut bare_time) = (Duration::ZERO, Duration::ZERO);
    // The first stretch warms both up and does not count.
    for stretch in 0..=ROWS / STRETCH {
        let rows = rows(stretch);
        let leads = leads(&rows, &clock, actor.workspace, &accounts)?;
        let started = Instant::now();
        let imported = app.import_leads(&actor, rows).await?;
        let import_took = started.elapsed();
        ensure!(imported.outcomes.len() == STRETCH && imported.rejected.is_empty(), "the import took other rows");
        let started = Instant::now();
        let mut tx = bare.of(actor.workspace).begin().await?;
        store::leads::insert(&mut tx, &leads).await?;
        tx.commit().await?;
        let bare_took = started.elapsed();
        if stretch > 0 {
            import_time += import_took;
            bare_time += bare_took;
        }
    }
    ensure_same(&app, &bare, &actor).await?;
    let (import_rate, bare_rate) = (per_second(ROWS, import_time), per_second(ROWS, bare_time));
    let ratio = import_rate / bare_rate;
    table.row([
        engine.to_owned(),
        format!("{} rows/s", whole(import_rate)),
        format!("{} rows/s", whole(bare_rate)),
        format!("{:.0} %", ratio * 100.0),
        verdict(ratio >= TARGET),
    ]);
    Ok(())
}

/// The lead service as the platform opens it, with nothing running in the background.
pub async fn open(url: &str, clock: &Clock) -> Result<Service> {
    let mut config = Config::default();
    config.database.url = Secret::new(url);
    let bus = Bus::connect("local::memory:", clock.clone()).await?;
    let tokens = ActorTokens::new(b"bench", clock.clone());
    Service::open(lead::SERVICE, bus, clock.clone(), Arc::new(config), tokens).await
}

/// The use cases of an open lead service.
pub fn app(service: &Service) -> App {
    let context = service.context.clone();
    App { db: context.db, outbox: context.outbox, clock: context.clock, public_url: "".into() }
}

async fn ensure_same(app: &App, bare: &Db, actor: &Actor) -> Result<()> {
    let expected = i64::try_from(ROWS + STRETCH)?;
    let everything = LeadFilter::default();
    let counts =
        [store::leads::count(&app.db, actor, &everything).await?, store::leads::count(bare, actor, &everything).await?];
    ensure!(counts == [expected, expected], "not the same rows: {counts:?}");
    let matched = LeadFilter { account: Some(one_account(bare, actor).await?), ..LeadFilter::default() };
    let of_one =
        [store::leads::count(&app.db, actor, &matched).await?, store::leads::count(bare, actor, &matched).await?];
    ensure!(of_one[0] > 0 && of_one[0] == of_one[1], "not the same accounts: {of_one:?}");
    ensure!(app.outbox.depth().await? == expected, "an event is missing");
    Ok(())
}

/// One account that leads belong to.
async fn one_account(db: &Db, actor: &Actor) -> Result<AccountId> {
    let mut tx = db.of(actor.workspace).begin().await?;
    let found = store::account_domains::holders(&mut tx, actor.workspace, &[domain(0)]).await?;
    Ok(found.first().context("no account")?.1)
}

fn accounts(clock: &Clock, workspace: WorkspaceId) -> Vec<Account> {
    let account = |number| {
        let details =
            AccountDetails { name: company(number), domain: Some(domain(number)), ..AccountDetails::default() };
        let draft = AccountDraft { details, external_id: None, import_fingerprint: None };
        Account::create(draft, clock.id(), workspace, clock.now())
    };
    (0..ACCOUNTS).map(account).collect()
}

/// One stretch of an export, unlike every other.
pub fn rows(stretch: usize) -> ImportRows {
    let row = |place: usize| {
        let number = stretch * STRETCH + place;
        let company_number = company_of(number);
        let cells = [
            (7_000_000 + number).to_string(),
            FIRST_NAMES[number % FIRST_NAMES.len()].to_owned(),
            LAST_NAMES[number / 7 % LAST_NAMES.len()].to_owned(),
            format!("person.{number}@{}", domain(company_number)),
            format!("+49 30 {number:07}"),
            TITLES[number % TITLES.len()].to_owned(),
            company(company_number),
            format!("https://www.{}/", domain(company_number)),
            "Germany".to_owned(),
            "Webinar".to_owned(),
        ];
        ImportRow { row: u32::try_from(place + 1).unwrap_or(u32::MAX), cells: cells.to_vec() }
    };
    ImportRows {
        headers: HEADERS.map(str::to_owned).to_vec(),
        rows: (0..STRETCH).map(row).collect(),
        dry_run: false,
        idempotency_key: None,
    }
}

/// The leads that the import makes of `rows`.
fn leads(rows: &ImportRows, clock: &Clock, workspace: WorkspaceId, accounts: &[Account]) -> Result<Vec<Lead>> {
    let mapping = Mapping::detect(&rows.headers, ImportKind::Leads)?;
    let lead = |row: &ImportRow| {
        let parsed = parse_lead_row(&mapping, row.row, &row.cells).map_err(|errors| anyhow!("{errors:?}"))?;
        let account = accounts.iter().find(|account| account.details.domain == parsed.company_domain);
        Ok(Lead::capture(
            LeadDraft::from(parsed),
            clock.id(),
            workspace,
            account.map(|account| account.id),
            clock.now(),
        ))
    };
    rows.rows.iter().map(lead).collect()
}

/// Every other row's company is one of [`ACCOUNTS`].
fn company_of(row: usize) -> usize {
    if row.is_multiple_of(2) { row / 2 % ACCOUNTS } else { ACCOUNTS + row }
}

fn company(number: usize) -> String {
    format!("{} {number} GmbH", LAST_NAMES[number % LAST_NAMES.len()])
}

fn domain(number: usize) -> String {
    format!("company-{number}.example")
}

const FIRST_NAMES: [&str; 8] = ["Amara", "Jonas", "Mei", "Lucía", "Erik", "수아", "Priya", "Tomasz"];
const LAST_NAMES: [&str; 9] =
    ["Okafor", "Weber", "Tanaka", "Fernández", "Dahlström", "최", "Raman", "Nowak", "Steiner"];
const TITLES: [&str; 5] = ["Chief Information Officer", "VP Sales", "Head of Revenue Operations", "Engineer", "Buyer"];
