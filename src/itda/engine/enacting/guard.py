"""Keeps `itda apply` from changing packs or waivers that no second person agreed to."""

from __future__ import annotations

from itda.base.errors import Fault, Refused
from itda.decisions.policy import Policy
from itda.engine.enacting import body as bodies
from itda.engine.enacting import signing
from itda.engine.work import Work
from itda.messages.own import OWN
from itda.store import pack_changes
from itda.store.pack_changes import PackChange

_DECIDED = """
select exists (select from send_decision d where not exists (
  select from outbox o where o.id = d.outbox and o.message = any(%s)))
"""
"""Whether anything was decided but our own letters: they are no advertising, and go as soon as a shop is served. A
decision whose message is gone counts."""


def admit(work: Work, before: Policy, after: Policy) -> None:
    """Let these packs and waivers come into force; `Refused` where they have to be activated first.

    A shop that decided on no message of its own yet sets them up alone, unless its consent.yaml says `four_eyes: true`
    or two people agreed once (decisions go with whom they were about, when they are erased). What it sets up so is
    signed as if it had been activated, by whoever applies it.
    """
    if bodies.settings(before) == bodies.settings(after):
        return
    text = bodies.body(after)
    digest = bodies.digest(text)
    last = pack_changes.latest(work.connection)
    if last and last[0].digest == digest:
        return
    row = work.connection.execute(_DECIDED, [sorted(OWN)]).fetchone()
    is_by_two = bool(last) and last[0].proposed_by != last[0].activated_by
    if before.four_eyes or is_by_two or (row is not None and row[0]):
        cure = "itda packs propose, and another person: itda packs activate ID"
        raise Refused(Fault(what="packs or waivers differ from what was activated", file="consent.yaml", cure=cure))
    key, signature = signing.sign(work.vault, text)
    who = work.actor.name
    made = bodies.digest(f"{text}\0{work.now}")[:16]
    pack_changes.add(
        work.connection,
        PackChange(made, digest, text, "null", work.now, who, work.now, who, key, signature),
    )
