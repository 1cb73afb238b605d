"""Every measurement, one after another, with nothing else running: `make bench`, or `python -m bench [quick]`.

Each prints its own table; the last line is all of them as one line of JSON. `quick` makes each of them small: it shows
that they run, and its figures are worth nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

FULL = {
    "ack": ["10"],
    "end_to_end": ["100000", "60"],
    "engagement": ["100000", "60"],
    "recovery": ["1000000"],
    "timeline": [],
    "verdict": [],
}
QUICK = {
    "ack": ["2"],
    "end_to_end": ["1000", "4"],
    "engagement": ["1000", "4"],
    "recovery": ["2000"],
    "timeline": ["--events", "200000"],
    "verdict": ["200"],
}


def run(name: str, arguments: list[str]) -> dict[str, object]:
    """One measurement in a process of its own; its table goes on to the terminal."""
    print(f"── {name} {' '.join(arguments)}", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    lines = done.stdout.strip().splitlines() or [""]
    print("\n".join(lines[:-1]), file=sys.stderr, flush=True)
    try:
        return dict(json.loads(lines[-1]))
    except ValueError:
        return {"failed": done.returncode, "said": lines[-1]}


def main() -> int:
    """Run all of them; 1 when one failed."""
    chosen = QUICK if sys.argv[1:2] == ["quick"] else FULL
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    found = {name: run(name, arguments) for name, arguments in chosen.items()}
    print(json.dumps(found))
    return int(any("failed" in part for part in found.values()))


if __name__ == "__main__":
    sys.exit(main())
