-- What routing knows of every user. One who has ever had the role Rep is a member of a pool and so a rep;
-- the others are kept so that a late, stale event cannot make them one.
create table rep (
    id uuid primary key,
    workspace_id uuid not null,
    version bigint not null,
    user_id uuid not null,
    -- of the user that this row shows
    user_version bigint not null,
    name text not null,
    email text not null,
    -- the user is active and has the role Rep
    enabled boolean not null,
    -- an administrator took the rep out of the rotation
    paused boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index rep_user on rep (workspace_id, user_id);
create index rep_page on rep (workspace_id, created_at, id);

create table pool (
    id uuid primary key,
    workspace_id uuid not null,
    name text not null,
    created_at timestamptz not null
);
create unique index pool_name on pool (workspace_id, name);

-- Whoever writes anything here locks the pool's members first: that is what keeps routers in line.
create table pool_member (
    workspace_id uuid not null,
    pool_id uuid not null references pool (id),
    rep_id uuid not null references rep (id),
    weight bigint not null,
    -- state of the smooth weighted round robin
    standing bigint not null,
    -- leads a day; null is no limit
    daily_cap bigint,
    -- days since 1970 in UTC, and the leads taken on that day
    taken_on bigint not null,
    taken bigint not null,
    primary key (pool_id, rep_id)
);
create index pool_member_workspace on pool_member (workspace_id, rep_id);
create index pool_member_rep on pool_member (rep_id);

create table decision (
    id uuid primary key,
    workspace_id uuid not null,
    lead_id uuid not null,
    kind text not null,
    rule_version bigint not null,
    inputs jsonb not null,
    inputs_hash text not null,
    -- {"candidates": [..]}
    candidates jsonb not null,
    outcome text not null,
    chosen uuid,
    decided_at timestamptz not null
);
create index decision_page on decision (workspace_id, decided_at, id);
create index decision_lead on decision (workspace_id, lead_id, decided_at, id);

-- The one decision in force for a lead. Without a rep the lead waits: those rows are the fallback queue.
create table assignment (
    workspace_id uuid not null,
    lead_id uuid not null,
    decision_id uuid not null references decision (id),
    rep_id uuid references rep (id),
    decided_at timestamptz not null,
    primary key (workspace_id, lead_id)
);
create index assignment_waiting on assignment (workspace_id, decided_at, lead_id) where rep_id is null;
create index assignment_rep on assignment (rep_id);
