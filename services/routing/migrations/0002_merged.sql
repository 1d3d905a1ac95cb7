-- Leads that another stands for, as the latest event says: they wait in the queue and are given to nobody.
create table merged_lead (
    workspace_id uuid not null,
    lead_id uuid not null,
    merged boolean not null,
    event uuid not null,
    primary key (workspace_id, lead_id)
);
