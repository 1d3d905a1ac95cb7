-- What happened to records, as the events of all services told it.
create table timeline_event (
    workspace_id uuid not null,
    event_id uuid not null,
    entry_type text not null,
    occurred_at timestamptz not null,
    -- Where it stands: at its time, or just behind the latest of what it follows from, if that is later.
    placed_at timestamptz not null,
    actor text not null,
    causation_id uuid,
    -- The object whose state of that version it tells, and the object that must have begun before.
    object_id uuid,
    object_version bigint,
    part_of_id uuid,
    -- Title, changes and what else is told.
    told jsonb not null,
    primary key (workspace_id, event_id)
);
create index timeline_event_cause on timeline_event (workspace_id, causation_id);
create index timeline_event_object on timeline_event (workspace_id, object_id, object_version);
create index timeline_event_part on timeline_event (workspace_id, part_of_id);

-- The records that an event is about. Type and place are the event's, so that a page needs only this.
create table timeline_entry (
    workspace_id uuid not null,
    event_id uuid not null,
    record_kind text not null,
    record_id uuid not null,
    entry_type text not null,
    placed_at timestamptz not null,
    primary key (workspace_id, event_id, record_id)
);
create index timeline_entry_page on timeline_entry (workspace_id, record_id, placed_at, event_id);

-- On whose pages a record's entries stand: on its own, and on those of what it belongs to at this version.
create table timeline_tie (
    workspace_id uuid not null,
    child_id uuid not null,
    parent_kind text not null,
    parent_id uuid,
    version bigint not null,
    primary key (workspace_id, child_id, parent_kind)
);
create index timeline_tie_parent on timeline_tie (workspace_id, parent_id);

-- Two transactions of one workspace place events one after the other: neither would see what the other places.
create table timeline_turn (
    workspace_id uuid primary key
);
