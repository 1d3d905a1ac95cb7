//! Two workspaces in one database: what every service's `tests/it/tenants.rs` is made of.

use std::{collections::BTreeMap, fs, path::Path};

use kernel::WorkspaceId;
use platform::{
    db::{Engine, Fence},
    with_db,
};
use sqlx::AssertSqlSafe;

use crate::{ServiceTest, must};

/// The platform's own tables that belong to no workspace.
const PLATFORM: [&str; 4] = ["_sqlx_migrations", "dead_letter", "inbox", "outbox"];

/// Asserts that the text of `tenants.rs` calls every method of the store of the service in `folder`, as
/// `module::method(`, or that `exempt` names it with a reason.
///
/// # Panics
/// When one is missing, or an exemption names no method.
pub fn every_store_method_is_tried(folder: &str, tried: &str, exempt: &[(&str, &[&str])]) {
    let methods = store_methods(&Path::new(folder).join("src/store"));
    assert!(!methods.is_empty(), "the store has methods");
    let exempt: Vec<&str> = exempt.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let missing: Vec<_> = methods
        .iter()
        .filter(|name| !exempt.contains(&name.as_str()) && !tried.contains(&format!("{name}(")))
        .collect();
    assert!(missing.is_empty(), "untried: {missing:?}");
    let gone: Vec<_> = exempt.iter().filter(|name| !methods.iter().any(|method| method == *name)).collect();
    assert!(gone.is_empty(), "exempt and not there: {gone:?}");
}

/// `accounts::by_ids`; what is in the store's own module is `store::keep`.
fn store_methods(folder: &Path) -> Vec<String> {
    let files = must("the store", fs::read_dir(folder).map_err(Into::into));
    let mut methods = Vec::new();
    for file in files {
        let path = must("a file of the store", file.map_err(Into::into)).path();
        let module = match path.file_stem().and_then(|stem| stem.to_str()) {
            Some("mod") | None => "store",
            Some(module) => module,
        };
        let text = must("a file of the store", fs::read_to_string(&path).map_err(Into::into));
        let names = text.lines().filter_map(|line| line.strip_prefix("pub async fn ")?.split(['(', '<']).next());
        methods.extend(names.map(|name| format!("{module}::{name}")));
    }
    methods
}

/// Asserts that PostgreSQL holds a fence around every table, but for the platform's own and those of `without`,
/// which have no workspace.
///
/// # Panics
/// When a table stands open, or has no workspace.
pub async fn every_table_is_fenced(test: &ServiceTest, without: &[&str]) {
    const OPEN: &str = "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
        where n.nspname = current_schema() and c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity \
        and exists (select from pg_policies p where p.schemaname = n.nspname and p.tablename = c.relname)) order by 1";
    let db = &test.service.context.db;
    assert_eq!(must("the fence", db.fence().await.map_err(Into::into)), Fence::Up);
    let open: Result<Vec<String>, sqlx::Error> = with_db!(db, pool => sqlx::query_scalar(OPEN).fetch_all(pool).await);
    let mut expected: Vec<&str> = PLATFORM.iter().chain(without).copied().collect();
    expected.sort_unstable();
    assert_eq!(must("the tables", open.map_err(Into::into)), expected);
}

/// Every row of one workspace, by table, as text.
///
/// # Panics
/// When the database does not answer.
pub async fn rows(test: &ServiceTest, workspace: WorkspaceId) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (table, row) in must("the tables", tables(test).await.map_err(Into::into)) {
        let sql = AssertSqlSafe(format!("select {row} from {table} t where workspace_id = $1 order by 1"));
        let db = &test.service.context.db;
        let rows: Result<Vec<String>, sqlx::Error> =
            with_db!(db.everywhere(), pool => sqlx::query_scalar(sql).bind(workspace).fetch_all(pool).await);
        all.insert(table, must("the rows", rows.map_err(Into::into)));
    }
    all
}

/// [`rows`], after asserting that there is one in every table but those of `empty`: what is not there cannot be seen
/// to stay as it is.
///
/// # Panics
/// When another table is empty.
pub async fn rows_in_every_table(
    test: &ServiceTest,
    workspace: WorkspaceId,
    empty: &[&str],
) -> BTreeMap<String, Vec<String>> {
    let rows = rows(test, workspace).await;
    let without: Vec<&str> = rows.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table.as_str()).collect();
    assert_eq!(without, empty, "tables without a row of ours");
    rows
}

/// Tables with a workspace, each with the SQL that makes text of a row of it.
async fn tables(test: &ServiceTest) -> Result<Vec<(String, String)>, sqlx::Error> {
    const POSTGRES: &str = "select c.relname::text, 't::text' from pg_class c join pg_namespace n on n.oid = c.relnamespace \
        join pg_attribute a on a.attrelid = c.oid where n.nspname = current_schema() and c.relkind = 'r' \
        and a.attname = 'workspace_id' order by 1";
    const SQLITE: &str = "select m.name, group_concat('quote(' || c.name || ')', ' || '','' || ') from sqlite_master m \
        join pragma_table_info(m.name) c where m.type = 'table' \
        group by m.name having max(c.name = 'workspace_id') order by 1";
    let db = &test.service.context.db;
    let sql = match db.engine() {
        Engine::Postgres => POSTGRES,
        Engine::Sqlite => SQLITE,
    };
    with_db!(db, pool => sqlx::query_as(sql).fetch_all(pool).await)
}
