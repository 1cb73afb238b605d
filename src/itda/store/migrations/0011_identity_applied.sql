-- identity.yaml is applied like segments are. What was applied before held as the file said, not as it was kept beside.

update policy_version set body = (body::jsonb - 'identity.yaml')::text
where kind = 'workspace' and body like '{%' and body::jsonb ? 'identity.yaml';
