"""Build the console's assets with Node.js: `python frontend/build.py`."""  # noqa: INP001 - a script, no package

from __future__ import annotations

import importlib.util
from pathlib import Path

HERE = Path(__file__).resolve().parent


def build() -> None:
    """Install what package-lock.json pins, then bundle into src/itda/console/static."""
    spec = importlib.util.spec_from_file_location("npm", HERE.parent / "scripts" / "npm.py")
    if spec is None or spec.loader is None:
        raise SystemExit("scripts/npm.py is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], HERE)
    module.npm(["run", "build"], HERE)


if __name__ == "__main__":
    build()
