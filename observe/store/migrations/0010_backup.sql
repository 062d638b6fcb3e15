-- 0010_backup.sql: which verified copies exist, and how far they reach for each replica

create table backup (
    made_at text primary key,
    verified_at text not null,
    name text not null,
    sha256 text not null,
    positions text not null
) strict;

-- the highest number of each replica that is in a verified copy
create table backup_reach (
    replica text primary key,
    n integer not null check (n > 0)
) strict;
