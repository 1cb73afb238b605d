"""Definitions as they were written when they were applied, kept to be read again when the files say something else.

What is applied are traits, segments, journeys, messages and consent.yaml. Contracts, sources and identity.yaml are kept
beside them, so that what was in order then is in order for ever; they hold as the files say them today.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from itda.base.errors import Refused
from itda.workspace.definition import Workspace
from itda.workspace.files import document
from itda.workspace.load import SHOP_FILE, load

KINDS = {"traits": "trait", "segments": "segment", "journeys": "journey", "messages": "message"}
"""Folder → what its definitions are called."""
CONSENT = "consent"
_CONSENT_FILE = "consent.yaml"
_BESIDE = ("contracts", "sources")
_BESIDE_FILES = ("identity.yaml",)
_PARTS = ("traits", "segments", "journeys", "messages", "consent")


def is_applied(name: str) -> bool:
    """Whether a file of the workspace says something that holds only from when it is applied."""
    return name == _CONSENT_FILE or name.partition("/")[0] in KINDS


def kept(workspace: Workspace) -> dict[str, str]:
    """The files to be kept with what is applied: path below the workspace → text."""
    return {
        name: text
        for name, text in workspace.texts.items()
        if is_applied(name) or name.partition("/")[0] in _BESIDE or name in _BESIDE_FILES
    }


def applied(texts: Mapping[str, str]) -> dict[str, str]:
    """Those of these files that are applied."""
    return {name: text for name, text in texts.items() if is_applied(name)}


def with_kept(workspace: Workspace, texts: Mapping[str, str]) -> Workspace:
    """The workspace by what these files say of all that is applied, and by its own of everything else.

    `Refused` where they suit it no more: a language was added that they have no version for.
    """
    if applied(texts) == applied(workspace.texts):
        return workspace
    with tempfile.TemporaryDirectory(prefix="itda-") as name:
        folder = Path(name)
        for place, text in {**texts, SHOP_FILE: workspace.texts[SHOP_FILE]}.items():
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        try:
            read = load(folder, {})
        except Refused as refused:
            raise _unsuited(refused) from refused
    consent = read.consent
    if workspace.email is not None:
        consent = consent.letting_out("email", workspace.email.base_url)
    unapplied = {name: text for name, text in workspace.texts.items() if not is_applied(name)}
    return msgspec.structs.replace(
        workspace,
        traits=read.traits,
        segments=read.segments,
        journeys=read.journeys,
        messages=read.messages,
        consent=consent,
        texts=unapplied | applied(texts),
    )


def _unsuited(refused: Refused) -> Refused:
    cure = "it was applied before and no longer suits itda.yaml: bring what the files say into force with `itda apply`"
    return Refused(*(msgspec.structs.replace(fault, cure=cure) for fault in refused.faults))


def written(texts: Mapping[str, str]) -> dict[tuple[str, str], Any]:
    """(kind, name) of each definition → what is written of it: plain YAML data, and of a message its texts too."""
    found: dict[tuple[str, str], Any] = {}
    for name, text in sorted(applied(texts).items()):
        place = PurePosixPath(name)
        is_yaml = place.suffix in (".yaml", ".yml")
        data = document(name, text).data if is_yaml else text
        kind = KINDS.get(place.parts[0])
        if kind is None:
            found[CONSENT, CONSENT] = data
        elif kind == "message":
            own = found.setdefault((kind, place.parts[1]), {})
            own |= data if is_yaml and isinstance(data, dict) else {place.name: data}
        elif kind == "journey":
            found[kind, place.stem] = data
        elif isinstance(data, dict):
            found |= {(kind, each): part for each, part in data.items()}
    return found
