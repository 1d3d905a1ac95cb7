-- Whose opportunity it is: what permissions look at.
alter table opportunity add column owner_id uuid;
create index opportunity_owner on opportunity (workspace_id, owner_id, created_at, id);
