-- What other services told us of a lead: the read model the send gate and the templates look at.
create table lead (
    id uuid primary key,
    workspace_id uuid not null,
    version bigint not null,
    email text not null,
    first_name text,
    last_name text,
    company text,
    status text not null,
    -- whom routing gave it to, and when
    owner_name text,
    owned_at timestamptz
);

create table verification (
    workspace_id uuid not null,
    email text not null,
    verdict text not null,
    verified_at timestamptz not null,
    primary key (workspace_id, email)
);

create table mailbox (
    id uuid primary key,
    workspace_id uuid not null,
    version bigint not null,
    address text not null,
    paused boolean not null,
    created_at timestamptz not null
);
-- one for now
create unique index mailbox_workspace on mailbox (workspace_id);

-- A version never changes: an enrolment goes on with the one it began with.
create table sequence (
    id uuid primary key,
    workspace_id uuid not null,
    name text not null,
    version bigint not null,
    created_at timestamptz not null
);
create unique index sequence_version on sequence (workspace_id, name, version);
create index sequence_page on sequence (workspace_id, created_at, id);

create table step (
    id uuid primary key,
    workspace_id uuid not null,
    sequence_id uuid not null references sequence (id),
    -- from 1
    position bigint not null,
    -- after the step before
    delay_days bigint not null,
    subject text not null,
    body text not null
);
create unique index step_position on step (sequence_id, position);

create table enrollment (
    id uuid primary key,
    workspace_id uuid not null,
    version bigint not null,
    lead_id uuid not null,
    sequence_id uuid not null references sequence (id),
    -- the address it began with
    email text not null,
    state text not null,
    -- why it stopped
    reason text,
    -- 128 random bits in hexadecimal: who holds it may unsubscribe the address
    token text not null,
    started_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index enrollment_once on enrollment (workspace_id, lead_id, sequence_id);
create unique index enrollment_token on enrollment (token);
create index enrollment_email on enrollment (workspace_id, email);

create table message (
    id uuid primary key,
    workspace_id uuid not null,
    enrollment_id uuid not null references enrollment (id),
    lead_id uuid not null,
    step_id uuid not null references step (id),
    position bigint not null,
    email text not null,
    -- as it was rendered; null until the gate has let it through
    subject text,
    state text not null,
    -- how often it was reserved; a settlement must name the attempt it settles
    attempts bigint not null,
    due_at timestamptz not null,
    attempted_at timestamptz,
    sent_at timestamptz,
    -- what the last attempt ended with, if not well
    trouble text,
    -- the gate's last word, with all that it looked at
    decision jsonb,
    created_at timestamptz not null
);
create unique index message_once on message (enrollment_id, step_id);
create index message_due on message (due_at) where state = 'queued';
create index message_sending on message (attempted_at) where state = 'sending';
create index message_email on message (workspace_id, email);
create index message_page on message (workspace_id, created_at, id);
create index message_state on message (workspace_id, state, created_at, id);

create table suppression (
    id uuid primary key,
    workspace_id uuid not null,
    email text not null,
    source text not null,
    reason text not null,
    created_at timestamptz not null
);
create unique index suppression_email on suppression (workspace_id, email);
create index suppression_page on suppression (workspace_id, created_at, id);
