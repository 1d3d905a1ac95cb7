//! Which of the lead service's accounts and contacts there are, and who may read them: the read model behind the
//! checks of a mutation's ids, and behind what an opportunity names.

use events::lead::{Account, Contact};
use kernel::{AccountId, Action, Actor, ContactId, EventId, Object, WorkspaceId, access::Rows};
use platform::{
    Db, Tx,
    db::{AccessColumns, push_allowed, push_in_ids},
    execute, with_db, with_tx,
};
use sqlx::QueryBuilder;

const ACCOUNT: AccessColumns =
    AccessColumns { owner: "owner_id", country: Some("country"), source: None, industry: Some("industry") };
const CONTACT: AccessColumns = AccessColumns { owner: "owner_id", country: None, source: None, industry: None };

/// Notes that the account exists, before its own event says more.
pub async fn insert_account(tx: &mut Tx, workspace: WorkspaceId, id: AccountId) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into known_account (id, workspace_id) values ($1, $2) on conflict do nothing";
    execute!(tx, sqlx::query(SQL).bind(id).bind(workspace))?;
    Ok(())
}

/// Notes that the contact exists, before its own event says more.
pub async fn insert_contact(tx: &mut Tx, workspace: WorkspaceId, id: ContactId) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into known_contact (id, workspace_id) values ($1, $2) on conflict do nothing";
    execute!(tx, sqlx::query(SQL).bind(id).bind(workspace))?;
    Ok(())
}

/// Keeps what permissions look at of the account, unless something newer is there.
pub async fn keep_account(tx: &mut Tx, workspace: WorkspaceId, account: &Account) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into known_account (id, workspace_id, version, owner_id, country, industry) \
        values ($1, $2, $3, $4, $5, $6) on conflict (id) do update set version = excluded.version, \
        owner_id = excluded.owner_id, country = excluded.country, industry = excluded.industry \
        where known_account.workspace_id = excluded.workspace_id and known_account.version < excluded.version";
    let Account { id, version, owner, country, industry, .. } = account;
    execute!(tx, sqlx::query(SQL).bind(id).bind(workspace).bind(version).bind(owner).bind(country).bind(industry))?;
    Ok(())
}

/// Keeps what permissions look at of the contact, unless something newer is there.
pub async fn keep_contact(tx: &mut Tx, workspace: WorkspaceId, contact: &Contact) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into known_contact (id, workspace_id, version, owner_id) values ($1, $2, $3, $4) \
        on conflict (id) do update set version = excluded.version, owner_id = excluded.owner_id \
        where known_contact.workspace_id = excluded.workspace_id and known_contact.version < excluded.version";
    let Contact { id, version, owner, .. } = contact;
    execute!(tx, sqlx::query(SQL).bind(id).bind(workspace).bind(version).bind(owner))?;
    Ok(())
}

/// Notes which account stands for one from now on, itself if none. Returns 0 if a later event has said so already.
pub async fn redirect_account(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: AccountId,
    into: Option<AccountId>,
    event: EventId,
) -> Result<u64, sqlx::Error> {
    const SQL: &str = "insert into known_account (id, workspace_id, merged_into, merged_event) values ($1, $2, $3, $4) \
        on conflict (id) do update set merged_into = excluded.merged_into, merged_event = excluded.merged_event \
        where known_account.workspace_id = excluded.workspace_id \
        and (known_account.merged_event is null or known_account.merged_event < excluded.merged_event)";
    execute!(tx, sqlx::query(SQL).bind(id).bind(workspace).bind(into).bind(event))
}

/// Notes which contact stands for one from now on, itself if none. Returns 0 if a later event has said so already.
pub async fn redirect_contact(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ContactId,
    into: Option<ContactId>,
    event: EventId,
) -> Result<u64, sqlx::Error> {
    const SQL: &str = "insert into known_contact (id, workspace_id, merged_into, merged_event) values ($1, $2, $3, $4) \
        on conflict (id) do update set merged_into = excluded.merged_into, merged_event = excluded.merged_event \
        where known_contact.workspace_id = excluded.workspace_id \
        and (known_contact.merged_event is null or known_contact.merged_event < excluded.merged_event)";
    execute!(tx, sqlx::query(SQL).bind(id).bind(workspace).bind(into).bind(event))
}

/// Whether there is such an account, and the actor may read it.
pub async fn sees_account(tx: &mut Tx, actor: &Actor, id: AccountId) -> Result<bool, sqlx::Error> {
    let count: i64 = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("select count(*) from known_account where workspace_id = ");
        query.push_bind(actor.workspace).push(" and merged_into is null and id = ").push_bind(id);
        push_allowed(&mut query, &actor.access.rows(Object::Account, Action::Read), &ACCOUNT);
        query.build_query_scalar().fetch_one(conn).await?
    });
    Ok(count > 0)
}

/// Whether there is such a contact, and the actor may read it.
pub async fn sees_contact(tx: &mut Tx, actor: &Actor, id: ContactId) -> Result<bool, sqlx::Error> {
    let count: i64 = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("select count(*) from known_contact where workspace_id = ");
        query.push_bind(actor.workspace).push(" and merged_into is null and id = ").push_bind(id);
        push_allowed(&mut query, &actor.access.rows(Object::Contact, Action::Read), &CONTACT);
        query.build_query_scalar().fetch_one(conn).await?
    });
    Ok(count > 0)
}

/// The account that stands for this one, itself if none does; `None` unless the actor may read it.
pub async fn standing_account(db: &Db, actor: &Actor, id: AccountId) -> Result<Option<AccountId>, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("select id from known_account where workspace_id = ");
        query.push_bind(actor.workspace).push(" and id = (select coalesce(merged_into, id) from known_account where ");
        query.push("workspace_id = ").push_bind(actor.workspace).push(" and id = ").push_bind(id).push(")");
        push_allowed(&mut query, &actor.access.rows(Object::Account, Action::Read), &ACCOUNT);
        query.build_query_scalar().fetch_optional(pool).await
    })
}

/// Those of these accounts that the actor may read, in no order. All of them, without a statement, for who may read
/// every one: whoever asks has the ids from rows of the actor's workspace.
pub async fn visible_accounts(db: &Db, actor: &Actor, ids: &[AccountId]) -> Result<Vec<AccountId>, sqlx::Error> {
    let rows = actor.access.rows(Object::Account, Action::Read);
    if rows == Rows::All {
        return Ok(ids.to_vec());
    }
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("select id from known_account where workspace_id = ");
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        push_allowed(&mut query, &rows, &ACCOUNT);
        query.build_query_scalar().fetch_all(pool).await
    })
}

/// Those of these contacts that the actor may read, in no order. All of them, without a statement, for who may read
/// every one: whoever asks has the ids from rows of the actor's workspace.
pub async fn visible_contacts(db: &Db, actor: &Actor, ids: &[ContactId]) -> Result<Vec<ContactId>, sqlx::Error> {
    let rows = actor.access.rows(Object::Contact, Action::Read);
    if rows == Rows::All {
        return Ok(ids.to_vec());
    }
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("select id from known_contact where workspace_id = ");
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        push_allowed(&mut query, &rows, &CONTACT);
        query.build_query_scalar().fetch_all(pool).await
    })
}
