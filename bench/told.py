"""What was measured at once with everything running, as a table for a person and one line of JSON."""

from __future__ import annotations

import json
from typing import Any


def told(found: dict[str, Any], stages: str) -> None:
    """Print it: numbers, CPU and memory of each process, and under the heading `stages` where the time goes.

    `found` holds `cpu_us_per_event`, `stage_cpu_us_per_event` and `stage_wall_us_per_event`: name → microseconds an
    event; and it may hold `memory_mb`: process → MB.
    """
    width = max(map(len, found))
    for name, value in found.items():
        if not isinstance(value, dict):
            print(f"{name:<{width}}  {value}")
    memory = found.get("memory_mb", {})
    for name, cpu in found["cpu_us_per_event"].items():
        print(f"{'CPU of ' + name:<{width}}  {cpu} us an event{f', {memory[name]} MB' if name in memory else ''}")
    print(f"{stages}, microseconds an event (cpu, wall):")
    for label, cpu in sorted(found["stage_cpu_us_per_event"].items(), key=lambda item: -item[1]):
        print(f"  {label:<24} {cpu:7.2f} {found['stage_wall_us_per_event'][label]:7.2f}")
    print(json.dumps(found))
