"""What a rule adds to its reason, in words: the forms in which the packs and the brand's own rules say it."""

from __future__ import annotations

from itda.console import phrases, saying, words
from itda.console.language import mark as _
from itda.console.words import Say

_FACTS = {
    "consents": _("which consents there are"), "consents_read_at": _("when consents were read"),
    "sender": _("who sends it"), "opening": _("how it begins"), "carrier": _("by whom it is carried"),
    "destination": _("to whom it goes"), "template": _("what its template holds"),
    "zones": _("in which zone they are"), "decision": _("its decision"),
}  # fmt: skip
_UNITS = {"hours": _("hours"), "days": _("days")}
FORMS = (
    _("meant for %(other)s; %(purpose)s on %(channel)s: %(status)s"), _("%(purpose)s on %(channel)s: %(status)s"),
    _("%(purpose)s on %(channel)s was refused"), _("to %(name)s: %(status)s"),
    _("%(purpose)s: %(status)s"),
    _("its decision is written in no row"), _("consents were read more than %(num)s s ago"),
    _("a joined identifier of this customer refused"),
    _("the address is dead or passed to somebody else since its consent"),
    _("nothing shows what was consented to"), _("nothing shows what was consented to in writing"),
    _("the person objected to direct marketing"), _("the person objected to profiling"),
    _("not granted: %(what)s"), _("may be under the age of consent, and no guardian's was verified"),
    _("nothing is named that a transfer to %(name)s rests on"),
    _("it says no class and is treated as advertising"), _("its text is not known and it is treated as advertising"),
    _("it says %(what)s and is treated as advertising"), _("it names no legal ground and is treated as advertising"),
    _("order %(order)s, %(category)s"), _("bought, but not so that it excuses this message"),
    _("nobody asked in time whether the consent still holds"), _("nobody asked in time about the night"),
    _("the request to confirm the consent never came to the person"),
    _("that the phone lets the app notify is no consent to advertising"),
    _("there is a consent for the night and none for the day"), _("those after it would leave in the night"),
    _("it begins with something like (광고) that is not it"), _("the sender has neither phone nor e-mail"),
    _("the sender has no %(what)s"), _("there is no way out of %(channel)s that costs nothing"),
    _("there is no way out of %(channel)s"), _("it does not begin with %(what)s and the sender's name"),
    _("a call needs a way out that costs nothing"), _("its script does not say where the number was got from"),
    _("the address was %(how)s"), _("its number or profile is not registered to the brand"),
    _("what sends it holds no certificate in force for bulk texts"), _("%(what)s may not be advertised"),
    _("%(what)s may be offered to adults alone"), _("under fourteen, and no guardian's consent was verified"),
    _("what is known is kept for another law alone"), _("the person asked that their data be used no more"),
    _("%(name)s is in no register of recipients"), _("%(what)s may not leave"), _("nobody said why it leaves"),
    _("open from %(hour)s there"), _("no hour is open in all zones where the person may be"),
    _("nothing says where in the app one refuses"), _("there is no https address to unsubscribe at"),
    _("its way out does not end in a token that says nothing"),
    _("one click may have come since consents were read"),
    _("SPF, DKIM or DMARC of the sending domain is not in order"), _("%(share)s of mails are called spam"),
    _("it advertises: send it as a brand message instead"),
    _("a link in it leads to an offer: send it as a brand message"),
    _("it does not say by which act the coupon or the points were earned"), _("closed from %(hour)s"),
    _("chosen by hash to get no advertising"), _("less than %(num)s minutes before the night"),
    _("the person paused the use of what they did for advertising"), _("a more important message goes first"),
    _("quiet until %(hour)s"), _("%(num)s %(class)s messages wait already"),
    _("%(sent)s of %(most)s in %(span)s %(unit)s, %(message)s would be one more"),
    _("its time was over before it could go"), _("its time is over before it may go"),
    _("nothing says on which channel it may go"), _("what went to this person before is not known"),
    _("what else waits for this person is not known"), _("a zone where the person may be is not known"),
    _("%(fact)s is not known"),
)  # fmt: skip
"""The first that fits counts."""


def detail(text: str, say: Say) -> str:
    """What a rule adds, in words of `say`."""

    def table(of: dict[str, str]) -> Say:
        return lambda code: say(of[code]) if code in of else code

    def channel(code: str) -> str:
        return words.channel(code, say)

    named = {
        "purpose": table(saying.PURPOSES), "status": table(saying.CONSENTS), "class": table(saying.CLASSES),
        "fact": table(_FACTS), "unit": table(_UNITS), "channel": channel, "other": channel,
    }  # fmt: skip
    return phrases.told(text, FORMS, say, named)
