-- 0041_blobs_between_servers.sql: at a node, since when a photo or recording is known to be at the centre
alter table blob add column sent_up_at text;
