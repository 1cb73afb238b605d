"""The rules that a decision names, in a sentence and with their source, as people of both languages read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from itda.console import phrases
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
    "KR-07": (_("A batch stops early enough that nothing of it leaves in the night."),
             _("Network Act art. 50(3), as it is kept")),
    "KR-10": (_("A call that advertises says so first, then who calls, a free way out, and where the number is from."),
             _("Network Act art. 50(1)2, 50(4); decree annex 6")),
    "KR-16": (_("Silence keeps a consent only where the request to confirm arrived."),
             _("Decree art. 62-3 is silent; after the guide of KISA")),
    "KR-18": (_("That a phone lets an app notify is no consent to advertising."),
             _("etnews.com/20151222000185, after the regulator")),
    "KR-19": (_("Nothing goes to an address that was generated or harvested."),
             _("Network Act art. 50(5)2, 50(5)3, 50-2")),
    "KR-20": (_("The number or profile shown as the sender is registered to the brand."),
             _("Network Act art. 50(5)4")),
    "KR-21": (_("Texts that advertise go only by a certified carrier."),
             _("Network Act art. 50-3(1)")),
    "KR-22": (_("What may not be advertised is not; what is for adults goes to known adults only."),
             _("Network Act art. 50-8")),
    "KR-23": (_("AlimTalk carries information alone."),
             _("Kakao AlimTalk policy from 2026-04-01")),
    "KR-24": (_("Kakao takes no advertising message at night, whatever was consented to."),
             _("NCP SENS documentation, code 3022")),
    "KR-25": (_("An advertisement that fails over to a text needs the consent for texts."),
             _("Network Act art. 50(1), for each medium")),
    "KR-35": (_("A row goes to another controller only with a consent that says who gets what, why and how long."),
             _("PIPA art. 17, 71")),
    "KR-36": (_("A row goes abroad only with a consent of its own or another ground that was confirmed."),
             _("PIPA art. 28-8")),
    "KR-37": (_("Nothing goes to whom the published register of recipients does not name."),
             _("PIPA art. 26(1) to 26(3)")),
    "KR-39": (_("Connecting information (CI) never leaves."),
             _("Network Act art. 23-5(4), 23-6(2)")),
    "KR-40": (_("Children under fourteen are let be without a guardian's consent."),
             _("PIPA art. 22-2; decree art. 17-2")),
    "KR-42": (_("Joining people to what they do elsewhere takes a consent to behavioural advertising."),
             _("Guideline of the regulators 2017, policy of PIPC 2024")),
    "KR-44": (_("What is kept for another law alone is not used."),
             _("PIPA art. 21(3); E-Commerce Act decree art. 6(2)3")),
    "KR-45": (_("Records are kept as long as the E-Commerce Act asks, then destroyed."),
             _("E-Commerce Act decree art. 6(1)")),
    "KR-48": (_("Every export has a reason that is kept."),
             _("Standard of security measures, 2019")),
    "KR-50": (_("From the moment somebody asks to stop, their data is used no more."),
             _("PIPA art. 37(3) to 37(5)")),
    "EU-01": (_("In Europe an advertisement needs consent, or offers similar goods to a customer who could refuse."),
             _("ePrivacy Directive art. 13")),
    "EU-02": (_("A consent counts where the text that was shown is kept."),
             _("GDPR art. 4(11), 7(1)")),
    "EU-04": (_("An objection to direct marketing stops all of it."),
             _("GDPR art. 21(2), 21(3)")),
    "EU-13": (_("A row goes to an advertising platform only with both signals it asks for."),
             _("support.google.com/displayvideo/answer/14673239")),
    "US-02": (_("Who opted out is left alone at once."),
             _("CAN-SPAM Act 15 USC 7704(a)(4)")),
    "US-04": (_("Texts and calls that advertise go from 08:00 to 21:00 where the person is."),
             _("47 CFR 64.1200(c)(1)")),
    "US-07": (_("Who opted out of sale and sharing is in no row that leaves."),
             _("11 CCR 7025")),
    "US-01": (_("An e-mail that advertises shows who sends it, with a postal address, and a way out."),
              _("CAN-SPAM Act 15 USC 7704(a)(3), (a)(5)")),
    "US-03": (_("A text or call that advertises needs a consent in writing."),
              _("47 CFR 64.1200(a)(2)")),
    "US-05": (_("In some states texts and calls that advertise end at 20:00."),
              _("Laws of single states, Florida among them")),
    "US-10": (_("Whoever may be under sixteen in California is in no row unless they agreed."),
              _("Cal. Civ. Code 1798.120(c)")),
    "EU-11": (_("Whoever may be under the age of consent of their state is let be without a guardian's consent."),
              _("GDPR art. 8")),
    "EU-14": (_("A row leaves Europe only on an adequacy decision, or on clauses that are named."),
              _("GDPR art. 44 to 49")),
    "CH-11": (_("A push that advertises needs a consent, and a way in the app to take it away."),
              _("App Store Review Guidelines 4.5.4")),
    "CH-03": (_("Who clicked once is left alone: no mail leaves on old consents."),
             _("Gmail sender guidelines FAQ")),
    "CH-04": (_("A domain that proves nothing sends no mail."),
             _("Gmail sender guidelines")),
    "CH-05": (_("Where many readers call mails spam, advertising warns, waits, then stops."),
             _("Gmail sender guidelines")),
    "X-04": (_("A new address has no consent until one is given for it."),
             _("GDPR art. 4(11), Network Act art. 50(1)")),
    "X-05": (_("Where no pack speaks for a country, an advertisement takes a consent."),
             _("The strictest, where it is not known")),
    "caps": (_("Nobody gets more messages in a span of time than the brand allows."), _("The brand's own rule")),
    "holdout": (_("Whoever is in the brand's holdout gets no advertisement."), _("The brand's own rule")),
    "night_guard": (_("Shortly before the night advertisements wait for the morning."), _("The brand's own rule")),
    "pace": (_("Nobody gets more advertising than they chose to."),
             _("The person's own choice")),
    "paused": (_("Whoever paused being profiled gets no advertising that was chosen by what they did."),
             _("The person's own choice")),
    "information": (_("Nobody gets more information by one channel in a span of time than the brand allows."),
             _("The brand's own rule")),
    "waiting": (_("No message is taken on while too many wait for the same person."),
             _("The brand's own rule")),
    "priority": (_("An advertisement waits for a more important one."), _("The brand's own rule")),
    "quiet_hours": (_("Advertisements wait in the brand's quiet hours."), _("The brand's own rule")),
    "decide": (_("A message goes while it is of use, or not at all."), _("How Itda decides")),
}  # fmt: skip


LAYERS = {
    "core": _("Always"), "jurisdiction": _("Country"), "sector": _("Trade"), "provider": _("Provider"),
    "brand": _("Brand"),
}  # fmt: skip
MARKS = {"P": _("the law's own text"), "S": _("a secondary page"), "M": _("from memory, to be verified")}
EFFECTS = {"block": _("block"), "hold": _("hold"), "let through": _("let through")}
FORCES = {"allow": _("allow"), "warn": _("warn"), "transform": _("add to it"), "hold": _("hold"), "block": _("block")}
ADDED = {"prefix": _("At its beginning"), "footer": _("At its end"), "header": _("In the mail's header")}
WAIVERS = {"in force": _("In force"), "over": _("Over"), "other words": _("Not for these words"),
           "to come": _("To come")}  # fmt: skip
STAGES = {
    "collect": _("values coming in"), "publish": _("publishing"), "record": _("recording a consent"),
    "segment": _("using a segment"), "choice": _("choosing a message"), "departure": _("sending"),
    "export": _("export"), "erase": _("destruction"),
}  # fmt: skip
"""When a rule is asked (consent/definition.py)."""
TABLES = {"layer": LAYERS, "mark": MARKS, "effect": EFFECTS, "waiver": WAIVERS}
"""The words by what they are about, as templates ask for them."""


_LATER = (_("%(version)s from %(day)s"),)


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


def later(versions: Sequence[str], say: Say) -> str:
    """Versions of a pack that are in the box and not in force, each with its day."""
    return ", ".join(phrases.told(one, _LATER, say) for one in versions)
