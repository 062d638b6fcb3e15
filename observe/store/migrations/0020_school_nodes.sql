-- 0020_school_nodes.sql: servers of schools that forward to a centre, and what the centre said of what they hold

-- at the centre: a server that may forward and read everything of its schools
create table node (
    node text primary key,
    name text not null,
    token_sha256 text not null unique,
    replica text,
    made_by text not null,
    made_at text not null,
    revoked_at text,
    revoked_by text,
    last_seen_at text,
    waiting integer,
    waiting_since text,
    clock_offset_seconds integer
) strict;

create table node_school (
    school text not null,
    node text not null,
    may_found integer not null default 0 check (may_found in (0, 1)),
    primary key (school, node)
) strict;
create index node_school_node on node_school (node);

-- at the node: one row, the centre it forwards to
create table uplink (
    id integer primary key check (id = 1),
    url text not null,
    token text not null,
    added_at text not null,
    cursor text,
    batch integer not null,
    tried_at text,
    arrived_at text,
    compared_at text,
    failures integer not null default 0,
    problem text,
    again_at text,
    running_until text
) strict;

-- at the node: how far its own log was forwarded, and how far the centre's was read
create table uplink_school (
    school text primary key,
    name text not null,
    forwarded integer not null default 0,
    their_seq integer not null default 0,
    their_chain text not null default ''
) strict;

-- at the node: where a row of its log has another verdict than it began with, because the centre decides
create table ruling (
    school text not null,
    seq integer not null,
    verdict text not null check (verdict in ('accepted', 'held')),
    reason text not null,
    detail text not null,
    made_seq integer not null,
    primary key (school, seq)
) strict;

-- at the node: what the centre accepted and this version does not understand yet
create table beyond (
    school text not null,
    seq integer not null,
    primary key (school, seq)
) strict;

-- a device that was paired elsewhere, and from which number on a copied device's own changes stand under another name
alter table replica add column is_guest integer not null default 0 check (is_guest in (0, 1));
alter table replica add column forked_n integer;
