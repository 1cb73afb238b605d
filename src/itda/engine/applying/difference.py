"""Two states of a workspace held against each other: which definitions are new, gone or changed, and in which words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from itda.decisions.policy import Policy
from itda.segments.definition import meaning
from itda.workspace.definition import Workspace
from itda.workspace.kept import CONSENT, IDENTITY, applied, written

What = Literal["added", "changed", "removed"]
ORDER = (IDENTITY, "trait", "segment", "message", "journey", CONSENT)
_LONGEST = 60
Key = tuple[str, str]


class ChangeView(msgspec.Struct, frozen=True):
    """One definition that differs. `words` say how, in the words it is written with."""

    kind: str
    name: str
    what: What
    words: list[str]


def meanings(workspace: Workspace) -> dict[Key, bytes]:
    """(kind, name) of each definition that is applied → all that it says, as bytes equal for equal definitions."""
    found: dict[Key, Any] = {("trait", one.name): one for one in workspace.traits}
    found |= {
        ("segment", one.name): (one.label_ko, one.label_en, meaning(one.where).decode()) for one in workspace.segments
    }
    found |= {("message", name): (one, sorted(one.uses)) for name, one in workspace.messages.items()}
    found |= {("journey", one.name): one for one in workspace.journeys}
    found[IDENTITY, IDENTITY] = workspace.policy
    policy = workspace.consent
    found[CONSENT, CONSENT] = (
        policy.sender, sorted(policy.purposes.items()), sorted(policy.texts.items()), policy.version, policy.reconfirm,
        policy.capped_span, policy.holdout_share, *_asking(policy),
    )  # fmt: skip
    return {key: _bytes(part) for key, part in found.items()}


def _asking(policy: Policy) -> tuple[Any, ...]:
    """How consents are asked for, and who agrees; nothing where none of it is written, as in versions told before."""
    asking = (sorted(policy.forms.items()), policy.is_double_opt_in, policy.four_eyes)
    return (asking,) if any(asking) else ()


def version(workspace: Workspace) -> str:
    """12 hex digits of all that is applied."""
    told = hashlib.blake2s(digest_size=6)
    for key, part in sorted(meanings(workspace).items()):
        told.update(repr((key, part)).encode())
    return told.hexdigest()


def changes(before: Workspace, after: Workspace) -> list[ChangeView]:
    """What differs, in the order in which definitions rest on one another."""
    if applied(before.texts) == applied(after.texts) and before.texts:
        return []
    one, other = meanings(before), meanings(after)
    differing = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
    said = written(before.texts), written(after.texts)
    return [
        _change(key, key in one, key in other, said[0].get(key), said[1].get(key))
        for key in sorted(differing, key=lambda key: (ORDER.index(key[0]), key[1]))
    ]


def _change(key: Key, was: bool, is_there: bool, before: Any, after: Any) -> ChangeView:
    if not was:
        return ChangeView(*key, "added", list(_lines(after)))
    if not is_there:
        return ChangeView(*key, "removed", [])
    return ChangeView(
        *key, "changed", list(_differences("", before or {}, after or {})) or ["what it rests on is read otherwise"]
    )


def _bytes(part: Any) -> bytes:
    return msgspec.json.encode(part, enc_hook=_plain, order="deterministic")


def _lines(data: Any) -> Iterator[str]:
    """What is written, a line for each of its top parts."""
    for name, part in data.items() if isinstance(data, dict) else ():
        yield f"{name}: {_text(part)}"


def _differences(path: str, one: Any, other: Any) -> Iterator[str]:
    if one == other:
        return
    if isinstance(one, dict) and isinstance(other, dict):
        for name in [*one, *(name for name in other if name not in one)]:
            place = f"{path}.{name}" if path else str(name)
            if name not in other:
                yield f"{place}: {_text(one[name])} is gone"
            elif name not in one:
                yield f"{place}: {_text(other[name])} is new"
            else:
                yield from _differences(place, one[name], other[name])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for nth, (was, now) in enumerate(zip(one, other, strict=True), 1):
            yield from _differences(f"{path}.{nth}", was, now)
    elif isinstance(one, str) and isinstance(other, str) and "\n" in one + other:
        yield f"{path}: {_changed_lines(one, other)} differ"
    else:
        yield f"{path}: {_text(one)} → {_text(other)}"


def _changed_lines(one: str, other: str) -> str:
    was, now = set(one.splitlines()), set(other.splitlines())
    number = max(len(was - now), len(now - was))
    return f"{number} line" if number == 1 else f"{number} lines"


def _text(value: Any) -> str:
    """A value as it would be written on one line, cut where it is long."""
    if isinstance(value, dict):
        told = ", ".join(f"{name}: {_text(part)}" for name, part in value.items())
        return _short(f"{{{told}}}")
    if isinstance(value, list):
        return _short(f"[{', '.join(_text(part) for part in value)}]")
    if isinstance(value, bool):
        return "true" if value else "false"
    return _short(" ".join(str(value).split()))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _plain(part: Any) -> Any:
    """Mappings that are no dict, as one."""
    if isinstance(part, Mapping):
        return dict(part)
    raise TypeError(type(part))
