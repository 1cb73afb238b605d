-- Packs of rules and waivers are changed by two people, after a rehearsal on the decisions of the last days.

create table pack_change (
  id bytea primary key, -- of its approval; of the first settings of a shop their digest's beginning
  digest bytea not null, -- SHA-256 of `body`
  body text not null, -- canonical JSON: packs with versions and digests of their bytes, values, waivers
  rehearsal text not null, -- JSON: what it would have done with the decisions of the last days
  proposed_at bigint not null,
  proposed_by text not null,
  activated_at bigint,
  activated_by text not null default '',
  public_key bytea, -- Ed25519
  signature bytea -- over `body`
);
create index pack_change_activated on pack_change (activated_at) where activated_at is not null;
