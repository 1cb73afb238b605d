-- ── Key store: truth, not rebuilt ────────────────────────────────────────────────────────────────────────────────
-- In a schema of its own beside the workspace's, so that a backup of the data holds none of it (`store/keys.py`).
select set_config('search_path', current_schema() || '_keys', true);

create table keyring (
  blind bytea not null,
  generation integer not null,
  retention text not null,
  fragment bytea not null,
  kind text not null,
  wrapped_key bytea not null,
  value_sealed bytea not null,
  primary key (blind, generation, retention)
);
create index keyring_fragment on keyring (fragment);

create table intake_key (
  day integer primary key,
  wrapped_key bytea not null
);

create table quarantine_key (
  month integer primary key,
  wrapped_key bytea,
  destroy_after integer not null
);

select set_config('search_path', substr(current_schema(), 1, length(current_schema()) - 5) || ', ' || current_schema(), true);
