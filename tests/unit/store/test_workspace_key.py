from __future__ import annotations

import stat

import pytest

from itda.base.errors import Refused
from itda.store import workspace_key


def test_a_new_key_is_its_owners_alone_and_loads(tmp_path):
    path = workspace_key.make(tmp_path / ".itda")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text().strip()) == 64
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
