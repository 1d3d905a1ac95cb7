-- Where a record leads: what it was merged into at this version, and what shows for it by now.
create table timeline_redirect (
    workspace_id uuid not null,
    from_id uuid not null,
    -- None while it is itself.
    to_id uuid,
    version bigint not null,
    shown_id uuid not null,
    primary key (workspace_id, from_id)
);
create index timeline_redirect_to on timeline_redirect (workspace_id, to_id);
create index timeline_redirect_shown on timeline_redirect (workspace_id, shown_id);
-- Whatever has a timeline is itself; merges from before are told after `pipewright search rebuild`.
insert into timeline_redirect (workspace_id, from_id, version, shown_id)
select distinct workspace_id, parent_id, 0, parent_id from timeline_tie where parent_id is not null;
