"""The messages that are ours and no workspace's: no folder of messages/ can take the place of one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from itda.messages import answers, letters, sign_in
from itda.messages.definition import Message

OWN: Mapping[str, Message] = MappingProxyType({sign_in.NAME: sign_in.MESSAGE, **letters.ALL, **answers.ALL})
"""By name."""
