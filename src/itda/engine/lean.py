"""Our own processes do without pandas: Arrow loads it, where it is installed, with the first array it makes.

Nothing of ours uses it, and it costs seconds and memory in every process. A program that opens a shop from Python is
left as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _NoPandas(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target
        if name == "pandas":
            raise ModuleNotFoundError("this process does without pandas", name=name)
        return None


def without_pandas() -> None:
    """Make `import pandas` fail from here on in this process, as where it is not installed."""
    sys.meta_path.insert(0, _NoPandas())
