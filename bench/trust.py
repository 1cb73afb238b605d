"""What trust costs, one measurement after another: `make bench-trust`, or `python -m bench.trust [quick]`.

A measurement is a file beside this one whose last line of output is JSON; add its name and its arguments here.
"""

from __future__ import annotations

import json
import sys

from bench.__main__ import run

FULL = {
    "erasure": ["100000", "1000"],
    "sealing": [],
    "verdict": [],
    "gate": [],
    "access_log": ["4000"],
}
QUICK = {
    "erasure": ["500", "20"],
    "sealing": ["500", "2000"],
    "verdict": ["200"],
    "gate": ["50", "1"],
    "access_log": ["200"],
}


def main() -> int:
    """Run all of them; 1 when one failed."""
    chosen = QUICK if sys.argv[1:2] == ["quick"] else FULL
    found = {name: run(name, arguments) for name, arguments in chosen.items()}
    print(json.dumps(found))
    return int(any("failed" in part for part in found.values()))


if __name__ == "__main__":
    sys.exit(main())
