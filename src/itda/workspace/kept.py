"""Definitions as they were written when they were applied, kept to be read again when the files say something else.

What is applied are identity.yaml, traits, segments, journeys, messages and consent.yaml. Contracts, sources and what
itda.yaml says of words are kept beside them, so that what was in order then is in order for ever; they hold as the
files say today.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from itda.base.errors import Refused
from itda.workspace.definition import Workspace
from itda.workspace.files import SUFFIXES, document, text
from itda.workspace.load import SHOP_FILE, load

KINDS = {"traits": "trait", "segments": "segment", "journeys": "journey", "messages": "message"}
"""Folder → what its definitions are called."""
CONSENT, IDENTITY = "consent", "identity"
_FILES = {"consent.yaml": CONSENT, "identity.yaml": IDENTITY}
"""File → what it defines, alone."""
_IDENTITY_FILE = "identity.yaml"
_BESIDE = ("contracts", "sources")
_WORDS = ("name", "zone", "currency", "languages", "country", "channels")
"""What of itda.yaml definitions are read beside. Where things are kept, and by which password, is none of it."""


def is_applied(name: str) -> bool:
    """Whether a file of the workspace says something that holds only from when it is applied."""
    return name in _FILES or name.partition("/")[0] in KINDS


def kept(workspace: Workspace) -> dict[str, str]:
    """The files to be kept with what is applied: path below the workspace → text."""
    shop: dict[str, Any] = document(SHOP_FILE, workspace.texts[SHOP_FILE]).data
    words = {name: part for name, part in shop.items() if name in _WORDS}
    found = {
        name: told for name, told in workspace.texts.items() if is_applied(name) or name.partition("/")[0] in _BESIDE
    }
    return {_IDENTITY_FILE: "", **found, SHOP_FILE: msgspec.json.encode(words).decode()}


def applied(texts: Mapping[str, str]) -> dict[str, str]:
    """Those of these files that are applied. One without a word is as none."""
    return {name: told for name, told in texts.items() if is_applied(name) and (told or name != _IDENTITY_FILE)}


def unapplied(workspace: Workspace) -> list[str]:
    """The files in the folder that say something else by now, are new or are gone; by name."""
    root = workspace.path
    names = {name for name in workspace.texts if is_applied(name)}
    names |= {path.relative_to(root).as_posix() for path in _there(root)}
    return sorted(name for name in names if _text(root, name) != workspace.texts.get(name))


def _there(root: Path) -> Iterator[Path]:
    yield from (root / name for name in _FILES if (root / name).exists())
    for name, kind in KINDS.items():
        for path in (root / name).glob("*/*" if kind == "message" else "*"):
            is_hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
            if not is_hidden and path.is_file() and (kind == "message" or path.suffix in SUFFIXES):
                yield path


def _text(root: Path, name: str) -> str | None:
    found, _ = text(root, root / name)
    return None if found is None else found.text


def with_kept(workspace: Workspace, texts: Mapping[str, str]) -> Workspace:
    """The workspace by what these files say of all that is applied, and by its own of everything else.

    `Refused` where they suit its itda.yaml no more: a language was added that they have no version for.
    """
    return _by(workspace, texts, workspace.texts[SHOP_FILE])


def as_kept(workspace: Workspace, texts: Mapping[str, str]) -> Workspace:
    """The same, where these files are read beside the itda.yaml that was kept with them. `Refused` where none was."""
    return _by(workspace, texts, texts.get(SHOP_FILE, workspace.texts[SHOP_FILE]))


def _by(workspace: Workspace, texts: Mapping[str, str], shop: str) -> Workspace:
    if _IDENTITY_FILE not in texts:  # applied before identity.yaml was: it holds as the file says
        texts = {**texts, _IDENTITY_FILE: workspace.texts.get(_IDENTITY_FILE, "")}
    if applied(texts) == applied(workspace.texts):
        return workspace
    with tempfile.TemporaryDirectory(prefix="itda-") as name:
        folder = Path(name)
        for place, told in {**texts, SHOP_FILE: shop}.items():
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(told, encoding="utf-8", newline="")
        try:
            read = load(folder, {})
        except Refused as refused:
            raise _unsuited(refused) from refused
    consent = read.consent
    if workspace.email is not None:
        consent = consent.letting_out("email", workspace.email.base_url)
    others = {name: told for name, told in workspace.texts.items() if not is_applied(name)}
    return msgspec.structs.replace(
        workspace,
        traits=read.traits,
        segments=read.segments,
        journeys=read.journeys,
        messages=read.messages,
        consent=consent,
        policy=read.policy,
        texts=others | applied(texts),
        unsuited=(),
        is_lost=False,
    )


def _unsuited(refused: Refused) -> Refused:
    cure = "what was applied last no longer suits itda.yaml: apply what the files say (itda apply), or change it back"
    return Refused(*(msgspec.structs.replace(fault, cure=cure) for fault in refused.faults))


def written(texts: Mapping[str, str]) -> dict[tuple[str, str], Any]:
    """(kind, name) of each definition → what is written of it: plain YAML data, and of a message its texts too."""
    found: dict[tuple[str, str], Any] = {}
    for name, told in sorted(applied(texts).items()):
        place = PurePosixPath(name)
        is_yaml = place.suffix in SUFFIXES
        data = document(name, told).data if is_yaml else told
        kind = KINDS.get(place.parts[0])
        if kind is None:
            alone = _FILES[name]
            found[alone, alone] = data
        elif kind == "message":
            own = found.setdefault((kind, place.parts[1]), {})
            own |= data if is_yaml and isinstance(data, dict) else {place.name: data}
        elif kind == "journey":
            found[kind, place.stem] = data
        elif isinstance(data, dict):
            found |= {(kind, each): part for each, part in data.items()}
    return found
