-- An account has any number of domains, and a domain one account. The first of them stands beside the account too.
drop index account_domain;
create table account_domain (
    workspace_id uuid not null,
    domain text not null,
    account_id uuid not null references account (id),
    created_at timestamptz not null,
    primary key (workspace_id, domain)
);
create index account_domain_account on account_domain (workspace_id, account_id);
create unique index account_domain_first on account (workspace_id, domain) where domain is not null and merged_into is null;
drop index account_by_domain;
insert into account_domain (workspace_id, domain, account_id, created_at)
    -- a domain that a survivor took stays with the account that it came from, however long the chain
    select workspace_id, domain, id, created_at from account where domain is not null
    order by case when exists (select 1 from merge_record r join merge_member m on m.merge_id = r.id join account a on a.id = m.record_id
        where r.workspace_id = account.workspace_id and r.survivor_id = account.id and r.undone_at is null and a.domain = account.domain)
        then 1 else 0 end, case when merged_into is null then 1 else 0 end, created_at, id
    on conflict do nothing;

alter table account add column parent_id uuid references account (id);
create index account_parent on account (workspace_id, parent_id, created_at, id) where parent_id is not null;

-- What others say of an account's opportunities, each as it stands at its version.
create table known_opportunity (
    workspace_id uuid not null,
    opportunity_id uuid not null,
    version bigint not null,
    account_id uuid not null,
    owner_id uuid,
    is_open boolean not null,
    minor bigint,
    currency text,
    primary key (workspace_id, opportunity_id)
);
create index known_opportunity_open on known_opportunity (workspace_id, account_id) where is_open;

-- When somebody last had to do with a lead or a contact. Both ways: the person answered, called or came.
create table touch (
    workspace_id uuid not null,
    record_id uuid not null,
    last_at timestamptz not null,
    last_two_way_at timestamptz,
    two_way bigint not null,
    primary key (workspace_id, record_id)
);

create index lead_contact on lead (workspace_id, contact_id) where contact_id is not null;
-- What is asked for by several of its columns is found by all of them, and not by its workspace alone.
drop index lead_account;
create index lead_account on lead (workspace_id, account_id) where account_id is not null;
drop index contact_account;
create index contact_account on contact (workspace_id, account_id) where account_id is not null;
create unique index account_by_id on account (workspace_id, id);

-- By how many employees a company is small, and up to where the accounts have been looked at under that version.
create table size_bands (
    workspace_id uuid not null,
    version bigint not null,
    bands jsonb not null,
    ready boolean not null,
    filled_to uuid,
    created_at timestamptz not null,
    primary key (workspace_id, version)
);
create index size_bands_filling on size_bands (workspace_id) where not ready;
-- Accounts from before there were sizes are looked at under the bands that hold without others.
insert into size_bands (workspace_id, version, bands, ready, created_at)
    select workspace_id, 1, '{"mid_market_from": 100, "enterprise_from": 1000, "margin_percent": 10, "regions": []}', false,
        max(created_at) from account group by workspace_id;

create table account_size (
    workspace_id uuid not null,
    account_id uuid not null references account (id),
    -- nothing where nobody says how many employees there are
    segment text,
    since timestamptz,
    because jsonb,
    -- what enrichment says of an account that says nothing itself
    claim jsonb,
    primary key (workspace_id, account_id)
);

-- How much an account is worth caring for, and what is planned with it.
create table account_plan (
    workspace_id uuid not null,
    account_id uuid not null references account (id),
    version bigint not null,
    tier text,
    -- goals, stakeholders, risks, whitespace
    plan jsonb not null,
    -- of a key account: since when it is one, and when it is looked at next
    key_since timestamptz,
    check_at timestamptz,
    primary key (workspace_id, account_id)
);
create index account_plan_check on account_plan (workspace_id, check_at) where check_at is not null;

create table key_account_rules (
    workspace_id uuid primary key,
    version bigint not null,
    untouched_days bigint not null,
    min_contacts bigint not null,
    within_days bigint not null
);

create table key_account_alert (
    id uuid primary key,
    workspace_id uuid not null,
    account_id uuid not null references account (id),
    kind text not null,
    -- what was found when it was raised
    because jsonb not null,
    opened_at timestamptz not null,
    closed_at timestamptz
);
create unique index key_account_alert_open on key_account_alert (workspace_id, account_id, kind) where closed_at is null;
create index key_account_alert_page on key_account_alert (workspace_id, opened_at, id);
