-- With which kinds of records a key works, `lead account`; null is with all.
alter table api_key add column objects text;
