"""One tool in a process of its own: what it cost, from its first instruction to its last.

CPU seconds are the child's and its children's, user and system, as the kernel counted them when it ended; so what
others do on the machine meanwhile matters little. Peak memory is looked at ten times a second: the highest resident
size that the kernel noted for any one process of it (VmHWM; that of `wait4` has the parent's size before the exec in
it), and the highest sum over its processes of what is theirs (PSS: of a page that n processes share, one n-th in each).
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

_LOOK_S = 0.1
_HIGHEST = re.compile(r"VmHWM:\s+(\d+) kB")


class Cost(NamedTuple):
    """What one run took. `failure` is empty when it ended well."""

    cpu_s: float
    wall_s: float
    peak_rss_mb: float
    peak_pss_mb: float
    failure: str

    def row(self) -> dict[str, Any]:
        """For a table."""
        return {
            "cpu_s": round(self.cpu_s, 2),
            "wall_s": round(self.wall_s, 1),
            "peak_rss_mb": round(self.peak_rss_mb),
            "peak_pss_mb": round(self.peak_pss_mb),
        }


class Peak:
    """The most memory that a process and its children had, as far as it was looked at."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.rss = 0
        self.pss = 0

    def look(self) -> None:
        """Look once; what ends meanwhile counts no more."""
        total = 0
        with suppress(psutil.Error, OSError):
            for one in (self._process, *self._process.children(recursive=True)):
                total += one.memory_full_info().pss
                status = Path(f"/proc/{one.pid}/status").read_text(encoding="ascii", errors="replace")
                noted = _HIGHEST.search(status)
                self.rss = max(self.rss, int(noted[1]) * 1024 if noted else 0)
        self.pss = max(self.pss, total)


def run(command: Sequence[str], folder: Path, timeout_s: float, environment: dict[str, str] | None = None) -> Cost:
    """Run to the end, or to the timeout; what it said is in `folder`/said."""
    began = time.monotonic()
    with (folder / "said").open("wb") as said:
        child = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, cwd=folder, env={**os.environ, **(environment or {})}
        )
        peak, is_late = Peak(child.pid), False
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            peak.look()
            if time.monotonic() - began > timeout_s and not is_late:
                is_late = True
                child.kill()
            time.sleep(_LOOK_S)
    child.returncode = os.waitstatus_to_exitcode(status)
    failure = ""
    if is_late:
        failure = f"not done after {timeout_s:.0f} s"
    elif child.returncode:
        failure = f"exit {child.returncode}: {last_line(folder / 'said')}"
    return Cost(
        cpu_s=usage.ru_utime + usage.ru_stime,
        wall_s=time.monotonic() - began,
        peak_rss_mb=peak.rss / 2**20,
        peak_pss_mb=peak.pss / 2**20,
        failure=failure,
    )


def last_line(path: Path, most: int = 200) -> str:
    """The last thing a tool said, cut short."""
    lines = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].strip()[:most] if lines else "said nothing"
