"""What somebody types on the first day."""

import json
import stat

import pytest
from tests.fixtures_shop import run, typed

from itda.cli.main import COMMANDS

GROUPS = {
    "quarantine": ("list", "replay"), "hub": ("list", "suspects", "confirm", "clear"), "consent": ("show", "record"),
    "source": ("list", "run", "state", "backfill"), "codes": ("make",), "export": ("profiles",),
    "review": ("list", "show", "same", "different", "later", "undo", "refresh", "runs"),
}  # fmt: skip
ALL = [[name] for name in COMMANDS if name not in GROUPS] + [[name, one] for name in GROUPS for one in GROUPS[name]]


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_the_help_of_each_command_shows_an_example(command, tmp_path):
    said = typed(*command, "--help", cwd=tmp_path)
    assert said.code == 0, said
    assert said.err == ""
    example = said.out.partition("Example")[2]
    assert f"itda {' '.join(command)}" in example or f"itda -w shop {' '.join(command)}" in example


def test_the_help_lists_every_command(tmp_path):
    said = run("--help", cwd=tmp_path)
    for name in COMMANDS:
        assert f"  {name} " in said.out


def test_init_makes_a_workspace_that_check_finds_in_order(tmp_path):
    made = typed("init", "shop", "--name", "구멍가게", "--json", cwd=tmp_path)
    assert made.code == 0
    assert set(made.json) == {"workspace", "files", "keys"}
    assert made.json["keys"]["web"].startswith("wk_")
    checked = typed("-w", "shop", "check", cwd=tmp_path).out
    assert checked.startswith("The workspace is in order.\n")
    assert "1. user_id: one a customer, ever" in checked
    key = tmp_path / "shop" / ".itda" / "workspace.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_init_warns_that_the_key_must_be_kept(tmp_path):
    assert "Keep a copy of" in typed("init", "shop", cwd=tmp_path).err


def test_init_overwrites_nothing(tmp_path):
    typed("init", "shop", cwd=tmp_path)
    before = (tmp_path / "shop" / ".itda" / "workspace.key").read_bytes()
    again = typed("init", "shop", cwd=tmp_path)
    assert again.code == 1
    assert "is a workspace already" in again.err
    assert (tmp_path / "shop" / ".itda" / "workspace.key").read_bytes() == before


def test_keys_gives_one_line_of_source_and_key(tmp_path):
    made = typed("init", "shop", "--json", cwd=tmp_path).json
    said = typed("-w", "shop", "keys", "--json", cwd=tmp_path)
    assert said.json == made["keys"]
    assert said.err == ""


@pytest.mark.parametrize("order", [("-w", "shop", "keys", "--json"), ("keys", "-w", "shop", "--json"),
                                   ("--json", "keys", "--workspace", "shop"), ("--json", "-w", "shop", "keys")])  # fmt: skip
def test_workspace_and_json_may_stand_before_or_after_the_command(tmp_path, order):
    typed("init", "shop", cwd=tmp_path)
    assert "web" in typed(*order, cwd=tmp_path).json


def test_the_nearest_workspace_upwards_is_meant_when_none_is_named(tmp_path):
    typed("init", "shop", cwd=tmp_path)
    assert "web" in typed("keys", "--json", cwd=tmp_path / "shop" / "sources").json


def test_without_a_workspace_every_command_says_how_to_make_one(tmp_path):
    for command in (["status"], ["keys"], ["check"], ["serve"], ["doctor"], ["customer", "membership:1"]):
        said = typed(*command, cwd=tmp_path)
        assert said.code == 1
        assert said.out == ""
        assert len(said.err.splitlines()) == 1
        assert "itda init" in said.err


@pytest.mark.parametrize("wrong", [["frob"], ["status", "--frob"], ["customer"], ["serve", "--port", "99999999"]])
def test_wrong_use_is_one_line_and_exit_code_2(tmp_path, wrong):
    said = typed(*wrong, cwd=tmp_path)
    assert said.code == 2
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "--help" in said.err


@pytest.mark.parametrize("bare", [[], ["quarantine"]], ids=["itda", "quarantine"])
def test_a_group_without_its_command_shows_its_help(tmp_path, bare):
    said = typed(*bare, cwd=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Usage: ")


def test_a_mistyped_command_is_answered_with_the_nearest(tmp_path):
    assert "Did you mean status?" in typed("stauts", cwd=tmp_path).err


def test_the_address_of_a_database_is_never_repeated(tmp_path):
    typed("init", "shop", cwd=tmp_path)
    said = run("-w", "shop", "status", cwd=tmp_path, environment={"ITDA_DATABASE": "mysql://kim:secret@host/x"})
    assert (said.code, len(said.err.splitlines())) == (1, 1)
    assert "secret" not in said.err
    assert "postgresql://" in said.err


@pytest.mark.parametrize("host", ["203.0.113.9", "no..host"])
def test_an_address_that_is_not_ours_is_told_apart_from_a_taken_port(shop, itda, host):
    said = itda("serve", "--host", host)
    assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)
    assert "--host" in said.err


def test_a_workspace_with_five_faults_is_told_all_five_with_file_line_and_cure(tmp_path):
    typed("init", "shop", cwd=tmp_path)
    shop = tmp_path / "shop"
    (shop / "itda.yaml").write_text("name: Shop\nzone: Asia/Soul\ncurrency: KRX\n")
    (shop / "sources" / "web.yaml").write_text("kind: trackin\nchannel: wbe\n")
    (shop / "traits" / "more.yaml").write_text("visits:\n  kind: cuont\n")
    said = typed("-w", "shop", "check", cwd=tmp_path)
    assert said.code == 1
    lines = said.err.splitlines()
    assert len(lines) == 5
    assert any("itda.yaml:2" in line and "Asia/Seoul" in line for line in lines)
    assert any("sources/web.yaml:1" in line and "tracking" in line for line in lines)
    assert any("sources/web.yaml:2" in line and "web" in line for line in lines)
    assert any("traits/more.yaml:2" in line and "count" in line for line in lines)
    faults = typed("-w", "shop", "check", "--json", cwd=tmp_path).json["faults"]
    assert {fault["file"] for fault in faults} == {"itda.yaml", "sources/web.yaml", "traits/more.yaml"}
    assert all(fault["cure"] for fault in faults)


def test_a_key_that_others_may_read_is_refused_with_the_cure(shop, itda):
    (shop / ".itda" / "workspace.key").chmod(0o644)
    said = itda("status")
    assert said.code == 1
    assert "chmod 600" in said.err
    assert "Traceback" not in said.err


def test_a_database_that_does_not_answer_is_exit_code_3_and_one_line(tmp_path):
    typed("init", "shop", cwd=tmp_path)
    nowhere = {"ITDA_DATABASE": "postgresql:///itda?host=/nowhere&connect_timeout=2"}
    said = run("-w", "shop", "status", cwd=tmp_path, environment=nowhere)
    assert said.code == 3
    assert len(said.err.splitlines()) == 1
    assert "does not answer" in said.err


def test_status_of_a_new_shop_holds_what_scripts_read(itda):
    said = itda("status", "--json")
    assert said.err == ""
    assert said.json == {
        "events": {"accepted": 0, "duplicate": 0, "quarantined": 0}, "customers": 0, "linked_share": None, "lag_s": 0.0,
        "deciding_lag_s": 0.0, "position": 0, "log_position": 0, "reconsidered_share": None, "unreadable": 0, "unapplied": [],
        "unfolded": [], "unsuited": [], "declined": {}, "aside": {},
    }  # fmt: skip


def test_json_is_one_line_even_with_korean(tmp_path):
    said = run("init", "shop", "--name", "가게", "--json", cwd=tmp_path)
    assert said.out.count("\n") == 1
    json.loads(said.out)
