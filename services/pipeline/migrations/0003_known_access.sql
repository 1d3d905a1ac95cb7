-- What permissions look at of the accounts and contacts that an opportunity can be opened at. Version 0 is what a
-- conversion has told of, before the record's own event. What is here already learns its owner from the events that
-- the bus still has, older ones with their next change; until then it is nobody's.
alter table known_account add column version bigint not null default 0;
alter table known_account add column owner_id uuid;
alter table known_account add column country text;
alter table known_account add column industry text;
alter table known_contact add column version bigint not null default 0;
alter table known_contact add column owner_id uuid;
