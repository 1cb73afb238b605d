-- ── Retention: each run of it, and up to where each rule was carried out ─────────────────────────────────────────────
create table retention_run (
  id bigint generated always as identity primary key,
  asked_at bigint not null,
  asked_by text not null, -- upkeep: it is the daily one
  began_at bigint,
  ended_at bigint,
  position bigint, -- the last frame of the log that says whose profiles are folded anew
  told text not null default '' -- what was destroyed, by rule (JSON of numbers)
);
create index retention_run_open on retention_run (id) where ended_at is null;

-- Fields are looked for in rows after these places only: what is older was looked through.
create table retention_mark (
  rule text primary key,
  digest text not null, -- of the rule as it was
  day integer not null, -- local: what was due on it was looked through,
  position bigint not null -- but for what came in later than this place of the log
);
