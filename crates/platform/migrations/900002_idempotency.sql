-- What a client's idempotency key made: the row is written in the transaction that makes it, so a key without
-- its object cannot exist. The input is kept as a hash only.
create table idempotency_key (
    workspace_id uuid not null,
    operation text not null,
    key text not null,
    input_hash text not null,
    result_id uuid not null,
    primary key (workspace_id, operation, key)
);
