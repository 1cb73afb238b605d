-- ── What was shown stays as it was shown ─────────────────────────────────────────────────────────────────────────────
create function consent_text_stays() returns trigger language plpgsql as $$
begin
  raise exception 'a text that was shown stays as it was: give it the next version';
end $$;
create trigger consent_text_stays before update or delete on consent_text
  for each row execute function consent_text_stays();
create trigger consent_text_stays_whole before truncate on consent_text
  for each statement execute function consent_text_stays();

-- What the file of anchors outside had when one was last added: fewer there, or others, is a fault.
create table anchored (
  is_only boolean primary key default true check (is_only),
  anchors bigint not null,
  first_sha256 bytea not null -- of its first line
);
