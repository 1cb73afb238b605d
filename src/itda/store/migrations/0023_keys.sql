-- Keys lie in a schema of their own beside the workspace's: a backup of the data holds none of them.
do $$
declare
  moved text;
begin
  foreach moved in array array['keyring', 'intake_key', 'quarantine_key'] loop
    execute format('alter table %I.%I set schema %I', current_schema(), moved, current_schema() || '_keys');
  end loop;
  -- PostgreSQL 18 names what is not null; `quarantine.key_month` can now have the name that `quarantine_key.month` took
  if exists (
    select from pg_constraint
    where conrelid = 'quarantine'::regclass and conname = 'quarantine_key_month_not_null1'
  ) then
    alter table quarantine rename constraint quarantine_key_month_not_null1 to quarantine_key_month_not_null;
  end if;
end $$;
