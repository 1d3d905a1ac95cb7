create table if not exists log (
    seq integer primary key autoincrement,
    id blob not null unique,
    subject text not null,
    envelope text not null
);
-- How far a consumer has read; what it has read and not settled is in pending.
create table if not exists consumer (
    name text primary key,
    seq integer not null
);
create table if not exists pending (
    consumer text not null,
    seq integer not null references log (seq),
    attempt integer not null,
    -- microseconds since 1970; a lease while an attempt runs, the next attempt's time otherwise
    due_at integer not null,
    primary key (consumer, seq)
) without rowid;
create index if not exists pending_due on pending (consumer, due_at);
