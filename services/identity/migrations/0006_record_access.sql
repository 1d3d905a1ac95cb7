-- What permissions look at of every record, as the events told it: with it `explainAccess` answers for all services.
create table record_access (
    workspace_id uuid not null,
    object text not null,
    id uuid not null,
    -- of the record; 0 for a lead that was routed before it was heard of
    version bigint not null,
    owner_id uuid,
    -- a lead's owner comes with its own event: ids grow, so an older one changes nothing
    owner_event uuid,
    country text,
    source text,
    industry text,
    primary key (workspace_id, object, id)
);
