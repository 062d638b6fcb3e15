-- 0001_first_house.sql: the log, the records folded from it, and the rows pages ask for

-- one row: who this installation is
create table place (
    id integer primary key check (id = 1),
    epoch text not null,
    replica text not null,
    made_at text not null
) strict;

-- the counter row of each school: taken inside the write transaction, so a reader never misses a row
create table feed (
    school text primary key,
    seq integer not null default 0,
    chain text not null default ''
) strict;

-- every well-formed change, once, for ever; rows are only ever added
create table change (
    school text not null,
    seq integer not null,
    replica text not null,
    n integer not null check (n > 0),
    record text not null,
    made_by text not null,
    body text not null,
    digest text not null,
    received_at text not null,
    verdict text not null check (verdict in ('accepted', 'held')),
    reason text not null default '',
    detail text not null default '',
    chain text not null,
    primary key (school, seq),
    unique (school, replica, n)
) strict;
create index change_record on change (school, record, seq);
create index change_replica on change (replica, n);

-- a held change: what became of it
create table held (
    school text not null,
    seq integer not null,
    record text not null,
    made_by text not null,
    reason text not null,
    standing text not null default 'waiting' check (standing in ('waiting', 'released', 'set-aside')),
    decided_by text,
    decided_at text,
    primary key (school, seq)
) strict;
create index held_waiting on held (school, standing, seq);

-- a record, folded: every field with its heads, and who may see it since when
create table record (
    school text not null,
    record text not null,
    kind text not null,
    seq integer not null,
    fields text not null,
    audience text not null,
    has_conflict integer not null default 0 check (has_conflict in (0, 1)),
    primary key (school, record)
) strict;
create index record_feed on record (school, seq);
create index record_kind on record (school, kind);
create index record_conflict on record (school, has_conflict, seq);

-- a device, a browser, or this server itself: whoever numbers changes
create table replica (
    replica text primary key,
    person text,
    name text not null,
    token_sha256 text unique,
    paired_at text not null,
    revoked_at text,
    revoked_by text,
    stored_n integer not null default 0,
    last_seen_at text,
    last_stored_at text,
    waiting integer,
    clock_offset_seconds integer,
    app_version text
) strict;
create index replica_person on replica (person);

-- how a person proves who she is; never synced
create table account (
    person text primary key,
    username text not null unique,
    nip text unique,
    password_hash text not null,
    session_epoch integer not null default 1,
    language text,
    made_at text not null,
    changed_at text,
    closed_at text,
    is_demo integer not null default 0 check (is_demo in (0, 1))
) strict;

-- failed sign-ins, counted per account and per address
create table throttle (
    subject text primary key,
    failures integer not null,
    last_failed_at text not null
) strict;

-- what administrators did that is not a change to a record
create table audit (
    school text not null,
    id text not null,
    at text not null,
    made_by text not null,
    action text not null,
    subject text not null,
    detail text not null default '',
    primary key (school, id)
) strict;

-- rows for queries: each is written again whenever its record is folded

create table school (
    school text primary key,
    name text not null,
    time_zone text not null
) strict;

create table person (
    school text not null,
    person text not null,
    name text not null,
    nip text,
    is_observer integer not null check (is_observer in (0, 1)),
    is_teacher integer not null check (is_teacher in (0, 1)),
    is_administrator integer not null check (is_administrator in (0, 1)),
    is_active integer not null check (is_active in (0, 1)),
    primary key (school, person)
) strict;
create index person_schools on person (person);

create table observation (
    school text not null,
    observation text not null,
    teacher text,
    observer text,
    rubric text,
    status text not null,
    class_name text,
    subject text,
    topic text,
    started_at text,
    signed_at text,
    points real,
    maximum real,
    percent real,
    band text,
    scored integer not null default 0,
    applicable integer not null default 0,
    read_at text,
    stance text,
    reply text,
    primary key (school, observation)
) strict;
create index observation_started on observation (school, started_at);
create index observation_teacher on observation (school, teacher, started_at);
create index observation_observer on observation (school, observer, started_at);

create table step (
    school text not null,
    step text not null,
    observation text,
    teacher text,
    observer text,
    text text not null,
    status text not null,
    due_on text,
    primary key (school, step)
) strict;
create index step_observation on step (school, observation);
create index step_teacher on step (school, teacher, status);
