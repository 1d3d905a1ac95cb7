-- The trail is only added to, whoever is logged in: whoever wants more takes the trigger away first, and knows it.
create trigger audit_entry_is_not_changed before update on audit_entry
begin
    select raise(abort, 'the audit trail is only added to');
end;
create trigger audit_entry_is_not_deleted before delete on audit_entry
begin
    select raise(abort, 'the audit trail is only added to');
end;
