//! What accounts add up to with all below them, in three statements for any number of accounts. A tree is followed whole;
//! of what hangs on it counts what the actor may read.

use kernel::{AccountId, Action, Actor, Object, Timestamp, WorkspaceId};
use platform::{
    Db,
    db::{AccessColumns, ListBind, push_allowed, push_in_ids},
    with_db,
};
use sqlx::{Encode, QueryBuilder, Type};

use super::{
    accounts::{ACCESS, readable},
    hierarchy::push_join_below,
};
use crate::domain::rollup::OpenGroup;

const OPPORTUNITY: AccessColumns = AccessColumns { owner: "o.owner_id", country: None, source: None, industry: None };
const LEAD: AccessColumns =
    AccessColumns { owner: "l.owner_id", country: Some("l.country"), source: Some("l.source"), industry: None };
const CONTACT: AccessColumns = AccessColumns { owner: "c.owner_id", country: None, source: None, industry: None };

/// How many accounts there are from each of these down, with itself.
pub async fn accounts(db: &Db, actor: &Actor, tops: &[AccountId]) -> Result<Vec<(AccountId, i64)>, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("");
        push_shown(&mut query, actor, tops);
        query.push("select top_id, count(distinct shown_id) from shown group by top_id");
        query.build_query_as().fetch_all(pool).await
    })
}

/// The open opportunities of each tree, a group for each currency.
pub async fn open_pipeline(
    db: &Db,
    actor: &Actor,
    tops: &[AccountId],
) -> Result<Vec<(AccountId, OpenGroup)>, sqlx::Error> {
    let rows: Vec<(AccountId, i64, Option<i64>, Option<String>)> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("");
        push_shown(&mut query, actor, tops);
        query.push(
            "select shown.top_id, count(*), cast(sum(o.minor) as bigint), o.currency from shown \
             join known_opportunity o on o.account_id = shown.id where o.is_open and o.workspace_id = ",
        );
        query.push_bind(actor.workspace);
        push_allowed(&mut query, &actor.access.rows(Object::Opportunity, Action::Read), &OPPORTUNITY);
        query.push(" group by shown.top_id, o.currency order by o.currency");
        query.build_query_as().fetch_all(pool).await?
    });
    let group = |(top, opportunities, minor, currency): (AccountId, i64, Option<i64>, Option<String>)| {
        let currency = currency.and_then(|text| text.parse().ok());
        (top, OpenGroup { opportunities, minor, currency })
    };
    Ok(rows.into_iter().map(group).collect())
}

/// When a lead or a contact of each tree was last touched.
pub async fn last_touches(
    db: &Db,
    actor: &Actor,
    tops: &[AccountId],
) -> Result<Vec<(AccountId, Timestamp)>, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("");
        push_shown(&mut query, actor, tops);
        query.push(
            "select top_id, max(last_at) from (select shown.top_id as top_id, t.last_at as last_at from shown \
             join lead l on l.account_id = shown.id and l.merged_into is null \
             join lead m on m.id = l.id or (m.merged_into = l.id and m.workspace_id = l.workspace_id) \
             join touch t on t.record_id = m.id and t.workspace_id = l.workspace_id where l.workspace_id = ",
        );
        query.push_bind(actor.workspace);
        push_allowed(&mut query, &actor.access.rows(Object::Lead, Action::Read), &LEAD);
        query.push(
            " union all select shown.top_id, t.last_at from shown join contact c on c.account_id = shown.id and c.merged_into is null \
             join contact m on m.id = c.id or (m.merged_into = c.id and m.workspace_id = c.workspace_id) \
             join touch t on t.record_id = m.id and t.workspace_id = c.workspace_id where c.workspace_id = ",
        );
        query.push_bind(actor.workspace);
        push_allowed(&mut query, &actor.access.rows(Object::Contact, Action::Read), &CONTACT);
        query.push(") touched group by top_id");
        query.build_query_as().fetch_all(pool).await
    })
}

/// Begins a statement with `shown (top_id, id, shown_id)`: the accounts of each tree that the actor may read, from its top
/// down, and those that were merged into them.
fn push_shown<DB: ListBind>(query: &mut QueryBuilder<DB>, actor: &Actor, tops: &[AccountId])
where
    WorkspaceId: for<'q> Encode<'q, DB> + Type<DB>,
{
    query.push("with recursive below (top_id, id, shown_id) as (select id, id, id from account where workspace_id = ");
    query.push_bind(actor.workspace).push(" and id");
    push_in_ids(query, tops.iter().copied());
    query.push(" union select below.top_id, a.id, coalesce(a.merged_into, a.id) from below ");
    push_join_below(query, actor.workspace);
    query.push(
        "), shown (top_id, id, shown_id) as (select below.top_id, below.id, below.shown_id from below \
         join account on account.id = below.shown_id where account.workspace_id = ",
    );
    query.push_bind(actor.workspace);
    push_allowed(query, &readable(actor), &ACCESS);
    query.push(") ");
}
