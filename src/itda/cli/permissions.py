"""What each command needs: the permission of what it asks or changes, or no more than this machine's own user.

Who types a command has the user that runs the shop, its key and its database: no permission could hold them up. What
stands here is what the command does in the terms of the roles, and what the audit calls it; a test holds every command
to have its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MACHINE = "machine"
"""Files, processes and keys of this machine: whoever may use its user."""

NEEDED: Mapping[str, str] = MappingProxyType({
    "init": MACHINE, "check": MACHINE, "serve": MACHINE, "doctor": MACHINE, "match": MACHINE, "codes make": MACHINE,
    "key": MACHINE, "packs test": MACHINE, "packs verify": MACHINE, "restore": MACHINE,
    "import": "source.import", "source backfill": "source.import", "source run": "source.import",
    "source list": "quality.read", "source state": "quality.read",
    "status": "status.read",
    "keys": MACHINE, "keys add": "keys.manage", "keys revoke": "keys.manage", "keys list": "keys.read",
    "key rotate": "key.manage", "key wrap": "key.manage", "key status": "status.read",
    "customer": "customer.read", "history": "identity.read", "why": "identity.read",
    "cut": "identity.steward", "join": "identity.steward", "hub clear": "identity.steward",
    "hub confirm": "identity.steward", "hub list": "identity.read", "hub suspects": "identity.read",
    "review": "identity.steward", "review list": "identity.steward", "review show": "identity.steward",
    "review same": "identity.steward", "review different": "identity.steward", "review later": "identity.steward",
    "review undo": "identity.steward", "review refresh": "identity.steward", "review runs": "identity.read",
    "consent show": "consent.read", "consent receipt": "consent.read", "consent record": "consent.record",
    "consent import": "consent.record", "consent form": MACHINE, "decide": "decision.ask",
    "packs list": "definitions.read", "packs show": "definitions.read", "packs diff": "definitions.read",
    "packs propose": "packs.propose", "packs activate": "packs.activate",
    "duties": "duties.read", "duties list": "duties.read", "duties done": "duties.settle",
    "duties run": "duties.settle",
    "audit verify": "audit.read", "audit search": "audit.read", "audit export": "audit.review",
    "audit anchor": "audit.review", "audit review": "audit.review",
    "backup": "backup.make", "reopen": "backup.make",
    "request access": "request.open", "request correct": "request.open", "request erase": "request.open",
    "request port": "request.open", "request stop": "request.open", "request list": "request.read",
    "request show": "request.read", "request resume": "request.carry_out", "request secrets": "request.carry_out",
    "request told": "request.carry_out", "request holds": "hold.read", "request release": "request.carry_out",
    "retention": "retention.read", "retention run": "retention.run",
    "segment": "segment.read", "journey": "journey.read", "metric": "metric.read",
    "export audience": "customer.export", "export profiles": "customer.export",
    "diff": "definitions.read", "apply": "definitions.apply",
    "message": "message.read", "message list": "message.read", "message why": "message.read",
    "message replay": "message.send", "message resolve": "message.send", "message callbacks": "message.send",
    "quarantine list": "quarantine.read", "quarantine replay": "quarantine.replay", "replay": "replay.verify",
    "staff": "staff.read", "staff list": "staff.read", "staff add": "staff.manage", "staff role": "staff.manage",
    "staff disable": "staff.manage", "staff enable": "staff.manage", "staff reset": "staff.manage",
    "staff totp": "staff.manage", "staff end": "staff.manage",
    "approvals": "approval.read", "approvals list": "approval.read", "approvals approve": "approval.decide",
    "approvals refuse": "approval.decide",
})  # fmt: skip
"""Command as it is typed after `itda` → what it needs."""
