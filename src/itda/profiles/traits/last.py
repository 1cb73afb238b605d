"""`last`: the value a property had, or the time, in the latest matching event."""

from __future__ import annotations

from itda.profiles.edge_of_time import EdgeOfTime

KIND = EdgeOfTime("last", is_last=True)
