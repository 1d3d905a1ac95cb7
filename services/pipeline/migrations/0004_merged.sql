-- Which record stands for one that was merged, and by which event: ids grow, so an older one changes nothing.
alter table known_account add column merged_into uuid;
alter table known_account add column merged_event uuid;
alter table known_contact add column merged_into uuid;
alter table known_contact add column merged_event uuid;
-- At whom an opportunity was opened, while another stands for them.
alter table opportunity add column account_origin uuid;
alter table opportunity add column contact_origin uuid;
create index opportunity_account_origin on opportunity (workspace_id, account_origin) where account_origin is not null;
create index opportunity_contact on opportunity (workspace_id, contact_id) where contact_id is not null;
create index opportunity_contact_origin on opportunity (workspace_id, contact_origin) where contact_origin is not null;
