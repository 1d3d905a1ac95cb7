create table account (
    id uuid primary key,
    workspace_id uuid not null,
    version bigint not null,
    name text not null,
    -- the name as it is compared: folded, without legal form
    name_key text not null,
    domain text,
    industry text,
    country text,
    employees text,
    external_id text,
    -- of the row last imported: the same row again is no change, even after edits by hand
    import_fingerprint text,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index account_domain on account (workspace_id, domain) where domain is not null;
create unique index account_external_id on account (workspace_id, external_id) where external_id is not null;
create index account_name_key on account (workspace_id, name_key);
create index account_page on account (workspace_id, created_at, id);

create table contact (
    id uuid primary key,
    workspace_id uuid not null,
    version bigint not null,
    account_id uuid references account (id),
    email text not null,
    first_name text,
    last_name text,
    title text,
    phone text,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index contact_email on contact (workspace_id, email);
create index contact_account on contact (account_id);
create index contact_page on contact (workspace_id, created_at, id);

create table lead (
    id uuid primary key,
    workspace_id uuid not null,
    version bigint not null,
    email text not null,
    first_name text,
    last_name text,
    title text,
    company text,
    company_key text,
    company_domain text,
    -- the company's domain, else the address's own unless it is free-mail
    match_domain text,
    phone text,
    country text,
    employees text,
    source text not null,
    message text,
    status text not null,
    account_id uuid references account (id),
    contact_id uuid references contact (id),
    external_id text,
    import_fingerprint text,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index lead_email on lead (workspace_id, email);
create unique index lead_external_id on lead (workspace_id, external_id) where external_id is not null;
create index lead_page on lead (workspace_id, created_at, id);
create index lead_account on lead (account_id);
-- what a new account looks for
create index lead_unmatched_domain on lead (workspace_id, match_domain) where account_id is null;
create index lead_unmatched_company on lead (workspace_id, company_key) where account_id is null;
