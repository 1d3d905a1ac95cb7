create table form (
    id uuid primary key,
    workspace_id uuid not null,
    version bigint not null,
    -- where it is submitted to; nobody guesses it
    slug text not null,
    definition jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index form_slug on form (slug);
create index form_page on form (workspace_id, created_at, id);

-- What a form took in, as it was given. It outlives its form.
create table capture (
    id uuid primary key,
    workspace_id uuid not null,
    form_id uuid not null,
    form_version bigint not null,
    -- received: to become a lead; pending: the address is to be confirmed first; captured: it has a lead; spam
    state text not null,
    -- everything that was given, by name
    given jsonb not null,
    -- what becomes the lead
    draft jsonb not null,
    -- what was answered and is no field of a lead
    answers jsonb not null,
    utm jsonb not null,
    consent jsonb,
    landing_page_id uuid,
    variant text,
    -- the same submission again finds the first
    once_key text,
    given_hash text not null,
    -- of the link in the mail
    token_hash text,
    confirm_by timestamptz,
    confirmed_at timestamptz,
    email text not null,
    lead_id uuid references lead (id),
    attempts bigint not null,
    due_at timestamptz not null,
    received_at timestamptz not null
);
create unique index capture_once on capture (form_id, once_key) where once_key is not null;
create unique index capture_token on capture (token_hash) where token_hash is not null;
create index capture_due on capture (due_at) where state = 'received';
create index capture_lead on capture (lead_id, received_at) where lead_id is not null;
create index capture_form on capture (form_id, state);
create index capture_landing_page on capture (landing_page_id, variant) where landing_page_id is not null;

create table landing_page (
    id uuid primary key,
    workspace_id uuid not null,
    version bigint not null,
    -- one for all workspaces, for it is the address
    slug text not null,
    published boolean not null,
    content jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index landing_page_slug on landing_page (slug);
create index landing_page_page on landing_page (workspace_id, created_at, id);

-- How many visitors saw which variant first.
create table page_view (
    workspace_id uuid not null,
    landing_page_id uuid not null,
    variant text not null,
    views bigint not null,
    primary key (workspace_id, landing_page_id, variant)
);

create table source_cost (
    id uuid primary key,
    workspace_id uuid not null,
    source text not null,
    minor bigint not null,
    currency text not null,
    spent_at timestamptz not null,
    created_at timestamptz not null
);
create index source_cost_spent on source_cost (workspace_id, spent_at);
