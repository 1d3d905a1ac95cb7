use std::collections::HashSet;

use events::lead::LeadStatus;
use kernel::{
    AccountId, Action, Actor, ContactId, EmailAddress, EventId, LeadId, Object, PageArgs, PersonName, PhoneNumber,
    Timestamp, UserId, WorkspaceId, access::Rows,
};
use platform::{
    Db, Tx,
    db::{AccessColumns, Text, push_allowed, push_in_ids, push_in_texts, push_page, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use super::{
    accounts::{self, Under},
    asked_for, hierarchy, select_named,
};
use crate::domain::{
    lead::{Details, Lead, LeadChange},
    lead_filter,
};

pub(super) const COLUMNS: &str = "id, workspace_id, version, email, first_name, last_name, title, company, company_domain, phone, \
    country, employees, source, message, status, account_id, contact_id, owner_id, external_id, import_fingerprint, merged_into, created_at, updated_at";

pub(super) const ACCESS: AccessColumns =
    AccessColumns { owner: "owner_id", country: Some("country"), source: Some("source"), industry: None };

/// Which leads a list shows.
#[derive(Debug, Clone, Default)]
pub struct LeadFilter {
    pub email: Option<EmailAddress>,
    pub status: Option<LeadStatus>,
    pub source: Option<String>,
    pub account: Option<AccountId>,
    pub under: Option<Under>,
    /// What else must hold.
    pub fits: Option<filter::Sql>,
}

#[derive(FromRow)]
pub(super) struct Row {
    id: LeadId,
    workspace_id: WorkspaceId,
    version: i64,
    email: EmailAddress,
    first_name: Option<PersonName>,
    last_name: Option<PersonName>,
    title: Option<String>,
    company: Option<String>,
    company_domain: Option<String>,
    phone: Option<PhoneNumber>,
    country: Option<String>,
    employees: Option<String>,
    source: String,
    message: Option<String>,
    status: Text<LeadStatus>,
    account_id: Option<AccountId>,
    contact_id: Option<ContactId>,
    owner_id: Option<UserId>,
    external_id: Option<String>,
    import_fingerprint: Option<String>,
    merged_into: Option<LeadId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Lead {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            version: row.version,
            email: row.email,
            details: Details {
                first_name: row.first_name,
                last_name: row.last_name,
                title: row.title,
                company: row.company,
                company_domain: row.company_domain,
                phone: row.phone,
                country: row.country,
                employees: row.employees,
                message: row.message,
            },
            source: row.source,
            status: row.status.0,
            account: row.account_id,
            contact: row.contact_id,
            owner: row.owner_id,
            external_id: row.external_id,
            import_fingerprint: row.import_fingerprint,
            merged_into: row.merged_into,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

fn readable(actor: &Actor) -> Rows<'_> {
    actor.access.rows(Object::Lead, Action::Read)
}

/// Appends the filter's conditions; a macro, so that one text serves both engines without naming their bounds.
macro_rules! push_filter {
    ($query:ident, $actor:expr, $filter:expr) => {
        if let Some(email) = &$filter.email {
            // One that is merged away leads to its survivor.
            $query.push(" and id = (select coalesce(merged_into, id) from lead where workspace_id = ");
            $query.push_bind($actor.workspace).push(" and email = ").push_bind(email.as_str().to_owned()).push(")");
        }
        if let Some(status) = $filter.status {
            $query.push(" and status = ").push_bind(Text(status));
        }
        if let Some(source) = &$filter.source {
            $query.push(" and source = ").push_bind(source.clone());
        }
        if let Some(account) = $filter.account {
            accounts::push_at(&mut $query, $actor, "account_id", account);
        }
        if let Some(Under { parent, descendants }) = $filter.under {
            if descendants {
                $query.push(" and account_id");
                hierarchy::push_in_tree(&mut $query, $actor, parent);
                accounts::push_readable(&mut $query, $actor);
            } else {
                accounts::push_at(&mut $query, $actor, "account_id", parent);
            }
        }
        if let Some(fits) = &$filter.fits {
            $query.push(" and ");
            filter::push_filter(&mut $query, fits);
        }
    };
}

/// Inserts leads whose address the workspace does not have yet, and returns the ids of those that went in.
pub async fn insert(tx: &mut Tx, leads: &[Lead]) -> Result<HashSet<LeadId>, sqlx::Error> {
    let mut inserted = HashSet::with_capacity(leads.len());
    for chunk in leads.chunks(500) {
        let ids: Vec<LeadId> = with_tx!(tx, conn => {
            let mut query = QueryBuilder::new(
                "insert into lead (id, workspace_id, version, email, first_name, last_name, title, company, company_key, \
                 company_domain, match_domain, phone, country, employees, source, message, status, account_id, external_id, \
                 import_fingerprint, created_at, updated_at, filter_keys, filter_stale) ",
            );
            push_rows(&mut query, chunk, |mut row, lead| {
                let details = &lead.details;
                row.push_bind(lead.id)
                    .push_bind(lead.workspace)
                    .push_bind(lead.version)
                    .push_bind(lead.email.as_str().to_owned())
                    .push_bind(details.first_name.clone())
                    .push_bind(details.last_name.clone())
                    .push_bind(details.title.clone())
                    .push_bind(details.company.clone())
                    .push_bind(lead.details.company_key())
                    .push_bind(details.company_domain.clone())
                    .push_bind(lead.match_domain().map(str::to_owned))
                    .push_bind(details.phone.clone())
                    .push_bind(details.country.clone())
                    .push_bind(details.employees.clone())
                    .push_bind(lead.source.clone())
                    .push_bind(details.message.clone())
                    .push_bind(Text(lead.status))
                    .push_bind(lead.account)
                    .push_bind(lead.external_id.clone())
                    .push_bind(lead.import_fingerprint.clone())
                    .push_bind(lead.created_at)
                    .push_bind(lead.updated_at)
                    .push_bind(Json(lead_filter::keys(lead)))
                    .push_bind(false);
            });
            query.push(" on conflict do nothing returning id");
            query.build_query_scalar().persistent(chunk.len() == 500).fetch_all(conn).await?
        });
        inserted.extend(ids);
    }
    Ok(inserted)
}

/// Writes the current state of changed leads. Returns how many rows still stood at their previous version.
pub async fn update(tx: &mut Tx, change: &LeadChange) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update lead set version = $1, first_name = $2, last_name = $3, title = $4, company = $5, company_key = $6, \
        company_domain = $7, match_domain = $8, phone = $9, country = $10, employees = $11, source = $12, message = $13, \
        status = $14, account_id = $15, contact_id = $16, import_fingerprint = $17, updated_at = $18, \
        filter_keys = $22, filter_stale = false, match_stale = true where workspace_id = $19 and id = $20 and version = $21";
    let LeadChange { previous, current } = change;
    let details = &current.details;
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(current.version)
            .bind(&details.first_name)
            .bind(&details.last_name)
            .bind(&details.title)
            .bind(&details.company)
            .bind(details.company_key())
            .bind(&details.company_domain)
            .bind(current.match_domain())
            .bind(&details.phone)
            .bind(&details.country)
            .bind(&details.employees)
            .bind(&current.source)
            .bind(&details.message)
            .bind(Text(current.status))
            .bind(current.account)
            .bind(current.contact)
            .bind(&current.import_fingerprint)
            .bind(current.updated_at)
            .bind(current.workspace)
            .bind(current.id)
            .bind(previous.version)
            .bind(Json(lead_filter::keys(current)))
    )
}

/// The leads with these ids that the actor may read, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[LeadId]) -> Result<Vec<Lead>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from lead where workspace_id = "));
        query.push_bind(actor.workspace).push(" and merged_into is null and id");
        push_in_ids(&mut query, ids.iter().copied());
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| Lead::from(row).seen_by(&actor.access)).collect())
}

/// What the actor may read of these leads, each by the id it was asked for: of one that is merged away, the survivor.
pub async fn asked(db: &Db, actor: &Actor, ids: &[LeadId]) -> Result<Vec<(LeadId, Lead)>, sqlx::Error> {
    let rows: Vec<Asked> = with_db!(db.of(actor.workspace), pool => {
        let mut query = asked_for("lead", COLUMNS, actor.workspace, ids);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| (row.asked_id, Lead::from(row.row).seen_by(&actor.access))).collect())
}

#[derive(FromRow)]
struct Asked {
    asked_id: LeadId,
    #[sqlx(flatten)]
    row: Row,
}

/// The leads that a batch of addresses and foreign ids already names.
pub async fn known(
    tx: &mut Tx,
    workspace: WorkspaceId,
    emails: &[&str],
    external_ids: &[&str],
) -> Result<Vec<Lead>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = select_named(COLUMNS, "lead", workspace, &[("email", emails), ("external_id", external_ids)]);
        query.build_query_as().persistent(false).fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Lead::from).collect())
}

/// The leads with these ids, whoever may read them, as this transaction has written them.
pub async fn any_by_ids(tx: &mut Tx, workspace: WorkspaceId, ids: &[LeadId]) -> Result<Vec<Lead>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from lead where workspace_id = "));
        query.push_bind(workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Lead::from).collect())
}

/// Up to `limit` leads in the order of their ids, from the one after `after`.
pub async fn page_by_id(
    tx: &mut Tx,
    workspace: WorkspaceId,
    after: Option<LeadId>,
    limit: i64,
) -> Result<Vec<Lead>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from lead where workspace_id = "));
        query.push_bind(workspace);
        if let Some(after) = after {
            query.push(" and id > ").push_bind(after);
        }
        query.push(" order by id limit ").push_bind(limit);
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Lead::from).collect())
}

/// Up to `limit` leads without an account that one of these domains or names would give one.
pub async fn unmatched(
    tx: &mut Tx,
    workspace: WorkspaceId,
    domains: &[String],
    name_keys: &[String],
    limit: i64,
) -> Result<Vec<Lead>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        // Whole conditions side by side: each finds its index, where a common part would have every lead read.
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from lead where (account_id is null and merged_into is null and workspace_id = "));
        query.push_bind(workspace).push(" and match_domain");
        push_in_texts(&mut query, domains.iter().map(String::as_str));
        query.push(") or (account_id is null and merged_into is null and workspace_id = ").push_bind(workspace).push(" and company_key");
        push_in_texts(&mut query, name_keys.iter().map(String::as_str));
        query.push(") order by id limit ").push_bind(limit);
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Lead::from).collect())
}

/// One lead that the actor may read, whole, locked in its transaction against a concurrent change by the version check of [`update`].
pub async fn by_id(tx: &mut Tx, actor: &Actor, id: LeadId) -> Result<Option<Lead>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from lead where workspace_id = "));
        query.push_bind(actor.workspace).push(" and merged_into is null and id = ").push_bind(id);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Lead::from))
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, filter: &LeadFilter, page: PageArgs) -> Result<Vec<Lead>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from lead where workspace_id = "));
        query.push_bind(actor.workspace).push(" and merged_into is null");
        push_filter!(query, actor, filter);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| Lead::from(row).seen_by(&actor.access)).collect())
}

pub async fn count(db: &Db, actor: &Actor, filter: &LeadFilter) -> Result<i64, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("select count(*) from lead where workspace_id = ");
        query.push_bind(actor.workspace).push(" and merged_into is null");
        push_filter!(query, actor, filter);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_scalar().fetch_one(pool).await
    })
}

/// Notes whose lead it is now, unless a later event has said so already. Returns how many rows that changed.
pub async fn set_owner(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: LeadId,
    owner: Option<UserId>,
    event: EventId,
) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update lead set owner_id = $1, owner_event = $2 \
        where workspace_id = $3 and id = $4 and (owner_event is null or owner_event < $2)";
    execute!(tx, sqlx::query(SQL).bind(owner).bind(event).bind(workspace).bind(id))
}
