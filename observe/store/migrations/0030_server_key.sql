-- 0030_server_key.sql: the keys of other servers whose fingerprints somebody compared; never synced

create table server_key (
    school text not null,
    replica text not null,
    key text not null,
    kept_at text not null,
    primary key (school, replica)
) strict;
