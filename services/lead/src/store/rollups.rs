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
    AccessColumns { owner: "r.owner_id", country: Some("r.country"), source: Some("r.source"), industry: None };
const CONTACT: AccessColumns = AccessColumns { owner: "r.owner_id", country: None, source: None, industry: None };

/// How many accounts there are from each of these down, with itself.
pub async fn accounts(db: &Db, actor: &Actor, tops: &[AccountId]) -> Result<Vec<(AccountId, i64)>, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("");
        push_shown(&mut query, actor, tops);
        query.push(" select top_id, count(distinct shown_id) from shown group by top_id");
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
            " select shown.top_id, count(*), cast(sum(o.minor) as bigint), o.currency from shown cross join known_opportunity o \
             where o.account_id = shown.id and o.is_open and o.workspace_id = ",
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
        query.push(", record (top_id, id) as (");
        for (table, rows, columns) in [("lead", Object::Lead, &LEAD), ("contact", Object::Contact, &CONTACT)] {
            let rows = actor.access.rows(rows, Action::Read);
            query.push(if table == "lead" { "" } else { " union all " });
            query.push(format!("select shown.top_id, r.id from shown cross join {table} r where r.account_id = shown.id"));
            query.push(" and r.merged_into is null and r.workspace_id = ").push_bind(actor.workspace);
            push_allowed(&mut query, &rows, columns);
            query.push(format!(" union all select shown.top_id, m.id from shown cross join {table} r cross join {table} m"));
            query.push(" where r.account_id = shown.id and r.merged_into is null and r.workspace_id = ");
            query.push_bind(actor.workspace);
            query.push(" and m.merged_into = r.id and m.workspace_id = ").push_bind(actor.workspace);
            push_allowed(&mut query, &rows, columns);
        }
        query.push(
            ") select record.top_id, max(t.last_at) from record cross join touch t where t.record_id = record.id \
             and t.workspace_id = ",
        );
        query.push_bind(actor.workspace).push(" group by record.top_id");
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
    query.push(" union select below.top_id, a.id, coalesce(a.merged_into, a.id) from below");
    push_join_below(query, actor.workspace);
    query.push(
        "), shown (top_id, id, shown_id) as (select below.top_id, below.id, below.shown_id from below cross join account \
         where account.id = below.shown_id and account.workspace_id = ",
    );
    query.push_bind(actor.workspace);
    push_allowed(query, &readable(actor), &ACCESS);
    query.push(")");
}
