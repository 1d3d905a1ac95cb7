use kernel::{Actor, PageArgs, TeamId, Timestamp, UserId, WorkspaceId};
use platform::{
    Db, Tx,
    db::{push_after, push_in_ids, push_page, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::team::{Team, TeamChange};

const COLUMNS: &str = "id, workspace_id, version, name, path, manager_id, created_at, updated_at";

#[derive(FromRow)]
struct Row {
    id: TeamId,
    workspace_id: WorkspaceId,
    version: i64,
    name: String,
    path: String,
    manager_id: Option<UserId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Team {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            version: row.version,
            name: row.name,
            path: path_from_text(&row.path),
            manager: row.manager_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Ids with a space between, as `path` is stored.
pub(super) fn path_to_text(path: &[TeamId]) -> String {
    path.iter().map(TeamId::to_string).collect::<Vec<_>>().join(" ")
}

pub(super) fn path_from_text(text: &str) -> Vec<TeamId> {
    text.split(' ').filter_map(|id| id.parse().ok()).collect()
}

/// Inserts a team. Returns 0 if the workspace has one of this name.
pub async fn insert(tx: &mut Tx, team: &Team) -> Result<u64, sqlx::Error> {
    const SQL: &str = "insert into team (id, workspace_id, version, name, parent_id, path, manager_id, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(team.id)
            .bind(team.workspace)
            .bind(team.version)
            .bind(&team.name)
            .bind(team.parent())
            .bind(path_to_text(&team.path))
            .bind(team.manager)
            .bind(team.created_at)
            .bind(team.updated_at)
    )
}

/// Writes the current state of changed teams of one workspace.
pub async fn update(tx: &mut Tx, workspace: WorkspaceId, changes: &[TeamChange]) -> Result<(), sqlx::Error> {
    for chunk in changes.chunks(500) {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new("with changed (id, version, name, parent_id, path, manager_id, updated_at) as (");
            push_rows(&mut query, chunk, |mut row, TeamChange { current, .. }| {
                row.push_bind(current.id)
                    .push_bind(current.version)
                    .push_bind(current.name.clone())
                    .push_bind(current.parent())
                    .push_bind(path_to_text(&current.path))
                    .push_bind(current.manager)
                    .push_bind(current.updated_at);
            });
            query.push(
                ") update team set version = changed.version, name = changed.name, parent_id = changed.parent_id, \
                 path = changed.path, manager_id = changed.manager_id, updated_at = changed.updated_at \
                 from changed where team.id = changed.id and team.workspace_id = ",
            );
            query.push_bind(workspace);
            query.build().persistent(chunk.len() == 1).execute(conn).await?;
        });
    }
    Ok(())
}

/// Deletes a team in which and below which nobody is. Returns 0 if there is somebody.
pub async fn delete_empty(tx: &mut Tx, workspace: WorkspaceId, id: TeamId) -> Result<u64, sqlx::Error> {
    const SQL: &str = "delete from team where workspace_id = $1 and id = $2 \
        and not exists (select 1 from team below where below.parent_id = $2) \
        and not exists (select 1 from workspace_user where team_id = $2)";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(id))
}

pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: TeamId) -> Result<Option<Team>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from team where workspace_id = "));
        query.push_bind(workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Team::from))
}

/// Whether another team than `id` has this name.
pub async fn name_taken(tx: &mut Tx, workspace: WorkspaceId, id: TeamId, name: &str) -> Result<bool, sqlx::Error> {
    const SQL: &str = "select count(*) from team where workspace_id = $1 and name = $2 and id <> $3";
    let count: i64 =
        with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(workspace).bind(name).bind(id).fetch_one(conn).await?);
    Ok(count > 0)
}

/// A team and all below it, from the top down.
pub async fn tree(tx: &mut Tx, team: &Team) -> Result<Vec<Team>, sqlx::Error> {
    let path = path_to_text(&team.path);
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from team where workspace_id = "));
        query.push_bind(team.workspace).push(" and (path = ").push_bind(path.clone());
        query.push(" or path like ").push_bind(format!("{path} %")).push(") order by length(path), id");
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Team::from).collect())
}

/// The teams with these ids, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[TeamId]) -> Result<Vec<Team>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from team where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Team::from).collect())
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, page: PageArgs) -> Result<Vec<Team>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from team where workspace_id = "));
        query.push_bind(actor.workspace);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Team::from).collect())
}

/// One page of the teams right below each of these, newest first, with one row more where another page follows.
pub async fn pages_by_parents(
    db: &Db,
    actor: &Actor,
    parents: &[TeamId],
    page: PageArgs,
) -> Result<Vec<Team>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!(
            "select {COLUMNS} from (select {COLUMNS}, \
             row_number() over (partition by parent_id order by created_at desc, id desc) as place \
             from team where workspace_id = "
        ));
        query.push_bind(actor.workspace).push(" and parent_id");
        push_in_ids(&mut query, parents.iter().copied());
        push_after(&mut query, "created_at", "id", page);
        query.push(") as placed where place <= ").push_bind(page.limit()).push(" order by created_at desc, id desc");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Team::from).collect())
}

#[cfg(test)]
mod tests {
    use kernel::{Clock, Timestamp, id::TypedId};

    use super::*;

    #[test]
    fn a_path_survives_its_text() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let path: Vec<TeamId> = (0..3).map(|_| clock.id()).collect();
        assert_eq!(path_from_text(&path_to_text(&path)), path);
        assert_eq!(path_to_text(&path).len(), 3 * (TeamId::PREFIX.len() + 27) + 2);
    }
}
