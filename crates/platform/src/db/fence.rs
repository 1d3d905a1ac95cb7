//! The fence between workspaces that PostgreSQL itself holds, behind the predicate that every statement has: a
//! statement that forgets its own sees the rows of one workspace only, and without one none. It is there against
//! our mistakes; who can send SQL of their own can also say `set`.

use std::fmt;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Db, engine::Writer};

/// Row-level security does not bind a superuser, nor who has `bypassrls`: their connections take this role.
/// Roles belong to the cluster, so that services of several databases make it at the same time; whoever is late
/// finds it.
const MAKE_ROLE: &str = "do $$ begin
    if not exists (select from pg_roles where rolname = session_user and (rolsuper or rolbypassrls)) then
        return;
    end if;
    if not exists (select from pg_roles where rolname = 'pipewright_service') then
        begin
            create role pipewright_service nologin;
        exception when others then null;
        end;
    end if;
    if exists (select from pg_roles where rolname = 'pipewright_service' and not pg_has_role(oid, 'member')) then
        begin
            execute format('grant pipewright_service to %I', session_user);
        exception when others then null;
        end;
    end if;
    if exists (select from pg_roles where rolname = 'pipewright_service')
        and not has_schema_privilege('pipewright_service', current_schema(), 'usage') then
        execute format('grant usage on schema %I to pipewright_service', current_schema());
    end if;
end $$";

/// Run by each new connection of a pool. The schema is kept, which may be the login's own (`"$user"`).
pub(super) const TAKE_ROLE: &str =
    "select set_config('search_path', format('%I', current_schema()), false), set_config('role', service.rolname, false) from pg_roles service, pg_roles login
    where service.rolname = 'pipewright_service' and login.rolname = session_user
    and (login.rolsuper or login.rolbypassrls) and pg_has_role(login.oid, service.oid, 'member')";

/// Tables with a workspace whose fence is not up.
const UNFENCED: &str = "select format('%I', c.relname) from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
    where c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity
        and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'workspace'))
    order by c.relname";

/// Tables that the role may not write yet.
const UNGRANTED: &str = "select format('%I', c.relname) from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
    join pg_roles service on service.rolname = 'pipewright_service'
    join pg_roles login on login.rolname = session_user and (login.rolsuper or login.rolbypassrls)
    where c.relkind = 'r' and not has_table_privilege(service.oid, c.oid, 'delete')";

/// What the setting says is looked up once a statement, not once a row.
const POLICY: &str = "using (
    workspace_id = (select nullif(nullif(current_setting('pipewright.workspace', true), ''), '*')::uuid)
    or (select current_setting('pipewright.workspace', true) = '*'))";

/// How the fence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fence {
    /// SQLite has none.
    None,
    Up,
    /// The login is a superuser or has `bypassrls`, and cannot take the role that would bind it.
    Bypassed,
    /// These tables have no fence.
    Open(Vec<String>),
}

impl fmt::Display for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("SQLite has none, the workspace stands in every statement"),
            Self::Up => f.write_str("every table of a workspace has one"),
            Self::Bypassed => f.write_str("row-level security does not bind the database's login"),
            Self::Open(tables) => write!(f, "none around {}", tables.join(", ")),
        }
    }
}

/// Lets a connection that migrates see all rows, for a migration may change them.
pub(super) async fn see_all(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("set pipewright.workspace = '*'").execute(conn).await.map(|_| ())
}

/// Puts the fence up where it is not. `conn` is of the login, which owns the tables or is a superuser.
pub(super) async fn put_up(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    let mut tx = conn.begin().await?;
    sqlx::raw_sql("select pg_advisory_xact_lock(hashtext('pipewright.fence'))").execute(&mut *tx).await?;
    sqlx::raw_sql(MAKE_ROLE).execute(&mut *tx).await?;
    let unfenced: Vec<String> = sqlx::query_scalar(UNFENCED).fetch_all(&mut *tx).await?;
    for table in unfenced {
        let fence = format!(
            "alter table {table} enable row level security, force row level security; \
             drop policy if exists workspace on {table}; create policy workspace on {table} {POLICY}"
        );
        sqlx::raw_sql(AssertSqlSafe(fence)).execute(&mut *tx).await?;
    }
    let ungranted: Vec<String> = sqlx::query_scalar(UNGRANTED).fetch_all(&mut *tx).await?;
    for table in ungranted {
        let grant = format!("grant select, insert, update, delete on {table} to pipewright_service");
        sqlx::raw_sql(AssertSqlSafe(grant)).execute(&mut *tx).await?;
    }
    tx.commit().await
}

impl Db {
    /// How the fence stands for the connections of this pool.
    pub async fn fence(&self) -> Result<Fence, sqlx::Error> {
        const BYPASSES: &str = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user";
        let Writer::Postgres(pool) = self.writer() else { return Ok(Fence::None) };
        let unfenced: Vec<String> = sqlx::query_scalar(UNFENCED).fetch_all(pool).await?;
        if !unfenced.is_empty() {
            return Ok(Fence::Open(unfenced));
        }
        let bypasses: bool = sqlx::query_scalar(BYPASSES).fetch_one(pool).await?;
        Ok(if bypasses { Fence::Bypassed } else { Fence::Up })
    }
}
