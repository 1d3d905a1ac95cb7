create table workspace (
    id uuid primary key,
    -- the first start claims `default`; of two processes that start at once, one does
    slug text not null,
    name text not null,
    created_at timestamptz not null
);
create unique index workspace_slug on workspace (slug);

-- `user` is a reserved word
create table workspace_user (
    id uuid primary key,
    workspace_id uuid not null references workspace (id),
    version bigint not null,
    name text not null,
    email text not null,
    role text not null,
    active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index workspace_user_email on workspace_user (workspace_id, email);
create index workspace_user_page on workspace_user (workspace_id, created_at, id);

create table api_key (
    id uuid primary key,
    workspace_id uuid not null references workspace (id),
    user_id uuid not null references workspace_user (id),
    name text not null,
    -- the first characters, by which people know it again
    prefix text not null,
    -- SHA-256 of the key, which itself is nowhere
    hash text not null,
    -- what the key may do at most, `read write`; its user's role bounds it further
    permissions text not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz not null
);
create unique index api_key_hash on api_key (hash);
create index api_key_user on api_key (user_id);
create index api_key_page on api_key (workspace_id, created_at, id);
