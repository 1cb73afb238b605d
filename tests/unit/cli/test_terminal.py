import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from itda.base import instant
from itda.base.errors import Broken, Conflict, Fault, Misused, Refused, Unavailable
from itda.cli import terminal
from itda.cli.options import Given


def test_each_fault_of_a_refusal_is_one_line_with_its_place_and_cure(capsys):
    code = terminal.explain(
        Refused(Fault(what="no such channel 'shop'", cure="did you mean store?", file="sources/pos.yaml", line=3, field="channel"),
                Fault(what="the second"))
    )  # fmt: skip
    written = capsys.readouterr()
    assert code == 1
    assert written.out == ""
    assert written.err.splitlines() == [
        "itda: sources/pos.yaml:3: channel: no such channel 'shop' (did you mean store?)",
        "itda: the second",
    ]


@pytest.mark.parametrize(
    ("error", "code"), [(Unavailable("the database does not answer"), 3), (Conflict("moved"), 3), (Broken("odd"), 1)]
)
def test_each_kind_of_error_has_its_exit_code_and_one_line(error, code, capsys):
    assert terminal.explain(error) == code
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_json_is_one_line_with_korean_as_it_is(capsys):
    terminal.json_line({"name": "김민지\n", "n": 1})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "김민지" in out
    assert json.loads(out) == {"name": "김민지\n", "n": 1}


def test_a_table_shows_values_as_they_are_even_with_brackets(capsys):
    terminal.say(terminal.table(("what", "n #"), [("[bold]x[/bold]", 1234), (None, True)]))
    out = capsys.readouterr().out
    assert "[bold]x[/bold]" in out
    assert "1,234" in out
    assert "yes" in out


def test_a_line_is_not_broken_however_narrow_the_terminal(capsys):
    terminal.say("word " * 60)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_progress_is_silent_when_nobody_watches(capsys):
    with terminal.progress("Reading") as step:
        step(1, 10)
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err == ""


def test_a_cell_obeys_nobody_who_sends_signs_to_the_terminal():
    assert terminal.plain("a\x1b[2J\x07b\u009b1mc") == "a [2J b 1mc"
    assert terminal.plain("민수 Kim—é") == "민수 Kim—é"


def test_half_of_a_pair_is_shown_as_what_it_is_and_breaks_nothing(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    half = "메일 \udcff"
    terminal.say(half)
    terminal.note(half)
    terminal.say(terminal.table(["a"], [[half]]))
    terminal.json_line({"who": half})
    out, err = capfdbinary.readouterr()
    assert out.decode().count("메일 \\udcff") == 2
    assert json.loads(out.decode().splitlines()[-1]) == {"who": half}
    assert err.decode() == "메일 \\udcff\n"


@pytest.fixture
def seoul(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "itda.yaml").write_text("name: x\nzone: Asia/Seoul\ncurrency: KRW\n", encoding="utf-8")
    with click.Context(click.Command("itda")) as context:
        context.ensure_object(Given).folder = tmp_path
        yield


AT = instant.parse("2026-11-22T15:30:05.600Z")


@pytest.mark.usefixtures("seoul")
def test_times_are_told_and_read_on_the_clocks_of_the_workspace(capsys):
    assert (terminal.when(AT), terminal.moment(AT)) == ("2026-11-23 00:30:05", "2026-11-23 00:30 (Asia/Seoul)")
    assert (terminal.when(None), terminal.moment(None)) == ("-", "-")
    terminal.say(terminal.table(("who", "opened @", "n #"), [("minji", terminal.when(AT), 3)]))
    assert "opened (Asia/Seoul)" in capsys.readouterr().out
    assert terminal.read("2026-11-23") == instant.parse("2026-11-22T15:00:00Z")
    assert terminal.read("2026-11-23T00:30:05.600") == AT
    assert terminal.read("2026-11-22T15:30:05.600Z") == AT, "a zone that is named counts"
    assert terminal.read("") is None
    for odd in ("yesterday", "2026-13-01", "9500-01-01", "0001-01-01"):
        with pytest.raises(Misused):
            terminal.read(odd)


def test_without_a_workspace_times_are_those_of_utc_and_json_keeps_instants(capsys):
    assert terminal.moment(AT) == "2026-11-22 15:30 (UTC)"
    terminal.json_line({"at": AT})
    assert json.loads(capsys.readouterr().out) == {"at": AT}
