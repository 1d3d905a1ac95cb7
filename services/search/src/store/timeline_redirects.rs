//! Which record shows for another on timelines.

use kernel::WorkspaceId;
use platform::{Tx, db::push_rows, execute, with_tx};
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::domain::timeline::{Happening, Redirect};

/// Keeps where the records of a new event lead, unless a newer version has said so already.
pub(super) async fn keep_redirects(tx: &mut Tx, happening: &Happening) -> Result<(), sqlx::Error> {
    keep_themselves(tx, happening).await?;
    for redirect in &happening.redirects {
        if keep_redirect(tx, happening.workspace, *redirect).await? {
            show(tx, happening.workspace, *redirect).await?;
        }
    }
    Ok(())
}

/// What was not heard of shows for itself: what the event is about, and on whose timelines that stands.
async fn keep_themselves(tx: &mut Tx, happening: &Happening) -> Result<(), sqlx::Error> {
    let about = happening.records.iter().map(|record| record.id);
    let heard_of = about.chain(happening.ties.iter().filter_map(|tie| tie.parent));
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("insert into timeline_redirect (workspace_id, from_id, version, shown_id) ");
        push_rows(&mut query, heard_of, |mut row, record| {
            row.push_bind(happening.workspace).push_bind(record).push_bind(0_i64).push_bind(record);
        });
        query.push(" on conflict (workspace_id, from_id) do nothing");
        query.build().execute(conn).await?;
    });
    Ok(())
}

async fn keep_redirect(tx: &mut Tx, workspace: WorkspaceId, redirect: Redirect) -> Result<bool, sqlx::Error> {
    const SQL: &str = "update timeline_redirect set to_id = $3, version = $4 \
        where workspace_id = $1 and from_id = $2 and version < $4";
    let Redirect { from, to, version } = redirect;
    Ok(execute!(tx, sqlx::query(SQL).bind(workspace).bind(from).bind(to).bind(version))? > 0)
}

/// Has a record, and all that was merged into it, show as what it leads to now. Heard of in another order, merges may
/// lead in a circle for a while: what is in it is shown anew with the event that opens it.
async fn show(tx: &mut Tx, workspace: WorkspaceId, redirect: Redirect) -> Result<(), sqlx::Error> {
    const SHOWN: &str = "select shown_id from timeline_redirect where workspace_id = $1 and from_id = $2";
    const SHOW: &str = "update timeline_redirect set shown_id = $3 where workspace_id = $1 and from_id in ( \
        with recursive merged (id) as ( \
            select from_id from timeline_redirect where workspace_id = $1 and from_id = $2 \
            union select r.from_id from timeline_redirect r join merged on r.to_id = merged.id where r.workspace_id = $1) \
        select id from merged)";
    let shown: Uuid = match redirect.to {
        None => redirect.from,
        Some(to) => {
            let shown: Option<Uuid> =
                with_tx!(tx, conn => sqlx::query_scalar(SHOWN).bind(workspace).bind(to).fetch_optional(conn).await?);
            shown.unwrap_or(to)
        }
    };
    execute!(tx, sqlx::query(SHOW).bind(workspace).bind(redirect.from).bind(shown))?;
    Ok(())
}
