-- 0050_who_gave_a_blob.sql: a record shows a photo only when its author brought the bytes; pieces are their sender's own

-- whoever wrote that the record names it
alter table blob_use add column author text not null default '';
update blob_use set author = coalesce((select o.observer from observation o where o.school = blob_use.school
    and 'observation/' || o.observation = blob_use.record), '');

-- who brought all the bytes of a blob to this school; only her records' naming of it counts
create table blob_giver (
    school text not null,
    sha256 text not null,
    person text not null,
    given_at text not null,
    primary key (school, sha256, person)
) strict;
insert into blob_giver (school, sha256, person, given_at)
    select distinct b.school, b.sha256, u.author, b.touched_at from blob b
    join blob_use u on u.school = b.school and u.sha256 = b.sha256
    where b.standing <> 'arriving' and u.author <> '';

-- bytes on their way, apart for each sender; `length` is what the whole is said to have
create table blob_arrival (
    school text not null,
    sha256 text not null,
    sender text not null,
    length integer not null check (length > 0),
    received integer not null check (received >= 0),
    touched_at text not null,
    primary key (school, sha256, sender)
) strict;
create table blob_arrival_part (
    school text not null,
    sha256 text not null,
    sender text not null,
    start integer not null check (start >= 0),
    length integer not null check (length > 0),
    name text not null,
    primary key (school, sha256, sender, start)
) strict;
drop table blob_part;
delete from blob where standing = 'arriving';

-- bytes of what was made from a blob to be shown
alter table blob add column beside integer not null default 0;
