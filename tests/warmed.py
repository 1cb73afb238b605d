"""Loaded once by what processes are forked from: with a workspace read, each of them reads its own in no time."""

from __future__ import annotations

import tempfile
from pathlib import Path

from itda.engine import setting_up
from itda.workspace.load import load

with tempfile.TemporaryDirectory(prefix="itda-warmed-") as place:
    setting_up.make(Path(place) / "shop", name="Corner Shop")
    load(Path(place) / "shop")
