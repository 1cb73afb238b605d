from __future__ import annotations

import os
import stat

import pytest

from itda.base.errors import Refused
from itda.store import workspace_key
from itda.store.key_material import Material, read
from itda.store.vault import Vault

F = bytes(16)


def test_a_new_key_is_its_owners_alone_and_loads(tmp_path):
    path = workspace_key.make(tmp_path / ".itda")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    root, version = path.read_text().splitlines()
    assert len(root) == 64
    assert version.startswith("wrap 1 ")
    again = workspace_key.load(tmp_path / ".itda")
    assert again.blind("a", "b") == workspace_key.load(tmp_path / ".itda").blind("a", "b")


def test_two_workspaces_have_two_keys(tmp_path):
    for name in "ab":
        workspace_key.make(tmp_path / name)
    assert workspace_key.load(tmp_path / "a").write_key("web") != workspace_key.load(tmp_path / "b").write_key("web")


def test_a_key_is_never_replaced(tmp_path):
    before = workspace_key.make(tmp_path).read_text()
    with pytest.raises(Refused, match="never replaced"):
        workspace_key.make(tmp_path)
    assert (tmp_path / "workspace.key").read_text() == before


def test_a_missing_key_asks_for_its_backup(tmp_path):
    with pytest.raises(Refused, match=r"missing.*backup"):
        workspace_key.load(tmp_path)


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "00" * 31, "00" * 33, "키"])
def test_a_damaged_key_is_refused(tmp_path, text):
    path = workspace_key.make(tmp_path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match="key"):
        workspace_key.load(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_refused_with_the_cure(tmp_path, mode):
    path = workspace_key.make(tmp_path)
    path.chmod(mode)
    with pytest.raises(Refused, match="chmod 600"):
        workspace_key.load(tmp_path)


def test_a_key_of_sixty_four_digits_alone_is_whole(tmp_path):
    path = workspace_key.make(tmp_path)
    path.write_text("ab" * 32)
    vault = workspace_key.load(tmp_path)
    assert vault.newest == 0
    assert vault.blind("a", "b") == Vault(bytes.fromhex("ab" * 32)).blind("a", "b")


def test_the_environment_goes_before_the_file_and_is_left_without_the_key(tmp_path, environment):
    workspace_key.make(tmp_path)
    environment(("cd" * 32) + " wrap 3 " + "ef" * 32)
    vault = workspace_key.load(tmp_path)
    assert vault.newest == 3
    assert vault.blind("a", "b") == Vault(bytes.fromhex("cd" * 32)).blind("a", "b")
    assert workspace_key.VARIABLE not in os.environ
    assert workspace_key.load(tmp_path).newest == 3
    told = workspace_key.handed(tmp_path)
    workspace_key._given.clear()
    workspace_key.take(told)
    assert workspace_key.load(tmp_path).newest == 3


def test_a_key_in_the_environment_that_is_none_is_refused_without_being_told(tmp_path, environment):
    environment("secretsecret")
    with pytest.raises(Refused, match="ITDA_WORKSPACE_KEY holds no workspace key") as told:
        workspace_key.load(tmp_path)
    assert "secretsecret" not in str(told.value)


def test_a_version_that_comes_into_the_file_is_taken_up_by_who_has_it_loaded(tmp_path):
    workspace_key.make(tmp_path)
    old = workspace_key.load(tmp_path)
    material = workspace_key.found(tmp_path)
    assert isinstance(material, Material)
    workspace_key.replace(tmp_path, Material(material.root, {**material.wrapping, 2: bytes(32)}))
    new = workspace_key.load(tmp_path)
    sealed = new.cipher(key := new.new_key()).seal(F, "x", b"told")
    assert old.unwrap(F, new.wrap(F, key)).open(F, "x", sealed) == b"told"
    assert old.newest == 2
    assert stat.S_IMODE((tmp_path / "workspace.key").stat().st_mode) == 0o600


def test_what_a_key_is_does_not_stand_in_what_is_printed_of_it():
    material = read("ab" * 32 + " wrap 1 " + "cd" * 32)
    assert "abab" not in repr(material)
    assert "cdcd" not in repr(material)


@pytest.fixture
def environment():
    def hold(text):
        os.environ[workspace_key.VARIABLE] = text

    yield hold
    os.environ[workspace_key.VARIABLE] = ""
    workspace_key.given()
    os.environ.pop(workspace_key.VARIABLE, None)
