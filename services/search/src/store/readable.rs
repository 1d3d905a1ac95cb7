use kernel::{Action, Actor, WorkspaceId, access::Rows};
use platform::db::{AccessColumns, ListBind, Text, push_allowed};
use sqlx::{Encode, QueryBuilder, Type};

use crate::domain::document::Kind;

const COLUMNS: AccessColumns = AccessColumns {
    owner: "d.owner_id",
    country: Some("d.country"),
    source: Some("d.source"),
    industry: Some("d.industry"),
};

/// Appends the condition that the actor may read the record whose kind and id are in these columns. What permissions
/// look at stands in the documents. A `where` must be open already.
pub fn push_readable<DB: ListBind>(query: &mut QueryBuilder<DB>, actor: &Actor, kind_column: &str, id_column: &str)
where
    WorkspaceId: for<'q> Encode<'q, DB> + Type<DB>,
    Text<Kind>: for<'q> Encode<'q, DB> + Type<DB>,
{
    let rows = Kind::ALL.map(|kind| (kind, actor.access.rows(kind.object(), Action::Read)));
    if rows.iter().all(|(_, rows)| *rows == Rows::All) {
        return;
    }
    query.push(" and (1 = 0");
    for (kind, rows) in rows.iter().filter(|(_, rows)| !rows.is_none()) {
        query.push(format!(" or ({kind_column} = ")).push_bind(Text(*kind));
        if *rows != Rows::All {
            query.push(format!(" and {id_column} in (select d.id from document d where d.workspace_id = "));
            query.push_bind(actor.workspace).push(" and d.kind = ").push_bind(Text(*kind));
            push_allowed(query, rows, &COLUMNS);
            query.push(")");
        }
        query.push(")");
    }
    query.push(")");
}
