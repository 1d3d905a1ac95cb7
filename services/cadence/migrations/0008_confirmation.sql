-- Mails that ask whose an address is. Nobody is enrolled, and there is no lead yet.
create table confirmation (
    -- also the id of the mail
    id uuid primary key,
    workspace_id uuid not null,
    capture_id uuid not null,
    email text not null,
    form_name text not null,
    url text not null,
    state text not null,
    attempts bigint not null,
    due_at timestamptz not null,
    expires_at timestamptz not null,
    created_at timestamptz not null
);
create unique index confirmation_capture on confirmation (workspace_id, capture_id);
create index confirmation_due on confirmation (due_at) where state = 'queued';
create index confirmation_email on confirmation (workspace_id, email, created_at);
