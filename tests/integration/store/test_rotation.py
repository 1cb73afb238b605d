"""The wrapping key is rotated while keys are written and read; nothing is lost, wherever it stops."""

import pytest

import itda
from itda.base.errors import Refused, Unavailable
from itda.engine.safekeeping import Safe
from itda.store import key_material, keys, rotation, workspace_key
from itda.store.database import keys_schema
from itda.store.intake import PostgresIntake
from itda.store.ports import VALUE_LABEL, Record
from itda.store.vault import Vault, version_of

KEYRING = "select fragment, wrapped_key, retention, value_sealed from keyring order by fragment"


def come(shop, first, n=50):
    """So many people nobody saw before, processed."""
    for number in range(first, first + n):
        body = b'{"userId":"u-%d","event":"Product Viewed","properties":{"product_id":"p-1"}}' % number
        shop.intake.append([Record("web", "track", body)], itda.engine.shop.clock())
    shop.drain()


def rows(shop):
    with shop.db.connection() as connection:
        return connection.execute(KEYRING).fetchall()


def opened(shop, vault):
    return sorted(
        vault.unwrap(fragment, wrapped, retention).open(fragment, VALUE_LABEL, sealed).decode()
        for fragment, wrapped, retention, sealed in rows(shop)
    )


def as_long_ago(folder):
    """The workspace as it was made before the wrapping key had versions: its key's root alone."""
    material = workspace_key.found(folder / ".itda")
    workspace_key.replace(folder / ".itda", key_material.Material(material.root, {}))


def test_keys_are_wrapped_anew_while_people_come(shop):
    as_long_ago(shop)
    with itda.open(shop) as opened_shop:
        come(opened_shop, 0)
        before = {fragment for fragment, *_ in rows(opened_shop)}
        assert {version_of(row[1]) for row in rows(opened_shop)} == {0}
        came = []

        def more(_):
            came.append(1)
            if len(came) == 1:
                come(opened_shop, 50)

        done = Safe(opened_shop).rotate("every year", more, settle_s=0)
        assert done.version == 1
        assert done.is_whole
        assert {version_of(row[1]) for row in rows(opened_shop)} == {1}
        assert before < {fragment for fragment, *_ in rows(opened_shop)}
        status = Safe(opened_shop).status()
        assert (status.newest, status.is_under_way, status.guarded) == (1, False, 1)
        assert sum(status.keys.values()) == status.keys[1]
    fresh = workspace_key.load(shop / ".itda")
    with itda.open(shop) as again:
        assert opened(again, fresh) == sorted(f"u-{number}" for number in range(100))
        assert again.customer("user_id:u-77").identifiers


def test_where_a_rotation_was_killed_it_goes_on(shop):
    with itda.open(shop) as opened_shop:
        come(opened_shop, 0, 30)
        Safe(opened_shop).rotate("", lambda _: None, settle_s=0)
        portions = []

        def killed(done):
            portions.append(done)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            Safe(opened_shop).rotate("", killed, settle_s=0)
        assert portions
        come(opened_shop, 30, 10)
    with itda.open(shop) as later:
        with later.db.connection() as connection:
            assert rotation.versions(connection).keys() == {2, 3}
        done = Safe(later).rotate("", lambda _: None, settle_s=0)
        assert done.is_whole
        assert len(opened(later, later.vault)) == 40


def test_who_has_not_taken_the_new_version_up_writes_no_key(shop):
    with itda.open(shop) as opened_shop:
        come(opened_shop, 0, 3)
        material = workspace_key.found(shop / ".itda")
        stale = Vault(material.root, dict(material.wrapping))
        Safe(opened_shop).rotate("", lambda _: None, settle_s=0)
        with pytest.raises(Unavailable, match="rotated"):
            PostgresIntake(opened_shop.db, stale).append([Record("web", "track", b"{}")], 40 * 86_400_000_000)
        with opened_shop.db.connection() as connection:
            assert set(rotation.versions(connection)) == {2}


def test_an_old_version_is_destroyed_once_nothing_needs_it(shop):
    with itda.open(shop) as opened_shop:
        come(opened_shop, 0, 5)
        safe = Safe(opened_shop)
        safe.rotate("", lambda _: None, settle_s=0)
        assert safe.destroy_old("leaked") == [1]
        assert set(workspace_key.found(shop / ".itda").wrapping) == {2}
        come(opened_shop, 5, 5)
        assert len(opened(opened_shop, workspace_key.load(shop / ".itda"))) == 10
        assert safe.destroy_old("again") == []


def test_no_version_is_destroyed_that_a_key_needs(shop):
    with itda.open(shop) as opened_shop:
        come(opened_shop, 0, 5)
        material = workspace_key.found(shop / ".itda")
        workspace_key.replace(shop / ".itda", key_material.Material(material.root, {**material.wrapping, 2: bytes(32)}))
        with pytest.raises(Refused, match="earlier version"):
            Safe(opened_shop).destroy_old("")


def test_every_table_that_holds_wrapped_keys_is_wrapped_anew_and_lies_apart(database):
    with database.connection() as connection:
        found = connection.execute(
            "select relnamespace::regnamespace::text, relname::text from pg_attribute a join pg_class c on c.oid = attrelid"
            " where relnamespace in (%s::regnamespace, %s::regnamespace) and relkind in ('r', 'p')"
            " and attname like 'wrapped%%'",
            [database.schema, keys_schema(database.schema)],
        ).fetchall()
    assert set(found) == {(keys_schema(database.schema), table) for table in keys.TABLES}
