-- Into which lead one was merged, and by which event: ids grow, so an older one changes nothing.
alter table lead add column merged_into uuid;
alter table lead add column merged_event uuid;
create index lead_merged_into on lead (workspace_id, merged_into) where merged_into is not null;
