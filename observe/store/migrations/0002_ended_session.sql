-- 0002_ended_session.sql: signing out ends a session even for whoever copied its cookie
create table ended_session (
    session_sha256 text primary key,
    ended_at text not null
) strict;
create index ended_session_at on ended_session (ended_at);
