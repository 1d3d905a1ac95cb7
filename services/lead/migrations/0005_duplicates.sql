-- Merged into which record, the last one of a chain; it keeps its row and all that the row said. Stale is what has yet
-- to be compared with others.
alter table lead add column merged_into uuid;
alter table lead add column match_stale boolean not null default true;
create index lead_merged_into on lead (workspace_id, merged_into) where merged_into is not null;
create index lead_match_stale on lead (workspace_id, id) where match_stale;
alter table contact add column merged_into uuid;
alter table contact add column match_stale boolean not null default true;
create index contact_merged_into on contact (workspace_id, merged_into) where merged_into is not null;
create index contact_match_stale on contact (workspace_id, id) where match_stale;
alter table account add column merged_into uuid;
alter table account add column match_stale boolean not null default true;
create index account_merged_into on account (workspace_id, merged_into) where merged_into is not null;
create index account_match_stale on account (workspace_id, id) where match_stale;

-- A survivor may take the domain of what was merged into it.
drop index account_domain;
create unique index account_domain on account (workspace_id, domain) where domain is not null and merged_into is null;
create index account_by_domain on account (workspace_id, domain) where domain is not null;

-- Under which keys records meet that are worth comparing: hashes, see the crate `matching`.
create table match_key (
    workspace_id uuid not null,
    record_kind text not null,
    record_id uuid not null,
    key bigint not null,
    primary key (workspace_id, record_kind, record_id, key)
);
create index match_key_key on match_key (workspace_id, record_kind, key, record_id);

-- Records that look like one.
create table duplicate (
    id uuid primary key,
    workspace_id uuid not null,
    record_kind text not null,
    confidence double precision not null,
    may_merge_unasked boolean not null,
    -- why, without any value of a record
    links jsonb not null,
    created_at timestamptz not null
);
create index duplicate_page on duplicate (workspace_id, record_kind, created_at, id);

create table duplicate_member (
    workspace_id uuid not null,
    duplicate_id uuid not null references duplicate (id),
    record_id uuid not null,
    primary key (duplicate_id, record_id)
);
create index duplicate_member_record on duplicate_member (workspace_id, record_id);

-- Two that somebody has said are not one, for good.
create table duplicate_dismissal (
    workspace_id uuid not null,
    record_kind text not null,
    low_id uuid not null,
    high_id uuid not null,
    dismissed_at timestamptz not null,
    primary key (workspace_id, record_kind, low_id, high_id)
);

create table merge_record (
    id uuid primary key,
    workspace_id uuid not null,
    record_kind text not null,
    survivor_id uuid not null,
    -- what each record said before, and what the merge changed of the survivor
    content jsonb not null,
    merged_at timestamptz not null,
    undone_at timestamptz
);
create index merge_record_survivor on merge_record (workspace_id, survivor_id, id);

create table merge_member (
    workspace_id uuid not null,
    merge_id uuid not null references merge_record (id),
    record_id uuid not null,
    primary key (merge_id, record_id)
);
create index merge_member_record on merge_member (workspace_id, record_id);
