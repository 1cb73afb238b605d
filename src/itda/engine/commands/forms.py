"""What somebody ticked in a form goes into the log through the form's source, and the form is kept as it was shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from itda.base import instant
from itda.base.canonical import canonical
from itda.base.errors import Fault, Refused
from itda.consent import forms
from itda.consent.acts import CONSENT_CHANGED, CONTACT_KINDS
from itda.consent.forms import Box, Form
from itda.decisions.policy import Text
from itda.engine.app import Done
from itda.engine.questions.whose import normal
from itda.engine.work import Work
from itda.store import consent_texts
from itda.store.ports import Record
from itda.workspace.definition import Workspace

FORM = "form"
"""The channel under which a form is kept among the texts that were shown."""


class Submitted(msgspec.Struct, frozen=True):
    """How many acts came of a form."""

    acts: int


class SubmitForm(msgspec.Struct, frozen=True, kw_only=True):
    """Take what was ticked. A box left empty is no act: it neither gives nor takes away."""

    permission: ClassVar[str] = "centre.change"
    form: str
    language: str
    identifiers: dict[str, str]
    given: tuple[str, ...]
    """Ids of the texts beside the boxes that were ticked."""
    page: str = ""
    """The path of the page that the form stood on."""

    def carry_out(self, work: Work) -> Done[Submitted]:
        """Tell the log; `Refused` where a ticked box lacks its address. What no ticked box needs is not kept."""
        form = work.workspace.consent.forms.get(self.form)
        if form is None:
            raise Refused(Fault(what=f"there is no form {self.form}"))
        boxes = {one.text_id: one for one in boxes_of(work.workspace, form, self.language)}
        html = html_of(work.workspace, form, self.language)
        shown = forms.snapshot(html)
        kept = {f"{FORM}:{form.name}@{shown[:16]}/{self.language}": html}
        texts = {
            one: Text(id=one, purpose="", channel=FORM, language=self.language, body=body) for one, body in kept.items()
        }
        policy = work.workspace.consent
        ticked = [boxes[one] for one in dict.fromkeys(self.given) if one in boxes]
        given = _given(work, self.identifiers, ticked, forms.kinds(list(boxes.values())))
        consent_texts.keep(
            work.connection, {**texts, **{one.text_id: policy.texts[one.text_id] for one in ticked}}, work.now
        )
        records = [self._record(work, form, one, given, shown) for one in ticked]
        position = work.append(records).position if records else None
        return Done(Submitted(len(records)), position=position, audit={"form": form.name, "acts": len(records)})

    def _record(self, work: Work, form: Form, box: Box, given: Mapping[str, str], shown: str) -> Record:
        kind = CONTACT_KINDS.get(box.channel, "")
        about: dict[str, str] = {kind: given[kind]} if kind in given else dict(given)
        said = (form.name, box.text_id, shown, *sorted(about.items()), str(work.now))
        item = {
            "type": "track",
            "event": CONSENT_CHANGED,
            "messageId": "form:" + work.vault.fingerprint(msgspec.json.encode(said)).hex()[:32],
            "timestamp": instant.text(work.now),
            "identifiers": {**about, **given},
            "properties": {
                "purpose": box.purpose, "channel": box.channel, "is_given": True, "action": "grant",
                "text_version": box.text_id, "collector": f"form:{form.name}",
                "evidence": canonical({"form": form.name, "snapshot": shown, "page": self.page[:200]}).decode(),
            },
        }  # fmt: skip
        return Record(form.source, "track", msgspec.json.encode(item))


def boxes_of(workspace: Workspace, form: Form, language: str) -> list[Box]:
    """The boxes of a form in one language."""
    by_name = {
        text.id.partition("@")[0]: text for text in workspace.consent.texts.values() if text.language == language
    }
    asked = [by_name[one.text] for one in form.asks if one.text in by_name]
    return [Box(text.id, text.body, text.purpose, text.channel, _called(workspace, text)) for text in asked]


def _called(workspace: Workspace, text: Text) -> str:
    purpose = workspace.consent.purposes.get(text.purpose)
    if purpose is None:
        return text.purpose
    return purpose.label_ko if text.language == "ko" else purpose.label_en


def html_of(workspace: Workspace, form: Form, language: str, tried: forms.Tried | None = None) -> str:
    """The form as HTML, as it is printed and as it is kept; with what was `tried`, as it is shown again."""
    base = workspace.email.base_url if workspace.email is not None else ""
    return forms.snippet(form, boxes_of(workspace, form, language), language, base, tried)


def _given(work: Work, identifiers: Mapping[str, str], ticked: list[Box], shown: list[str]) -> dict[str, str]:
    """The addresses that ticked boxes need; of consents about the person alone whichever were typed, at least one."""
    needed = forms.needed(ticked)
    found: dict[str, str] = {}
    for kind in needed or (shown if ticked else []):
        value = identifiers.get(kind, "").strip()[:254]
        normalised = normal(work, kind, value) if value else None
        if normalised is not None:
            found[kind] = normalised
        elif kind in needed or value:
            raise Refused(Fault(what=f"is no {kind}", field=kind))
    if ticked and not found:
        raise Refused(Fault(what="says no address", field=shown[0]))
    return found
