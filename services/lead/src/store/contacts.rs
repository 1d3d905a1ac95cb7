use kernel::{
    AccountId, Action, Actor, ContactId, EmailAddress, Object, PersonName, PhoneNumber, Timestamp, UserId, WorkspaceId,
};
use platform::{
    Db, Tx,
    db::{AccessColumns, push_allowed, push_in_ids},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::contact::Contact;

const COLUMNS: &str = "id, workspace_id, version, account_id, email, first_name, last_name, title, phone, owner_id, created_at, updated_at";

const ACCESS: AccessColumns = AccessColumns { owner: "owner_id", country: None, source: None, industry: None };

#[derive(FromRow)]
struct Row {
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
            created_at,
            updated_at,
        } = row;
        Self {
            id,
            workspace: workspace_id,
            version,
            account: account_id,
            email,
            first_name,
            last_name,
            title,
            phone,
            owner: owner_id,
            created_at,
            updated_at,
        }
    }
}

pub async fn insert(tx: &mut Tx, contact: &Contact) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into contact (id, workspace_id, version, account_id, email, first_name, last_name, title, phone, \
        owner_id, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(contact.id)
            .bind(contact.workspace)
            .bind(contact.version)
            .bind(contact.account)
            .bind(contact.email.as_str())
            .bind(&contact.first_name)
            .bind(&contact.last_name)
            .bind(&contact.title)
            .bind(&contact.phone)
            .bind(contact.owner)
            .bind(contact.created_at)
            .bind(contact.updated_at)
    )?;
    Ok(())
}

pub async fn by_email(
    tx: &mut Tx,
    workspace: WorkspaceId,
    email: &EmailAddress,
) -> Result<Option<Contact>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from contact where workspace_id = "));
        query.push_bind(workspace).push(" and email = ").push_bind(email.as_str().to_owned());
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Contact::from))
}

/// One contact that the actor may read, whole.
pub async fn by_id(tx: &mut Tx, actor: &Actor, id: ContactId) -> Result<Option<Contact>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from contact where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id = ").push_bind(id);
        push_allowed(&mut query, &actor.access.rows(Object::Contact, Action::Read), &ACCESS);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Contact::from))
}

/// The contacts with these ids that the actor may read, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[ContactId]) -> Result<Vec<Contact>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db, pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from contact where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        push_allowed(&mut query, &actor.access.rows(Object::Contact, Action::Read), &ACCESS);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| Contact::from(row).seen_by(&actor.access)).collect())
}
