use kernel::{LeadId, PoolId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Engine, push_rows},
    with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use super::reps;
use crate::domain::{
    pool::{DEFAULT_POOL, Member, Pool, day_of},
    rep::Rep,
};

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    rep: reps::Row,
    pool_id: PoolId,
    standing: i64,
    taken_on: i64,
    taken: i64,
    decided: bool,
    merged: bool,
}

/// A locked pool, whether the lead that was asked about has a decision in force, and whether another stands for it.
#[derive(Debug)]
pub struct Locked {
    pub pool: Pool,
    /// Never true for a lead of a workspace without reps: there only the write tells.
    pub decided: bool,
    /// As `decided`; without reps nobody could take the lead anyway.
    pub merged: bool,
}

/// Locks the members of the workspace's pool until the transaction ends: the first lock that any writer
/// takes, always in the order of the reps' ids, so that writers queue and never deadlock.
pub async fn lock(
    tx: &mut Tx,
    workspace: WorkspaceId,
    lead: Option<LeadId>,
    now: Timestamp,
) -> Result<Locked, sqlx::Error> {
    let postgres = tx.engine() == Engine::Postgres;
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!(
            "select {}, m.pool_id, m.standing, m.taken_on, m.taken, exists (select 1 from assignment a \
             where a.workspace_id = m.workspace_id and a.lead_id = ",
            reps::COLUMNS
        ));
        query.push_bind(lead);
        query.push(
            ") as decided, exists (select 1 from merged_lead g where g.workspace_id = m.workspace_id and g.merged and g.lead_id = ",
        );
        query.push_bind(lead);
        query.push(") as merged from pool_member m join rep r on r.id = m.rep_id join pool p on p.id = m.pool_id where m.workspace_id = ");
        query.push_bind(workspace).push(" and p.name = ").push_bind(DEFAULT_POOL).push(" order by m.rep_id");
        if postgres {
            query.push(" for no key update of m, r");
        }
        query.build_query_as().fetch_all(conn).await?
    });
    let today = day_of(now);
    let (decided, merged) = rows.first().map_or((false, false), |row| (row.decided, row.merged));
    let member = |row: Row| Member {
        pool: row.pool_id,
        rep: Rep::from(row.rep),
        standing: row.standing,
        taken_today: if row.taken_on == today { row.taken } else { 0 },
    };
    Ok(Locked { pool: Pool { members: rows.into_iter().map(member).collect() }, decided, merged })
}

/// Writes the standings and counts of a locked pool.
pub async fn save(tx: &mut Tx, pool: &Pool, now: Timestamp) -> Result<(), sqlx::Error> {
    let today = day_of(now);
    for chunk in pool.members.chunks(500) {
        with_tx!(tx, conn => {
            // Every row is there: an upsert is the one statement that updates many rows alike on both engines.
            let mut query = QueryBuilder::new("insert into pool_member (workspace_id, pool_id, rep_id, weight, standing, taken_on, taken) ");
            push_rows(&mut query, chunk, |mut row, member| {
                row.push_bind(member.rep.workspace)
                    .push_bind(member.pool)
                    .push_bind(member.rep.id)
                    .push_bind(member.rep.weight)
                    .push_bind(member.standing)
                    .push_bind(today)
                    .push_bind(member.taken_today);
            });
            query.push(
                " on conflict (pool_id, rep_id) do update set standing = excluded.standing, taken_on = excluded.taken_on, \
                 taken = excluded.taken where pool_member.workspace_id = excluded.workspace_id",
            );
            query.build().execute(conn).await?;
        });
    }
    Ok(())
}

/// Up to `limit` workspaces where a lead waits and a rep could take it.
pub async fn with_work(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<WorkspaceId>, sqlx::Error> {
    const SQL: &str = "select m.workspace_id from pool_member m join rep r on r.id = m.rep_id \
        where r.enabled and not r.paused and (m.daily_cap is null or m.taken_on <> $1 or m.taken < m.daily_cap) \
        and exists (select 1 from assignment a where a.workspace_id = m.workspace_id and a.rep_id is null \
        and not exists (select 1 from merged_lead g where g.workspace_id = a.workspace_id and g.lead_id = a.lead_id and g.merged)) \
        group by m.workspace_id limit $2";
    with_db!(db.everywhere(), pool => sqlx::query_scalar(SQL).bind(day_of(now)).bind(limit).fetch_all(pool).await)
}
