-- `replace into` takes the row in its way out without asking the triggers on `delete`. PostgreSQL knows no such thing.
create trigger audit_entry_is_not_replaced before insert on audit_entry
when exists (select 1 from audit_entry where workspace_id = new.workspace_id and seq = new.seq)
    or exists (select 1 from audit_entry where workspace_id = new.workspace_id and event_id = new.event_id)
    or exists (select 1 from audit_entry where rowid = new.rowid)
begin
    select raise(abort, 'the audit trail is only added to');
end;
