-- The trail is only added to, whoever is logged in: whoever wants more takes the trigger away first, and knows it.
create function audit_entry_stays() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is only added to';
end
$$;
create trigger audit_entry_is_not_changed before update or delete on audit_entry
    for each row execute function audit_entry_stays();
create trigger audit_entry_is_not_emptied before truncate on audit_entry
    for each statement execute function audit_entry_stays();
