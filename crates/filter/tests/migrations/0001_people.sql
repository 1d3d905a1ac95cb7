create table person (id bigint primary key, keys jsonb not null, company_key text, country text, employees bigint,
    score double precision, active boolean, created_at timestamptz, born date, tags_key text);
create table deed (person_id bigint not null, name text not null, at timestamptz not null);
