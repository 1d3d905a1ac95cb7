-- Whose record it is: what permissions look at. A lead's owner is whom it was routed to last, with the event that
-- said so: ids grow, so an older one changes nothing.
alter table lead add column owner_id uuid;
alter table lead add column owner_event uuid;
alter table account add column owner_id uuid;
alter table contact add column owner_id uuid;
create index lead_owner on lead (workspace_id, owner_id, created_at, id);
create index account_owner on account (workspace_id, owner_id, created_at, id);
create index contact_owner on contact (workspace_id, owner_id, created_at, id);
