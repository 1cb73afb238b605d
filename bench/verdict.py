"""What one verdict and one decision cost, in CPU time: `python -m bench.verdict [how many]`.

An e-mail advertisement as it leaves, to a customer of two fragments with three consents and one order: every rule of
every pack has something to look at. Consents are joined anew for each.
"""

from __future__ import annotations

import json
import sys
import time

from itda.base.instant import DAY
from itda.consent import packs
from itda.consent.definition import ADS, ADS_AT_NIGHT, ConsentEvent, ConsentKey
from itda.consent.facts import Facts, Sender, Transaction
from itda.consent.judge import judge
from itda.consent.ledger import fold
from itda.consent.rule_set import RuleSet
from itda.consent.standing import Consents
from itda.decisions.decide import decide
from itda.decisions.definition import Proposed

NOW = 1_795_300_000_000_000
A, B, MAIL = (bytes([number]) * 16 for number in (1, 2, 3))
ROUNDS = 20


def history() -> list[ConsentEvent]:
    """Three acts."""
    given = ((A, ADS, "email", "grant"), (A, ADS_AT_NIGHT, "email", "grant"), (B, ADS, "sms", "withdraw"))
    return [
        ConsentEvent(
            id=bytes([number]), key=ConsentKey("brand", fragment, MAIL, purpose, channel), action=action,
            occurred_at=NOW - 200 * DAY, recorded_at=NOW - 200 * DAY, text_id="ads@1/ko",
        )
        for number, (fragment, purpose, channel, action) in enumerate(given)
    ]  # fmt: skip


def main() -> None:
    """Print the best of several rounds: others share the machine."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    held, states = RuleSet(packs.box()), fold(history())
    sender = Sender(name="A", email="a@a.example", phone="02-1", address="Seoul", country="KR")
    order = Transaction(id="1", ended_at=NOW - 30 * DAY, categories=frozenset({"shoes"}))
    intent = Proposed(id=b"1", message="m", message_class="advertising", at=NOW)
    best = {"verdict_us": float("inf"), "decision_us": float("inf")}
    for _ in range(ROUNDS):
        asked = [
            Facts(
                stage="departure", channel="email", message_class="advertising", opening="autumn", sender=sender,
                countries=("KR",), category="shoes", transactions=(order,), decision=b"1", sent=(),
                consents_read_at=NOW, consents=Consents(states, MAIL), optout_link="https://a.example/u/0123456789abcdef",
            )
            for _ in range(many)
        ]  # fmt: skip
        start = time.process_time()
        verdicts = [judge(facts, held.asked(facts), NOW, is_chosen=True) for facts in asked]
        judged = time.process_time()
        for facts, verdict in zip(asked, verdicts, strict=True):
            decide(intent, facts, {"email": verdict}, NOW)
        spent = {"verdict_us": judged - start, "decision_us": time.process_time() - judged}
        best = {name: min(best[name], seconds / many * 1e6) for name, seconds in spent.items()}
        assert all(verdict.action == "transform" for verdict in verdicts)
    print(
        f"{len(held.rules)} rules: {best['verdict_us']:.1f} µs a verdict, {best['decision_us']:.1f} µs a decision (CPU)"
    )
    print(json.dumps({name: round(value, 1) for name, value in best.items()}))


if __name__ == "__main__":
    main()
