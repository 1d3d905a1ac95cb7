use kernel::{AccountId, Actor, EmailAddress, LeadId, WorkspaceId};
use platform::{Tx, execute, with_tx};
use sqlx::FromRow;

use crate::domain::{
    lead::{AccountFacts, LeadFacts},
    run::EnrichmentRun,
};

/// What is here about a lead before an event of it is applied.
#[derive(Debug, Default)]
pub struct Known {
    /// The address that was verified.
    pub email: Option<EmailAddress>,
    /// Of the latest run's inputs.
    pub inputs_hash: Option<String>,
    /// The account it belongs to, else the one that has its domain.
    pub account: Option<AccountFacts>,
}

#[derive(FromRow)]
struct KnownRow {
    email: Option<EmailAddress>,
    inputs_hash: Option<String>,
    account_id: Option<AccountId>,
    domain: Option<String>,
    industry: Option<String>,
    country: Option<String>,
    employees: Option<String>,
}

impl From<KnownRow> for Known {
    fn from(row: KnownRow) -> Self {
        let KnownRow { email, inputs_hash, account_id, domain, industry, country, employees } = row;
        Self {
            email,
            inputs_hash,
            account: account_id.map(|id| AccountFacts { id, domain, industry, country, employees }),
        }
    }
}

#[derive(FromRow)]
struct Row {
    id: LeadId,
    version: i64,
    email: EmailAddress,
    title: Option<String>,
    company: Option<String>,
    company_domain: Option<String>,
    country: Option<String>,
    employees: Option<String>,
    account_id: Option<AccountId>,
}

impl From<Row> for LeadFacts {
    fn from(row: Row) -> Self {
        let Row { id, version, email, title, company, company_domain, country, employees, account_id } = row;
        Self { id, version, email, title, company, company_domain, country, employees, account: account_id }
    }
}

/// Looks up the lead and its account in one statement; either may be missing.
pub async fn known(tx: &mut Tx, workspace: WorkspaceId, lead: &LeadFacts) -> Result<Known, sqlx::Error> {
    // One branch an index: an `or` in a left join makes SQLite read the whole workspace.
    const SQL: &str = "with matched as ( \
            select 0 as place, id, domain, industry, country, employees from account where workspace_id = $1 and id = $3 \
            union all \
            select 1 as place, id, domain, industry, country, employees from account where workspace_id = $1 and domain = $4 \
            order by place, id limit 1) \
        select l.email, l.inputs_hash, m.id as account_id, m.domain, m.industry, m.country, m.employees \
        from (select 1 as one) start \
        left join lead l on l.workspace_id = $1 and l.id = $2 \
        left join matched m on true";
    let row: KnownRow = with_tx!(tx, conn => {
        sqlx::query_as(SQL).bind(workspace).bind(lead.id).bind(lead.account).bind(lead.match_domain()).fetch_one(conn).await?
    });
    Ok(row.into())
}

/// Takes the lead as it stands, with the run just made of it. Returns 0 if as new a state is here already.
pub async fn save(
    tx: &mut Tx,
    workspace: WorkspaceId,
    lead: &LeadFacts,
    run: Option<&EnrichmentRun>,
) -> Result<u64, sqlx::Error> {
    const SQL: &str = "insert into lead (workspace_id, id, version, email, title, company, company_domain, country, employees, account_id, \
        run_id, inputs_hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
        on conflict (workspace_id, id) do update set version = excluded.version, email = excluded.email, title = excluded.title, \
        company = excluded.company, company_domain = excluded.company_domain, country = excluded.country, \
        employees = excluded.employees, account_id = excluded.account_id, run_id = coalesce(excluded.run_id, lead.run_id), \
        inputs_hash = coalesce(excluded.inputs_hash, lead.inputs_hash) where excluded.version > lead.version";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(workspace)
            .bind(lead.id)
            .bind(lead.version)
            .bind(lead.email.as_str())
            .bind(&lead.title)
            .bind(&lead.company)
            .bind(&lead.company_domain)
            .bind(&lead.country)
            .bind(&lead.employees)
            .bind(lead.account)
            .bind(run.map(|run| run.id))
            .bind(run.map(|run| run.inputs_hash.as_str()))
    )
}

/// Makes `run` the latest of its lead. Returns 0 if the lead no longer stands at the version that was enriched.
pub async fn set_run(tx: &mut Tx, actor: &Actor, run: &EnrichmentRun) -> Result<u64, sqlx::Error> {
    const SQL: &str =
        "update lead set run_id = $1, inputs_hash = $2 where workspace_id = $3 and id = $4 and version = $5";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(run.id)
            .bind(&run.inputs_hash)
            .bind(actor.workspace)
            .bind(run.lead)
            .bind(run.lead_version)
    )
}

pub async fn by_id(tx: &mut Tx, actor: &Actor, id: LeadId) -> Result<Option<LeadFacts>, sqlx::Error> {
    const SQL: &str = "select id, version, email, title, company, company_domain, country, employees, account_id from lead \
        where workspace_id = $1 and id = $2";
    let row: Option<Row> =
        with_tx!(tx, conn => sqlx::query_as(SQL).bind(actor.workspace).bind(id).fetch_optional(conn).await?);
    Ok(row.map(LeadFacts::from))
}
