-- Facts that are not met again are forgotten by their place in the order of the cursor.

create index source_seen_place on source_seen (source, place);
