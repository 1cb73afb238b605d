"""The parts of an open shop that have parts of their own, each loaded when somebody asks for it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from itda.engine.auditing.desk import AuditDesk
    from itda.engine.backup.desk import BackupDesk
    from itda.engine.exporting.desk import Exports
    from itda.engine.fetching.desk import SourceDesk
    from itda.engine.requests.desk import RequestDesk
    from itda.engine.retaining.desk import RetentionDesk
    from itda.engine.reviewing import ReviewDesk


class Desks:
    """What `Shop` has besides its own questions and commands. Each part asks and acts through the shop itself."""

    @cached_property
    def audit(self) -> AuditDesk:
        """What was looked at and changed: verified, anchored, searched, reviewed."""
        from itda.engine.auditing.desk import AuditDesk  # noqa: PLC0415

        return AuditDesk(self._whole)

    @cached_property
    def backup(self) -> BackupDesk:
        """A backup of all but the keys, and of the keys."""
        from itda.engine.backup.desk import BackupDesk  # noqa: PLC0415

        return BackupDesk(self._whole)

    @cached_property
    def export(self) -> Exports:
        """Every customer with all that is known of them, as a file or a frame."""
        from itda.engine.exporting.desk import Exports  # noqa: PLC0415

        return Exports(self._whole)

    @cached_property
    def review(self) -> ReviewDesk:
        """Customers who look like one person: finding them, and the steward's queue."""
        from itda.engine.reviewing import ReviewDesk  # noqa: PLC0415 - loads what matches

        return ReviewDesk(self._whole)

    @cached_property
    def requests(self) -> RequestDesk:
        """Requests of people: to see, to correct, to stop, to take along, to erase."""
        from itda.engine.requests.desk import RequestDesk  # noqa: PLC0415

        return RequestDesk(self._whole)

    @cached_property
    def retention(self) -> RetentionDesk:
        """How long what is kept, what is due, and having it destroyed."""
        from itda.engine.retaining.desk import RetentionDesk  # noqa: PLC0415

        return RetentionDesk(self._whole)

    @cached_property
    def sources(self) -> SourceDesk:
        """The sources: how they stand, and fetching what is new in them."""
        from itda.engine.fetching.desk import SourceDesk  # noqa: PLC0415

        return SourceDesk(self._whole)

    @property
    def _whole(self) -> Any:
        return self
