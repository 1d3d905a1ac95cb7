-- A person's password: Argon2id in PHC string format. Service accounts have none.
create table password (
    user_id uuid primary key references workspace_user (id),
    workspace_id uuid not null references workspace (id),
    hash text not null,
    changed_at timestamptz not null
);

-- One-time tokens with which a password is set; SHA-256 of the token, which itself is nowhere.
create table invitation (
    hash text primary key,
    workspace_id uuid not null references workspace (id),
    user_id uuid not null references workspace_user (id),
    expires_at timestamptz not null,
    used_at timestamptz,
    created_at timestamptz not null
);
create index invitation_user on invitation (user_id);

-- What somebody has signed in to. Access tokens name it, and open nothing once it is revoked.
create table session (
    id uuid primary key,
    workspace_id uuid not null references workspace (id),
    user_id uuid not null references workspace_user (id),
    method text not null,
    address text,
    user_agent text,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoked_because text
);
create index session_of_user on session (user_id, created_at, id);
create index session_page on session (workspace_id, created_at, id);
create index session_expires on session (expires_at);

-- Every refresh token that a session ever had, as SHA-256: one that comes again was stolen, before or after.
create table refresh_token (
    hash text primary key,
    workspace_id uuid not null references workspace (id),
    session_id uuid not null references session (id),
    created_at timestamptz not null,
    replaced_at timestamptz
);
create index refresh_token_session on refresh_token (session_id);

-- Keys that sign access tokens. They are the installation's, so they have no workspace.
create table signing_key (
    id uuid primary key,
    -- Ed25519, the 32 bytes of the private key in base64url
    seed text not null,
    created_at timestamptz not null
);
