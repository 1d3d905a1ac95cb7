//! When somebody last had to do with a lead or a contact.

use kernel::{AccountId, Action, Actor, ContactId, Object, Timestamp, WorkspaceId, id::TypedId};
use platform::{
    Db, Tx,
    db::{AccessColumns, push_allowed, push_in_ids},
    execute, with_db,
};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::relationship::Relationship;

const LEAD: AccessColumns =
    AccessColumns { owner: "l.owner_id", country: Some("l.country"), source: Some("l.source"), industry: None };
const CONTACT: AccessColumns = AccessColumns { owner: "c.owner_id", country: None, source: None, industry: None };

/// People of one account that a query shows.
const SHOWN: i64 = 20;

#[derive(FromRow)]
struct Row {
    account_id: AccountId,
    id: ContactId,
    two_way: i64,
    last_two_way_at: Option<Timestamp>,
    last_at: Timestamp,
}

/// Notes one more touch of a lead or a contact. They may come in any order.
pub async fn keep(
    tx: &mut Tx,
    workspace: WorkspaceId,
    record: impl TypedId,
    at: Timestamp,
    two_way: bool,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into touch (workspace_id, record_id, last_at, last_two_way_at, two_way) values ($1, $2, $3, $4, $5) \
        on conflict (workspace_id, record_id) do update set \
        last_at = case when touch.last_at < excluded.last_at then excluded.last_at else touch.last_at end, \
        last_two_way_at = case when touch.last_two_way_at is null or touch.last_two_way_at < excluded.last_two_way_at \
            then coalesce(excluded.last_two_way_at, touch.last_two_way_at) else touch.last_two_way_at end, \
        two_way = touch.two_way + excluded.two_way";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(workspace)
            .bind(record.uuid())
            .bind(at)
            .bind(two_way.then_some(at))
            .bind(i64::from(two_way))
    )?;
    Ok(())
}

/// The contacts of each of these accounts that the actor may read and somebody had to do with, the most often first; what
/// there was with the lead that a contact was, if the actor may read it, or with what was merged into either, counts too.
pub async fn relationships(
    db: &Db,
    actor: &Actor,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, Relationship)>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let workspace = actor.workspace;
        let mut query = QueryBuilder::new("with place (account_id, id) as (select id, id from account where workspace_id = ");
        query.push_bind(workspace).push(" and id");
        push_in_ids(&mut query, accounts.iter().copied());
        query.push(" union all select merged_into, id from account where workspace_id = ").push_bind(workspace);
        query.push(" and merged_into");
        push_in_ids(&mut query, accounts.iter().copied());
        query.push(
            "), shown (account_id, contact_id) as (select place.account_id, c.id from place cross join contact c \
             where c.account_id = place.id and c.merged_into is null and c.workspace_id = ",
        );
        query.push_bind(workspace);
        push_allowed(&mut query, &actor.access.rows(Object::Contact, Action::Read), &CONTACT);
        query.push(
            "), person (account_id, contact_id, id) as (select account_id, contact_id, contact_id from shown \
             union all select shown.account_id, shown.contact_id, m.id from shown cross join contact m \
             where m.merged_into = shown.contact_id and m.workspace_id = ",
        );
        query.push_bind(workspace).push(
            "), was (account_id, contact_id, id) as (select person.account_id, person.contact_id, l.id from person \
             cross join lead l where l.contact_id = person.id and l.workspace_id = ",
        );
        query.push_bind(workspace);
        push_allowed(&mut query, &actor.access.rows(Object::Lead, Action::Read), &LEAD);
        query.push(
            "), record (account_id, contact_id, id) as (select account_id, contact_id, id from person \
             union all select account_id, contact_id, id from was \
             union all select was.account_id, was.contact_id, m.id from was cross join lead m \
             where m.merged_into = was.id and m.workspace_id = ",
        );
        query.push_bind(workspace).push(
            "), touched (account_id, id, two_way, last_two_way_at, last_at, place) as (select record.account_id, record.contact_id, \
             cast(sum(t.two_way) as bigint), max(t.last_two_way_at), max(t.last_at), row_number() over (partition by record.account_id \
             order by sum(t.two_way) desc, max(t.last_at) desc, record.contact_id) \
             from record cross join touch t where t.record_id = record.id and t.workspace_id = ",
        );
        query.push_bind(workspace).push(
            " group by record.account_id, record.contact_id) select account_id, id, two_way, last_two_way_at, last_at \
             from touched where place <= ",
        );
        query.push_bind(SHOWN).push(" order by account_id, place");
        query.build_query_as().fetch_all(pool).await?
    });
    let relationship = |Row { account_id, id: contact, two_way, last_two_way_at, last_at }| {
        (account_id, Relationship { contact, two_way, last_two_way_at, last_at })
    };
    Ok(rows.into_iter().map(relationship).collect())
}
