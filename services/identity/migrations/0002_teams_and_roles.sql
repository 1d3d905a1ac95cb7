-- Teams form a tree. `path` holds the ids from the root to the team itself, with a space between, so that who is
-- above needs no walk.
create table team (
    id uuid primary key,
    workspace_id uuid not null references workspace (id),
    version bigint not null,
    name text not null,
    parent_id uuid references team (id),
    manager_id uuid references workspace_user (id),
    path text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index team_name on team (workspace_id, name);
create index team_page on team (workspace_id, created_at, id);
create index team_children on team (parent_id, created_at, id);

-- Roles that a workspace makes for itself; the built-in ones are in the code.
create table role (
    id uuid primary key,
    workspace_id uuid not null references workspace (id),
    version bigint not null,
    name text not null,
    -- the built-in role it began as
    base text not null,
    grants jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index role_name on role (workspace_id, name);
create index role_page on role (workspace_id, created_at, id);

alter table workspace_user add column kind text not null default 'person';
-- its base stands in `role`
alter table workspace_user add column custom_role_id uuid references role (id);
alter table workspace_user add column team_id uuid references team (id);
create index workspace_user_team on workspace_user (team_id, created_at, id);
create index workspace_user_custom_role on workspace_user (custom_role_id);

update workspace_user set role = 'account_executive' where role = 'rep';
