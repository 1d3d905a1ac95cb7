-- Somebody who was sent to the provider and has not come back yet. What the browser and the provider bring back is
-- known by its SHA-256 alone.
create table oidc_attempt (
    state_hash text primary key,
    workspace_id uuid not null references workspace (id),
    browser_hash text not null,
    nonce text not null,
    verifier text not null,
    return_to text,
    expires_at timestamptz not null
);
create index oidc_attempt_expires on oidc_attempt (expires_at);

-- Who a user is to a provider: its `iss` and `sub`, which it gives to nobody else.
create table external_identity (
    workspace_id uuid not null references workspace (id),
    issuer text not null,
    subject text not null,
    user_id uuid not null references workspace_user (id),
    created_at timestamptz not null,
    primary key (workspace_id, issuer, subject)
);
-- An address that passed to somebody else at the provider does not bring the account along.
create unique index external_identity_user on external_identity (workspace_id, issuer, user_id);
