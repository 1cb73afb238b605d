"""`first`: the value a property had, or the time, in the earliest matching event."""

from __future__ import annotations

from itda.profiles.edge_of_time import EdgeOfTime

KIND = EdgeOfTime("first", is_last=False)
