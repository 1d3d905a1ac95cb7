-- What a filter compares in SQL: texts in the form in which they are compared. Rows from before are stale, until the
-- job has written theirs.
alter table lead add column filter_keys jsonb not null default '{}';
alter table lead add column filter_stale boolean not null default true;
create index lead_filter_stale on lead (workspace_id, id) where filter_stale;

create table segment (
    id uuid primary key,
    workspace_id uuid not null,
    version bigint not null,
    name text not null,
    -- in the filter language, as it prints itself
    definition text not null,
    -- whether every lead from before the definition has been looked at, and if not, up to which
    ready boolean not null,
    filled_to uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index segment_name on segment (workspace_id, name);
create index segment_page on segment (workspace_id, created_at, id);
create index segment_filling on segment (workspace_id, id) where not ready;

create table segment_member (
    workspace_id uuid not null,
    segment_id uuid not null references segment (id),
    lead_id uuid not null references lead (id),
    entered_at timestamptz not null,
    primary key (segment_id, lead_id)
);
create index segment_member_lead on segment_member (lead_id);
