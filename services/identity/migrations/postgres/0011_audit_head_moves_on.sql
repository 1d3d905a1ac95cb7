-- The end of a chain only moves on, one place at a time, and an entry comes where the end has just moved to: nobody sets
-- an end back behind what was cut off, or puts an entry anywhere else, without taking the triggers away first.
create function audit_head_moves_on() returns trigger language plpgsql as $$
begin
    if new.workspace_id <> old.workspace_id
        or not (new.seq = old.seq + 1 or (new.seq = old.seq and new.hash = old.hash)) then
        raise exception 'the end of the audit trail only moves on';
    end if;
    return new;
end
$$;
create trigger audit_head_moves_on before update on audit_head
    for each row execute function audit_head_moves_on();

create function audit_head_stays() returns trigger language plpgsql as $$
begin
    raise exception 'the end of the audit trail only moves on';
end
$$;
create trigger audit_head_is_not_deleted before delete on audit_head
    for each row execute function audit_head_stays();
create trigger audit_head_is_not_emptied before truncate on audit_head
    for each statement execute function audit_head_stays();

create function audit_head_begins_once() returns trigger language plpgsql as $$
begin
    if new.seq <> 0 or new.hash <> '0000000000000000000000000000000000000000000000000000000000000000'
        or exists (select from audit_entry where workspace_id = new.workspace_id) then
        raise exception 'the end of the audit trail only moves on';
    end if;
    return null;
end
$$;
create trigger audit_head_begins_once after insert on audit_head
    for each row execute function audit_head_begins_once();

create function audit_entry_comes_at_the_end() returns trigger language plpgsql as $$
begin
    if not exists (
        select from audit_head where workspace_id = new.workspace_id and seq = new.seq and hash = new.hash
    ) then
        raise exception 'the audit trail is only added to, at its end';
    end if;
    return new;
end
$$;
create trigger audit_entry_comes_at_the_end before insert on audit_entry
    for each row execute function audit_entry_comes_at_the_end();
