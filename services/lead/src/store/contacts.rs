use kernel::{
    AccountId, Action, Actor, ContactId, EmailAddress, Object, PageArgs, PersonName, PhoneNumber, Timestamp, UserId,
    WorkspaceId, access::Rows,
};
use platform::{
    Db, Tx,
    db::{AccessColumns, push_allowed, push_in_ids, push_page},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use super::{
    accounts::{self, Under},
    asked_for, hierarchy,
};
use crate::domain::contact::{Contact, ContactChange, ContactDetails};

pub(super) const COLUMNS: &str = "id, workspace_id, version, account_id, email, first_name, last_name, title, phone, owner_id, merged_into, created_at, updated_at";

pub(super) const ACCESS: AccessColumns =
    AccessColumns { owner: "owner_id", country: None, source: None, industry: None };

/// Which contacts a list shows.
#[derive(Debug, Clone, Default)]
pub struct ContactFilter {
    pub email: Option<EmailAddress>,
    pub account: Option<AccountId>,
    pub under: Option<Under>,
}

#[derive(FromRow)]
pub(super) struct Row {
    id: ContactId,
    workspace_id: WorkspaceId,
    version: i64,
    account_id: Option<AccountId>,
    email: EmailAddress,
    first_name: Option<PersonName>,
    last_name: Option<PersonName>,
    title: Option<String>,
    phone: Option<PhoneNumber>,
    owner_id: Option<UserId>,
    merged_into: Option<ContactId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Contact {
    fn from(row: Row) -> Self {
        let Row {
            id,
            workspace_id,
            version,
            account_id,
            email,
            first_name,
            last_name,
            title,
            phone,
            owner_id,
            merged_into,
            created_at,
            updated_at,
        } = row;
        Self {
            id,
            workspace: workspace_id,
            version,
            account: account_id,
            email,
            details: ContactDetails { first_name, last_name, title, phone },
            owner: owner_id,
            merged_into,
            created_at,
            updated_at,
        }
    }
}

fn readable(actor: &Actor) -> Rows<'_> {
    actor.access.rows(Object::Contact, Action::Read)
}

macro_rules! push_filter {
    ($query:ident, $actor:expr, $filter:expr) => {
        if let Some(email) = &$filter.email {
            // One that is merged away leads to its survivor.
            $query.push(" and id = (select coalesce(merged_into, id) from contact where workspace_id = ");
            $query.push_bind($actor.workspace).push(" and email = ").push_bind(email.as_str().to_owned()).push(")");
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
    };
}

/// Inserts a contact; false if another has its address.
pub async fn insert(tx: &mut Tx, contact: &Contact) -> Result<bool, sqlx::Error> {
    const SQL: &str = "insert into contact (id, workspace_id, version, account_id, email, first_name, last_name, title, phone, \
        owner_id, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing";
    let details = &contact.details;
    let inserted = execute!(
        tx,
        sqlx::query(SQL)
            .bind(contact.id)
            .bind(contact.workspace)
            .bind(contact.version)
            .bind(contact.account)
            .bind(contact.email.as_str())
            .bind(&details.first_name)
            .bind(&details.last_name)
            .bind(&details.title)
            .bind(&details.phone)
            .bind(contact.owner)
            .bind(contact.created_at)
            .bind(contact.updated_at)
    )?;
    Ok(inserted == 1)
}

/// Writes the current state of a changed contact. Returns 0 if it no longer stood at its previous version.
pub async fn update(tx: &mut Tx, change: &ContactChange) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update contact set version = $1, account_id = $2, email = $3, first_name = $4, last_name = $5, \
        title = $6, phone = $7, updated_at = $8, match_stale = true where workspace_id = $9 and id = $10 and version = $11";
    let ContactChange { previous, current } = change;
    let details = &current.details;
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(current.version)
            .bind(current.account)
            .bind(current.email.as_str())
            .bind(&details.first_name)
            .bind(&details.last_name)
            .bind(&details.title)
            .bind(&details.phone)
            .bind(current.updated_at)
            .bind(current.workspace)
            .bind(current.id)
            .bind(previous.version)
    )
}

/// The contact with this address, or the one that it was merged into.
pub async fn by_email(
    tx: &mut Tx,
    workspace: WorkspaceId,
    email: &EmailAddress,
) -> Result<Option<Contact>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from contact where workspace_id = "));
        query.push_bind(workspace).push(" and id = (select coalesce(merged_into, id) from contact where workspace_id = ");
        query.push_bind(workspace).push(" and email = ").push_bind(email.as_str().to_owned()).push(")");
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Contact::from))
}

/// One contact that the actor may read, whole, locked against a concurrent change by the version check of [`update`].
pub async fn by_id(tx: &mut Tx, actor: &Actor, id: ContactId) -> Result<Option<Contact>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from contact where workspace_id = "));
        query.push_bind(actor.workspace).push(" and merged_into is null and id = ").push_bind(id);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Contact::from))
}

/// The contacts with these ids that the actor may read, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[ContactId]) -> Result<Vec<Contact>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from contact where workspace_id = "));
        query.push_bind(actor.workspace).push(" and merged_into is null and id");
        push_in_ids(&mut query, ids.iter().copied());
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| Contact::from(row).seen_by(&actor.access)).collect())
}

/// What the actor may read of these contacts, each by the id it was asked for: of one that is merged away, the survivor.
pub async fn asked(db: &Db, actor: &Actor, ids: &[ContactId]) -> Result<Vec<(ContactId, Contact)>, sqlx::Error> {
    let rows: Vec<Asked> = with_db!(db.of(actor.workspace), pool => {
        let mut query = asked_for("contact", COLUMNS, actor.workspace, ids);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| (row.asked_id, Contact::from(row.row).seen_by(&actor.access))).collect())
}

#[derive(FromRow)]
struct Asked {
    asked_id: ContactId,
    #[sqlx(flatten)]
    row: Row,
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, filter: &ContactFilter, page: PageArgs) -> Result<Vec<Contact>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from contact where workspace_id = "));
        query.push_bind(actor.workspace).push(" and merged_into is null");
        push_filter!(query, actor, filter);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| Contact::from(row).seen_by(&actor.access)).collect())
}

pub async fn count(db: &Db, actor: &Actor, filter: &ContactFilter) -> Result<i64, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("select count(*) from contact where workspace_id = ");
        query.push_bind(actor.workspace).push(" and merged_into is null");
        push_filter!(query, actor, filter);
        push_allowed(&mut query, &readable(actor), &ACCESS);
        query.build_query_scalar().fetch_one(pool).await
    })
}
