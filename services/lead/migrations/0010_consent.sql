-- Who agreed to what: a line is never changed, and the newest of a purpose holds.
create table consent (
    id uuid primary key,
    workspace_id uuid not null,
    email text not null,
    purpose text not null,
    state text not null,
    -- what they read
    wording text,
    note text,
    -- of the form, where they said it on one
    capture_id uuid,
    evidence jsonb,
    said_at timestamptz not null,
    recorded_at timestamptz not null,
    recorded_by text not null
);
create index consent_of on consent (workspace_id, email, purpose, said_at, id);
