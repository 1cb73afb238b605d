"""Questions that tell of people, and that their row of the access log names them: every test that asks one is held to it."""

from __future__ import annotations

from itda.store.database import Connection

NAMING = frozenset({
    "Asked", "Audience", "ConsentOf", "ConsentReceipt", "CustomerSearch", "EverythingOfMine", "Export", "History",
    "HoldShown", "Hubs", "JourneyPaths", "JourneyPeople", "KnownOf", "MatchPeople", "MessageList", "MessageStoryOf",
    "MessageWhy", "OwnAnswers", "OwnCopy", "OwnReceipt", "OwnRequests", "PastProfile", "Preferences", "Profile", "PutAside",
    "RequestsOf", "ReviewQueue", "ReviewTask", "SegmentMembers", "SegmentWhy", "SegmentsOf", "Suspects", "Taking",
    "Timeline", "WhatHappened", "WhatIsKnown", "WhatStays", "WhatWasAgreed", "WhatWasSent", "WhoIsMeant", "Why", "WouldSend",
})  # fmt: skip
WHERE_THERE_IS_SOMEBODY = frozenset({
    "Duties", "Holds", "Preview", "QuarantineBody", "QuarantineList", "RequestShown", "Requests", "ReviewAccess", "SearchTrail",
    "TellNext", "WhatToTell", "WhatWasSaid",
})  # fmt: skip
"""Duties may be owed to nobody, refused events are nobody's yet, and of somebody erased the request alone is left to be named."""

_UNNAMED = """
select distinct question from access_log
where decision = 'allowed' and result_count > 0 and subject_count = 0 and question = any(%s)
"""


def unnamed(connection: Connection) -> list[str]:
    """Questions that told something of somebody and left a row that names nobody."""
    return [name for (name,) in connection.execute(_UNNAMED, [sorted(NAMING)], prepare=True).fetchall()]
