"""All of identity in one run: `python -m bench.identity [--out FILE] [what compare takes]`, or `make bench-identity`.

Matching compared with others' (`compare`), people who share things (`protection`), new and known identifiers online
(`online`), everybody from scratch (`rebuild`): each in a process of its own, with its table. The last line, and FILE,
is all of it as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench.__main__ import run

PARTS = ("compare", "protection", "online", "rebuild")


def main() -> int:
    """Run all of them; 1 when one failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.identity", description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", choices=PARTS, action="append", help="one part, may be given again; else all")
    chosen, compared = parser.parse_known_args()
    found = {part: run(f"identity.{part}", compared if part == "compare" else []) for part in chosen.only or PARTS}
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(json.dumps(found))
    return int(any("failed" in part for part in found.values()))


if __name__ == "__main__":
    sys.exit(main())
