-- The end of a chain only moves on, one place at a time, and an entry comes where the end has just moved to: nobody sets
-- an end back behind what was cut off, or puts an entry anywhere else, without taking the triggers away first.
create trigger audit_head_moves_on before update on audit_head
when new.workspace_id <> old.workspace_id or new.rowid <> old.rowid
    or not (new.seq = old.seq + 1 or (new.seq = old.seq and new.hash = old.hash))
begin
    select raise(abort, 'the end of the audit trail only moves on');
end;
create trigger audit_head_is_not_deleted before delete on audit_head
begin
    select raise(abort, 'the end of the audit trail only moves on');
end;
-- `replace into` takes the row in its way out without asking the triggers on `delete`: that of another number here, that
-- of the workspace below.
create trigger audit_head_is_not_replaced before insert on audit_head
when exists (select 1 from audit_head where rowid = new.rowid)
begin
    select raise(abort, 'the end of the audit trail only moves on');
end;
create trigger audit_head_begins_once after insert on audit_head
when new.seq <> 0 or new.hash <> '0000000000000000000000000000000000000000000000000000000000000000'
    or exists (select 1 from audit_entry where workspace_id = new.workspace_id)
begin
    select raise(abort, 'the end of the audit trail only moves on');
end;
create trigger audit_entry_comes_at_the_end before insert on audit_entry
when not exists (select 1 from audit_head where workspace_id = new.workspace_id and seq = new.seq and hash = new.hash)
begin
    select raise(abort, 'the audit trail is only added to, at its end');
end;
