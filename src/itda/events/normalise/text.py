"""Any other identifier: text as it came, without spaces around it."""

from __future__ import annotations

from itda.events.normalise.normaliser import Normaliser
from itda.events.normalise.user_id import user_id

NORMALISER = Normaliser("text", user_id)
