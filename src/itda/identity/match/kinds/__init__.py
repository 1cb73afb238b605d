"""One file a kind of column: how two of its values are compared."""

from __future__ import annotations

from itda.identity.match.kinds.address import ADDRESS
from itda.identity.match.kinds.birth import BIRTH
from itda.identity.match.kinds.category import CATEGORY
from itda.identity.match.kinds.code import CODE
from itda.identity.match.kinds.email import EMAIL
from itda.identity.match.kinds.handle import FAMILY_BY_EMAIL, GIVEN_BY_EMAIL
from itda.identity.match.kinds.name import FAMILY, GIVEN
from itda.identity.match.kinds.phone import PHONE
from itda.identity.match.kinds.place import PLACE
from itda.identity.match.kinds.postcode import POSTCODE
from itda.identity.match.kinds.text import TEXT
from itda.identity.match.levels import Comparison

COMPARISONS: dict[str, Comparison] = {
    comparison.kind: comparison
    for comparison in (
        GIVEN,
        FAMILY,
        BIRTH,
        PHONE,
        EMAIL,
        GIVEN_BY_EMAIL,
        FAMILY_BY_EMAIL,
        CODE,
        ADDRESS,
        POSTCODE,
        PLACE,
        CATEGORY,
        TEXT,
    )
}
"""By kind."""
