"""Who works on this machine, for the access log and the audit where nobody says who asks."""

from __future__ import annotations

import getpass
import os


def local_user() -> str:
    """The user's name; where the machine knows none, the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
