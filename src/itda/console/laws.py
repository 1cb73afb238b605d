"""The rules that a decision names, in a sentence and with their source, as people of both languages read them."""

from __future__ import annotations

from typing import NamedTuple

from itda.console.language import mark as _
from itda.console.words import Say

RULES = {
    "KR-01": (_("Every message is advertising or information; what promotes is treated as advertising."),
              _("Kakao help 1073199206, after the guide of KISA")),
    "KR-02": (_("An advertisement needs an explicit consent given before, for this medium and this sender."),
              _("Network Act art. 50(1)")),
    "KR-03": (_("A customer without consent may be written to only about the kind of goods they bought here lately."),
              _("Network Act art. 50(1)1; decree art. 61(1)")),
    "KR-04": (_("A refusal or withdrawal beats every consent from the moment it is recorded."),
              _("Network Act art. 50(2)")),
    "KR-05": (_("At night an advertisement on any medium but e-mail needs a consent of its own, or waits."),
              _("Network Act art. 50(3); decree art. 61(2)")),
    "KR-06": (_("A consent for the night has effect only while the one for the day has."),
              _("Network Act art. 50(3)")),
    "KR-08": (_("Texts, push and Kakao advertisements begin with (광고) and the sender's name."),
              _("Decree annex 6")),
    "KR-09": (_("An e-mail advertisement begins with (광고); it shows who sends it, and a way out in two languages."),
              _("Network Act art. 50(4); decree art. 61(3)")),
    "KR-11": (_("Every advertisement shows how to reach the sender."),
              _("Network Act art. 50(4)1")),
    "KR-12": (_("Every advertisement ends with a way out that works and costs nothing."),
              _("Network Act art. 50(4)2, 50(6); decree art. 62")),
    "KR-14": (_("Whoever consents, refuses or withdraws is told soon what became of it."),
              _("Network Act art. 50(7); decree art. 62-2")),
    "KR-15": (_("Every two years people are asked whether their consent still holds."),
              _("Network Act art. 50(8); decree art. 62-3")),
    "CH-01": (_("A mail that advertises can be unsubscribed from with one click."),
              _("RFC 8058; Gmail sender guidelines")),
    "CH-02": (_("The link that unsubscribes tells nobody who somebody is."), _("RFC 8058 §3")),
    "X-01": (_("No message leaves unless its decision is kept."),
             _("Accountability (GDPR art. 5(2), PIPA art. 3)")),
    "X-02": (_("Consent is read again just before a message leaves."), _("Network Act art. 50(2)")),
    "X-03": (_("Joining customers never makes a consent more permissive."),
             _("Least permissive of joined consents")),
    "caps": (_("Nobody gets more messages in a span of time than the brand allows."), _("The brand's own rule")),
    "holdout": (_("Whoever is in the brand's holdout gets no advertisement."), _("The brand's own rule")),
    "night_guard": (_("Shortly before the night advertisements wait for the morning."), _("The brand's own rule")),
    "priority": (_("An advertisement waits for a more important one."), _("The brand's own rule")),
    "quiet_hours": (_("Advertisements wait in the brand's quiet hours."), _("The brand's own rule")),
    "decide": (_("A message goes while it is of use, or not at all."), _("How Itda decides")),
}  # fmt: skip


class Rule(NamedTuple):
    """What a decision rests on. Empty where the rule is not known here."""

    id: str
    sentence: str
    source: str


def rule(reason: str, say: Say) -> Rule:
    """The rule that a reason such as `KR-02 NO_CONSENT` names."""
    name = reason.partition(" ")[0]
    if name not in RULES:
        return Rule("", "", "")
    sentence, source = RULES[name]
    return Rule(name, say(sentence), say(source))
