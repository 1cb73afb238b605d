"""A step that takes too long for the server is made anew, smaller, until it does not."""

from __future__ import annotations

from itda.engine.deciding.pace import Pace


def test_a_step_that_took_too_long_is_halved_and_the_server_asked_for_twice_the_patience() -> None:
    pace = Pace(10.0)
    assert pace.of(500) == 500
    assert pace.took(10.5, is_done=False)
    assert (pace.of(500), pace.patience_s) == (250, 20.0)
    assert not pace.took(1.0, is_done=False), "it failed for another reason"
    assert pace.of(500) == 250


def test_in_the_end_one_is_taken_on_with_patience_for_minutes() -> None:
    pace = Pace(10.0)
    for _ in range(40):
        pace.took(1e6, is_done=False)
    assert (pace.of(20_000), pace.patience_s) == (1, 320.0)


def test_more_is_taken_on_again_after_a_while_without_haste() -> None:
    pace = Pace(10.0)
    pace.took(11.0, is_done=False)
    pace.took(21.0, is_done=False)
    assert pace.of(100) == 25
    for _ in range(20):
        assert pace.of(100) == 25
        pace.took(0.1, is_done=True)
    assert pace.of(100) == 50
    for _ in range(100):
        pace.took(0.1, is_done=True)
    assert (pace.of(100), pace.patience_s) == (100, 10.0)
