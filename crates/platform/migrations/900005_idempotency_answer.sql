-- For what makes many things at once: the answer itself, since no one object has it.
alter table idempotency_key add column answer jsonb;
