-- What every service's database holds beside its own tables. Rows of the outbox stay after they are
-- published: the outbox, not the broker, is the record that a replay reads.
create table outbox (
    id uuid primary key,
    type text not null,
    envelope jsonb not null,
    created_at timestamptz not null,
    published_at timestamptz
);
create index outbox_unpublished on outbox (id) where published_at is null;

-- An event's mark, left in the same transaction as its effect.
create table inbox (
    handler text not null,
    event_id uuid not null,
    handled_at timestamptz not null,
    primary key (handler, event_id)
);

-- Events a handler could not take, with why; a replay hands them to it again.
create table dead_letter (
    handler text not null,
    event_id uuid not null,
    envelope jsonb not null,
    error text not null,
    attempts bigint not null,
    died_at timestamptz not null,
    primary key (handler, event_id)
);
