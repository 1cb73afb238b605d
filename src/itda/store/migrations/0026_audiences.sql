-- ── Who withdraws is taken out of the audiences that were given away ─────────────────────────────────────────────────
create table audience_given (
  platform text not null,
  segment text not null, -- empty: everybody
  at bigint not null, -- the last time
  primary key (platform, segment)
);
