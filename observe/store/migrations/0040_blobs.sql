-- 0040_blobs.sql: photos and recordings that records name, and how much of each is here

-- which records name which bytes, written again whenever a record is folded; without a row nothing is taken or shown
create table blob_use (
    school text not null,
    sha256 text not null,
    record text not null,
    bytes integer not null check (bytes > 0),
    type text not null,
    primary key (school, sha256, record)
) strict;
create index blob_use_record on blob_use (school, record);

-- bytes that are here, or on their way, or were looked at and refused
create table blob (
    school text not null,
    sha256 text not null,
    standing text not null check (standing in ('arriving', 'kept', 'refused')),
    received integer not null check (received >= 0),
    type text,
    reason text not null default '',
    began_at text not null,
    touched_at text not null,
    unused_since text,
    primary key (school, sha256)
) strict;

-- the pieces of what is on its way, each in a file of its own
create table blob_part (
    school text not null,
    sha256 text not null,
    start integer not null check (start >= 0),
    length integer not null check (length > 0),
    name text not null,
    primary key (school, sha256, start)
) strict;
