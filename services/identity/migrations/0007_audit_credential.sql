-- By which of an actor's keys and sessions something was done. Entries from before have none, and hash as they did.
alter table audit_entry add column credential text;
create index audit_entry_credential on audit_entry (workspace_id, credential, at, event_id) where credential is not null;
