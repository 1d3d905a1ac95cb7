use kernel::{LandingPageId, PageArgs, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{push_in_ids, push_page},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use crate::domain::landing_page::{LandingPage, PageContent, VariantStats};

const COLUMNS: &str = "id, workspace_id, version, slug, published, content, created_at, updated_at";

#[derive(FromRow)]
struct Row {
    id: LandingPageId,
    workspace_id: WorkspaceId,
    version: i64,
    slug: String,
    published: bool,
    content: Json<PageContent>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for LandingPage {
    fn from(row: Row) -> Self {
        let Row { id, workspace_id: workspace, version, slug, published, content, created_at, updated_at } = row;
        Self { id, workspace, version, slug, published, content: content.0, created_at, updated_at }
    }
}

/// False if the slug is taken.
pub async fn insert(tx: &mut Tx, page: &LandingPage) -> Result<bool, sqlx::Error> {
    const SQL: &str = "insert into landing_page (id, workspace_id, version, slug, published, content, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    let inserted = execute!(
        tx,
        sqlx::query(SQL)
            .bind(page.id)
            .bind(page.workspace)
            .bind(page.version)
            .bind(&page.slug)
            .bind(page.published)
            .bind(Json(&page.content))
            .bind(page.created_at)
            .bind(page.updated_at)
    )?;
    Ok(inserted == 1)
}

/// Returns how many rows still stood at the version before.
pub async fn update(tx: &mut Tx, page: &LandingPage) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update landing_page set version = $1, slug = $2, published = $3, content = $4, updated_at = $5 \
        where workspace_id = $6 and id = $7 and version = $8";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(page.version)
            .bind(&page.slug)
            .bind(page.published)
            .bind(Json(&page.content))
            .bind(page.updated_at)
            .bind(page.workspace)
            .bind(page.id)
            .bind(page.version - 1)
    )
}

/// With what was counted of it.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, id: LandingPageId) -> Result<(), sqlx::Error> {
    const VIEWS: &str = "delete from page_view where workspace_id = $1 and landing_page_id = $2";
    const PAGE: &str = "delete from landing_page where workspace_id = $1 and id = $2";
    for sql in [VIEWS, PAGE] {
        execute!(tx, sqlx::query(sql).bind(workspace).bind(id))?;
    }
    Ok(())
}

pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: LandingPageId) -> Result<Option<LandingPage>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from landing_page where workspace_id = "));
        query.push_bind(workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(LandingPage::from))
}

pub async fn by_ids(db: &Db, workspace: WorkspaceId, ids: &[LandingPageId]) -> Result<Vec<LandingPage>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from landing_page where workspace_id = "));
        query.push_bind(workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(LandingPage::from).collect())
}

/// The page that is served there, published or not: it says whose it is.
pub async fn by_slug(db: &Db, slug: &str) -> Result<Option<LandingPage>, sqlx::Error> {
    let row: Option<Row> = with_db!(db.everywhere(), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from landing_page where slug = "));
        query.push_bind(slug.to_owned());
        query.build_query_as().fetch_optional(pool).await?
    });
    Ok(row.map(LandingPage::from))
}

/// A page of pages, newest first, with one row more if another follows.
pub async fn list(db: &Db, workspace: WorkspaceId, page: PageArgs) -> Result<Vec<LandingPage>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from landing_page where workspace_id = "));
        query.push_bind(workspace);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(LandingPage::from).collect())
}

/// One more visitor saw this variant.
pub async fn count_view(
    tx: &mut Tx,
    workspace: WorkspaceId,
    page: LandingPageId,
    variant: &str,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into page_view (workspace_id, landing_page_id, variant, views) values ($1, $2, $3, 1) \
        on conflict (workspace_id, landing_page_id, variant) do update set views = page_view.views + 1";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(page).bind(variant))?;
    Ok(())
}

/// Of every variant that anybody saw or that gave a lead. An address that was given twice converted once.
pub async fn stats(db: &Db, workspace: WorkspaceId, page: LandingPageId) -> Result<Vec<VariantStats>, sqlx::Error> {
    const SQL: &str = "select variant, cast(sum(views) as bigint) as views, cast(sum(conversions) as bigint) as conversions from ( \
        select variant, views, 0 as conversions from page_view where workspace_id = $1 and landing_page_id = $2 \
        union all \
        select variant, 0 as views, count(distinct email) as conversions from capture \
        where workspace_id = $1 and landing_page_id = $2 and state = 'captured' group by variant \
        ) counted group by variant order by variant";
    let rows: Vec<(String, i64, i64)> = with_db!(db.of(workspace), pool => {
        sqlx::query_as(SQL).bind(workspace).bind(page).fetch_all(pool).await?
    });
    let stats = |(variant, views, conversions)| VariantStats { variant, views, conversions };
    Ok(rows.into_iter().map(stats).collect())
}
