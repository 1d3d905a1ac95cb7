-- what the lead service tells of its leads: only what is verified and enriched
create table lead (
    workspace_id uuid not null,
    id uuid not null,
    version bigint not null,
    email text not null,
    title text,
    company text,
    company_domain text,
    country text,
    employees text,
    account_id uuid,
    -- the latest run, and the hash of what it was given: the same again needs no other run
    run_id uuid,
    inputs_hash text,
    primary key (workspace_id, id)
);

-- what the lead service tells of its accounts: the base of the provider `account_base`
create table account (
    workspace_id uuid not null,
    id uuid not null,
    version bigint not null,
    name text not null,
    domain text,
    industry text,
    country text,
    employees text,
    primary key (workspace_id, id)
);
create index account_domain on account (workspace_id, domain);

create table verification (
    workspace_id uuid not null,
    lead_id uuid not null,
    email text not null,
    verdict text not null,
    -- {"items": [{"name", "passed"}]}
    checks jsonb not null,
    verified_at timestamptz not null,
    primary key (workspace_id, lead_id)
);

create table enrichment_run (
    id uuid primary key,
    workspace_id uuid not null,
    lead_id uuid not null,
    lead_version bigint not null,
    status text not null,
    -- everything the waterfall looked at: with it a run can be played again
    inputs jsonb not null,
    inputs_hash text not null,
    -- {"items": [{"field", "value", "provider", "confidence"}]}, what was resolved
    fields jsonb not null,
    -- {"items": [{"provider", "field", "outcome", "answer"}]}, everything that was asked; an answer is a claim
    calls jsonb not null,
    started_at timestamptz not null,
    finished_at timestamptz not null
);
create index enrichment_run_page on enrichment_run (workspace_id, lead_id, started_at, id);
