-- What can be found, as the events told it. The index folder is made from this table and can be lost.
create table document (
    workspace_id uuid not null,
    kind text not null,
    id uuid not null,
    -- of the object; an older event changes nothing
    version bigint not null,
    -- name, title, email, company, domain
    texts jsonb not null,
    -- not yet in the index as it stands here
    dirty boolean not null,
    updated_at timestamptz not null,
    primary key (workspace_id, kind, id)
);
create index document_dirty on document (updated_at) where dirty;

-- One row. An index that carries another generation was not made from this table, or was made before the
-- table was emptied: it starts over.
create table index_state (
    id bigint primary key check (id = 1),
    generation text not null
);
