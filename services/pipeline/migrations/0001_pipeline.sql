create table pipeline (
    id uuid primary key,
    workspace_id uuid not null,
    name text not null,
    created_at timestamptz not null
);
-- also what makes the default pipeline once, however many ask for it first
create unique index pipeline_name on pipeline (workspace_id, name);
create index pipeline_page on pipeline (workspace_id, created_at, id);

create table stage (
    id uuid primary key,
    workspace_id uuid not null,
    pipeline_id uuid not null references pipeline (id),
    name text not null,
    position bigint not null,
    -- in percent
    probability bigint not null,
    -- of the opportunities in it: open, won or lost
    state text not null
);
create unique index stage_position on stage (pipeline_id, position);

create table opportunity (
    id uuid primary key,
    workspace_id uuid not null,
    version bigint not null,
    name text not null,
    account_id uuid not null,
    contact_id uuid,
    pipeline_id uuid not null references pipeline (id),
    stage_id uuid not null references stage (id),
    -- its stage's, kept here to be filtered by
    state text not null,
    amount_minor bigint,
    amount_currency text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    closed_at timestamptz
);
create index opportunity_page on opportunity (workspace_id, created_at, id);
create index opportunity_account on opportunity (workspace_id, account_id, created_at, id);
create index opportunity_stage on opportunity (workspace_id, stage_id, created_at, id);
create index opportunity_state on opportunity (workspace_id, state, created_at, id);

-- Which stage an opportunity entered when: one row for its opening and one for each move.
create table stage_history (
    opportunity_id uuid not null references opportunity (id),
    -- the opportunity's version that the move made
    version bigint not null,
    workspace_id uuid not null,
    stage_id uuid not null references stage (id),
    entered_at timestamptz not null,
    entered_by text not null,
    primary key (opportunity_id, version)
);

-- The lead service's accounts and contacts, as far as this service must know that they exist.
create table known_account (
    id uuid primary key,
    workspace_id uuid not null
);

create table known_contact (
    id uuid primary key,
    workspace_id uuid not null
);
