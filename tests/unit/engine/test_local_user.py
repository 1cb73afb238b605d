"""Who works on this machine, as the audit names them."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys

import pytest

from itda.engine.local_user import coming_by, local_actor

ASKED = "from itda.engine.local_user import local_user; print(local_user())"


def test_the_terminal_is_a_door_of_its_own_and_the_user_is_one_through_both() -> None:
    by_python = local_actor()
    with coming_by("cli"):
        typed = local_actor()
    assert (by_python.system, typed.system, local_actor().system) == ("python", "cli", "python")
    assert typed.name == by_python.name == f"cli:{pwd.getpwuid(os.getuid()).pw_name}"


def test_the_door_is_left_where_a_command_fails() -> None:
    with pytest.raises(ValueError, match="broken"), coming_by("cli"):
        raise ValueError("broken")
    assert local_actor().system == "python"


def test_nobody_becomes_somebody_else_by_a_variable() -> None:
    others = dict.fromkeys(("LOGNAME", "USER", "LNAME", "USERNAME"), "lee")
    done = subprocess.run(
        [sys.executable, "-c", ASKED], env=os.environ | others, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == pwd.getpwuid(os.getuid()).pw_name
