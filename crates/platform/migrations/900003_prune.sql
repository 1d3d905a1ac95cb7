-- What the hourly pruning looks for.
create index inbox_handled on inbox (handled_at);
create index idempotency_key_result on idempotency_key (result_id);
