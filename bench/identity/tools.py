"""The matchers that are compared: ours, Splink and goldenmatch, each as its user would start it.

Ours gets a file and the name of its id column, nothing else. The peers stand in an environment of their own
(`locks/bench.lock`), since their dependencies and ours differ in versions.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.identity.sets import ID

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "build" / "peers"
MODELS = {
    "febrl3": "febrl3",
    "febrl4": "febrl4",
    "fake_1000": "fake_1000",
    "historical": "historical",
    "korean_dev": "korean",
    "crm_100k": "customers",
}
"""Which of Splink's models a set is given; invented customers get that of `crm_100k`, which they are like."""


class Tool(NamedTuple):
    """A matcher: how it is started on a set, and why it cannot be, empty when it can."""

    name: str
    command: Callable[[str, Path, Sequence[Path]], list[str]]
    absence: Callable[[], str]
    is_for_millions: bool = True


def ours(_set: str, out: Path, files: Sequence[Path]) -> list[str]:
    """`itda match`, with no configuration."""
    itda = str(Path(sys.executable).with_name("itda"))
    return [itda, "match", *map(str, files), "--id", ID, "--out", str(out / "clusters.csv"), "--json"]


def ours_is_absent() -> str:
    """Whether the command is there, asked of itself."""
    asked = [str(Path(sys.executable).with_name("itda")), "match", "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else "not there: this version has no `itda match`"


def peer(module: str, *first: str) -> Callable[[str, Path, Sequence[Path]], list[str]]:
    """A module of ours that drives a peer in its environment."""

    def command(name: str, out: Path, files: Sequence[Path]) -> list[str]:
        model = MODELS.get(name, "customers")
        python = str(PEERS / "bin" / "python")
        return [python, "-m", f"bench.identity.peers.{module}", *first, model, str(out), *map(str, files)]

    return command


def peer_is_absent(package: str) -> Callable[[], str]:
    """Whether a peer can be imported where it should stand."""

    def absence() -> str:
        python = PEERS / "bin" / "python"
        if not python.exists():
            return "not installed: `make bench-identity` makes its environment"
        done = subprocess.run([python, "-c", f"import {package}"], capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else f"not installed: {(done.stderr.strip().splitlines() or ['?'])[-1]}"

    return absence


TOOLS = (
    Tool("itda", ours, ours_is_absent),
    Tool("splink", peer("splink_run"), peer_is_absent("splink")),
    Tool("goldenmatch_splink", peer("goldenmatch_run", "splink"), peer_is_absent("goldenmatch"), is_for_millions=False),
    Tool("goldenmatch_zero", peer("goldenmatch_run", "zero"), peer_is_absent("goldenmatch"), is_for_millions=False),
)


def versions() -> dict[str, str]:
    """What was compared with what."""
    code = "import importlib.metadata as m; print(*(f'{n}={m.version(n)}' for n in ('splink','goldenmatch','duckdb')))"
    python = PEERS / "bin" / "python"
    if not python.exists():
        return {}
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return dict(part.split("=", 1) for part in done.stdout.split())
