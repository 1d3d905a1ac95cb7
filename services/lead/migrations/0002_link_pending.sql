-- More leads wait for this account than its creation linked: the job carries on.
alter table account add column link_pending boolean not null default false;
create index account_link_pending on account (workspace_id, id) where link_pending;
