"""People are not joined by what they share: `python -m bench.identity.protection [towns]`.

Made-up towns through the online resolver with the rules of the box, each scenario with people of its own: customers
that hold the own ids (login, card) of two people, and how many of the true links were kept. The last line is JSON.
"""

from __future__ import annotations

import json
import sys
import time

from bench.identity.town import Told, Town, resolved, told
from itda.identity.policy import IdentityPolicy

CHUNKS = (7, 500)


def measure(towns: int) -> dict[str, Told]:
    """Every town in chunks of both sizes, summed by scenario."""
    box, total = IdentityPolicy.box(), dict[str, Told]()
    for seed in range(towns):
        town = Town(seed)
        for chunk in CHUNKS:
            for name, each in told(town, resolved(town.events, box, chunk), box).items():
                before = total.get(name, Told(0, 0, 0))
                total[name] = Told(*(one + other for one, other in zip(before, each, strict=True)))
    return total


def main() -> None:
    """Print a table, then one line of JSON."""
    towns = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    began = time.process_time()
    found = measure(towns)
    print(f"{'scenario':28}{'wrong joins':>12}{'true links':>12}{'kept':>9}")
    for name, each in found.items():
        print(f"{name:28}{each.joined:>12}{each.links:>12}{each.kept / max(1, each.links):>9.4f}")
    rows = {
        name: {"wrong_joins": one.joined, "links": one.links, "kept": round(one.kept / max(1, one.links), 5)}
        for name, one in found.items()
    }
    print(json.dumps({"towns": towns, "cpu_s": round(time.process_time() - began, 1), "scenarios": rows}))


if __name__ == "__main__":
    main()
