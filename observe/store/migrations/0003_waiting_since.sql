-- 0003_waiting_since.sql: since when what a device still holds has waited, by the device's own clock
alter table replica add column waiting_since text;
