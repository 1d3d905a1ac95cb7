-- What permissions look at of a lead, for services that keep something about leads of others.
create table lead_access (
    workspace_id uuid not null,
    lead_id uuid not null,
    -- of the lead when it had these attributes; 0 before it was heard of
    version bigint not null,
    country text,
    source text,
    -- the user it was routed to last, and the event that said so: ids grow, so an older one changes nothing
    owner_id uuid,
    owner_event uuid,
    primary key (workspace_id, lead_id)
);
create index lead_access_owner on lead_access (workspace_id, owner_id);
