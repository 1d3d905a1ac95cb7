-- What permissions look at of the accounts and contacts that an opportunity can be opened at. Version 0 is what a
-- conversion has told of, before the record's own event.
alter table known_account add column version bigint not null default 0;
alter table known_account add column owner_id uuid;
alter table known_account add column country text;
alter table known_account add column industry text;
alter table known_contact add column version bigint not null default 0;
alter table known_contact add column owner_id uuid;
