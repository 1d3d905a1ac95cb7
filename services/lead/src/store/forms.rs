use kernel::{Action, Actor, FormId, Object, PageArgs, Timestamp, WorkspaceId, access::Rows};
use platform::{
    Db, Tx,
    db::{Text, push_allowed, push_in_ids, push_page},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use super::leads::ACCESS;
use crate::domain::capture::{CaptureState, Form, FormContent};

const COLUMNS: &str = "id, workspace_id, version, slug, definition, created_at, updated_at";

#[derive(FromRow)]
struct Row {
    id: FormId,
    workspace_id: WorkspaceId,
    version: i64,
    slug: String,
    definition: Json<FormContent>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Form {
    fn from(row: Row) -> Self {
        let Row { id, workspace_id: workspace, version, slug, definition, created_at, updated_at } = row;
        Self { id, workspace, version, slug, content: definition.0, created_at, updated_at }
    }
}

/// How many submissions of a form are in a state, and when the last came.
#[derive(Debug, Clone, FromRow)]
pub struct Submissions {
    pub form_id: FormId,
    pub state: Text<CaptureState>,
    pub number: i64,
    pub last_at: Timestamp,
}

pub async fn insert(tx: &mut Tx, form: &Form) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into form (id, workspace_id, version, slug, definition, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(form.id)
            .bind(form.workspace)
            .bind(form.version)
            .bind(&form.slug)
            .bind(Json(&form.content))
            .bind(form.created_at)
            .bind(form.updated_at)
    )?;
    Ok(())
}

/// Returns how many rows still stood at the version before.
pub async fn update(tx: &mut Tx, form: &Form) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update form set version = $1, definition = $2, updated_at = $3 \
        where workspace_id = $4 and id = $5 and version = $6";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(form.version)
            .bind(Json(&form.content))
            .bind(form.updated_at)
            .bind(form.workspace)
            .bind(form.id)
            .bind(form.version - 1)
    )
}

/// What it took in stays.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, id: FormId) -> Result<(), sqlx::Error> {
    const SQL: &str = "delete from form where workspace_id = $1 and id = $2";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(id))?;
    Ok(())
}

pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: FormId) -> Result<Option<Form>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from form where workspace_id = "));
        query.push_bind(workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Form::from))
}

pub async fn by_ids(db: &Db, workspace: WorkspaceId, ids: &[FormId]) -> Result<Vec<Form>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from form where workspace_id = "));
        query.push_bind(workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Form::from).collect())
}

/// The form that is submitted there: it says whose it is.
pub async fn by_slug(db: &Db, slug: &str) -> Result<Option<Form>, sqlx::Error> {
    let row: Option<Row> = with_db!(db.everywhere(), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from form where slug = "));
        query.push_bind(slug.to_owned());
        query.build_query_as().fetch_optional(pool).await?
    });
    Ok(row.map(Form::from))
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, workspace: WorkspaceId, page: PageArgs) -> Result<Vec<Form>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from form where workspace_id = "));
        query.push_bind(workspace);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Form::from).collect())
}

/// Of leads that the actor may read. What is no lead is told to who may read every lead.
pub async fn submissions(db: &Db, actor: &Actor, ids: &[FormId]) -> Result<Vec<Submissions>, sqlx::Error> {
    let readable = actor.access.rows(Object::Lead, Action::Read);
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(
            "select c.form_id, c.state, count(*) as number, max(c.received_at) as last_at from capture c",
        );
        if readable != Rows::All {
            query.push(" join lead on lead.id = (select coalesce(named.merged_into, named.id) from lead named where named.id = c.lead_id)");
        }
        query.push(" where c.workspace_id = ").push_bind(actor.workspace).push(" and c.form_id");
        push_in_ids(&mut query, ids.iter().copied());
        push_allowed(&mut query, &readable, &ACCESS);
        query.push(" group by c.form_id, c.state");
        query.build_query_as().fetch_all(pool).await
    })
}
