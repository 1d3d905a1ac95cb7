-- What permissions look at. A lead's owner comes with its own event: ids grow, so an older one changes nothing.
alter table document add column owner_id uuid;
alter table document add column owner_event uuid;
alter table document add column country text;
alter table document add column source text;
alter table document add column industry text;
-- Grows with every change of the row: what the indexer marks as done is what it has read.
alter table document add column revision bigint not null default 0;
-- As the index has none of this yet, it is made anew; accounts, contacts and opportunities learn their owners
-- with their next event, or by `pipewright search rebuild`.
update document set dirty = true;
