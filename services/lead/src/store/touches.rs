//! When somebody last had to do with a lead or a contact.

use kernel::{Timestamp, WorkspaceId, id::TypedId};
use platform::{Tx, execute};

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
