-- Who did what, for ever: rows are added and neither changed nor removed. Each holds the hash of the one before it,
-- so that a change shows.
create table audit_entry (
    workspace_id uuid not null,
    -- 1, 2, 3 … in each workspace
    seq bigint not null,
    event_id uuid not null,
    at timestamptz not null,
    actor text not null,
    action text not null,
    subject text not null,
    request_id text,
    address text,
    -- the event's data as canonical JSON; text, for the hash is over these very characters
    data text not null,
    previous_hash text not null,
    hash text not null,
    primary key (workspace_id, seq)
);
create unique index audit_entry_event on audit_entry (workspace_id, event_id);
create index audit_entry_page on audit_entry (workspace_id, at, event_id);
create index audit_entry_subject on audit_entry (workspace_id, subject, at, event_id);
create index audit_entry_action on audit_entry (workspace_id, action, at, event_id);
create index audit_entry_actor on audit_entry (workspace_id, actor, at, event_id);

-- Where each chain ends, so that a missing end shows too. Its row is also the lock of whoever adds.
create table audit_head (
    workspace_id uuid primary key,
    seq bigint not null,
    hash text not null
);
