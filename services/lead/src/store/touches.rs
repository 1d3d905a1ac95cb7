//! When somebody last had to do with a lead or a contact.

use kernel::{AccountId, Action, Actor, ContactId, Object, Timestamp, WorkspaceId, id::TypedId};
use platform::{
    Db, Tx,
    db::{AccessColumns, push_allowed, push_in_ids},
    execute, with_db,
};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::relationship::Relationship;

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
/// there was with the lead that a contact was, or with what was merged into either, counts too.
pub async fn relationships(
    db: &Db,
    actor: &Actor,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, Relationship)>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(
            "select account_id, id, two_way, last_two_way_at, last_at from (select account_id, id, cast(sum(two_way) as bigint) as two_way, \
             max(last_two_way_at) as last_two_way_at, max(last_at) as last_at, \
             row_number() over (partition by account_id order by sum(two_way) desc, max(last_at) desc, id) as place from (",
        );
        for (at, join) in [
            "touch t on t.record_id = m.id",
            "lead l on l.contact_id = m.id join lead k on k.id = l.id or (k.merged_into = l.id and k.workspace_id = l.workspace_id) \
             join touch t on t.record_id = k.id",
        ].into_iter().enumerate() {
            query.push(if at == 0 { "" } else { " union all " });
            query.push(
                "select coalesce(a.merged_into, a.id) as account_id, c.id as id, t.two_way as two_way, \
                 t.last_two_way_at as last_two_way_at, t.last_at as last_at from account a join contact c on c.account_id = a.id \
                 join contact m on m.id = c.id or (m.merged_into = c.id and m.workspace_id = c.workspace_id) join ",
            );
            query.push(join);
            query.push(" where t.workspace_id = c.workspace_id and c.workspace_id = ").push_bind(actor.workspace);
            query.push(" and c.merged_into is null and (a.id");
            push_in_ids(&mut query, accounts.iter().copied());
            query.push(" or a.merged_into");
            push_in_ids(&mut query, accounts.iter().copied());
            query.push(")");
            push_allowed(&mut query, &actor.access.rows(Object::Contact, Action::Read), &CONTACT);
        }
        query.push(") touched group by account_id, id) ranked where place <= ").push_bind(SHOWN).push(" order by account_id, place");
        query.build_query_as().fetch_all(pool).await?
    });
    let relationship = |Row { account_id, id: contact, two_way, last_two_way_at, last_at }| {
        (account_id, Relationship { contact, two_way, last_two_way_at, last_at })
    };
    Ok(rows.into_iter().map(relationship).collect())
}
