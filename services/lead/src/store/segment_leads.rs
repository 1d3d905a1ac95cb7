use kernel::{Action, Actor, Object, PageArgs, SegmentId};
use platform::{
    Db,
    db::{push_after, push_allowed, push_in_ids},
    with_db,
};
use sqlx::{FromRow, QueryBuilder};

use super::leads::{ACCESS, COLUMNS, Row};
use crate::domain::lead::Lead;

#[derive(FromRow)]
struct MemberRow {
    segment_id: SegmentId,
    #[sqlx(flatten)]
    lead: Row,
}

/// One page for each of these segments, in one statement; newest first, with one row more than the page if another
/// follows.
pub async fn pages(
    db: &Db,
    actor: &Actor,
    segments: &[SegmentId],
    page: PageArgs,
) -> Result<Vec<(SegmentId, Lead)>, sqlx::Error> {
    let rows: Vec<MemberRow> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!(
            "select segment_id, {COLUMNS} from (select segment_id, {COLUMNS}, \
             row_number() over (partition by segment_id order by created_at desc, id desc) as place \
             from lead join (select segment_id, lead_id from segment_member where workspace_id = "
        ));
        query.push_bind(actor.workspace).push(" and segment_id");
        push_in_ids(&mut query, segments.iter().copied());
        query.push(") as member on member.lead_id = lead.id where workspace_id = ").push_bind(actor.workspace);
        push_allowed(&mut query, &actor.access.rows(Object::Lead, Action::Read), &ACCESS);
        push_after(&mut query, "created_at", "id", page);
        query.push(") as ranked where place <= ").push_bind(page.limit()).push(" order by segment_id, place");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| (row.segment_id, Lead::from(row.lead).seen_by(&actor.access))).collect())
}
