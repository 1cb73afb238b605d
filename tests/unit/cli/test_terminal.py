import json

import pytest

from itda.base.errors import Broken, Conflict, Fault, Refused, Unavailable
from itda.cli import terminal


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
