"""What codes of engagement are called on a page: consents, steps, moves, messages. Unknown ones show themselves."""

from __future__ import annotations

from itda.console import phrases
from itda.console.language import mark as _
from itda.console.words import Say

PURPOSES = {
    "ad_receive": _("Advertising"), "ad_receive_night": _("Advertising at night"),
    "personalise": _("Personal recommendations"), "behav_ads": _("Behavioural advertising"),
    "profiling": _("Profiling"), "location": _("Location"), "tracking": _("Measuring opens and clicks"),
}  # fmt: skip
CONSENTS = {
    "unknown": _("Never asked"), "pending": _("Waits for confirmation"), "granted": _("Given"),
    "refused": _("Refused"), "withdrawn": _("Withdrawn"), "expired": _("Expired"), "suspended": _("Suspended"),
}  # fmt: skip
CONSENT_TONES = {"granted": "ok", "refused": "bad", "withdrawn": "bad", "expired": "warn", "pending": "warn"}
ACTS = {
    "request": _("was asked"), "grant": _("gave consent"), "refuse": _("refused"), "withdraw": _("withdrew"),
    "confirm": _("confirmed"), "expire": _("consent ran out"), "suspend": _("suspended by us"),
    "restore": _("restored by us"), "import": _("taken over from before"),
}  # fmt: skip
DOUBTS = {
    "unvouched": _("said yes where anybody could have: to be confirmed"),
    "unclear": _("in words that nobody here knows"),
}  # fmt: skip
TASKS = {"notice": _("Tell them what became of their act"), "reconfirm": _("Ask whether the consent still holds")}

_NOTES = (
    _("customers, %(segment)s, %(customers)s customers now, %(most)s at most: %(reason)s"),
    _("audience for %(platform)s, %(segment)s, %(customers)s customers now, %(most)s at most: %(reason)s"),
)
"""What a second person is asked for (engine/exporting/second.py); others are as who proposed wrote them."""
_ALL = {"all customers": _("all customers")}
DIFFERS = {"values": _("values"), "waivers": _("exceptions"), "four_eyes": _("four eyes")}
"""What of packs may differ from what is in force (engine/enacting/looking.py)."""

STEPS = {
    "wait": _("Wait"), "wait_for": _("Wait for an event"), "branch": _("Branch"), "send": _("Message"),
    "exit": _("End"),
}  # fmt: skip
MOVES = {
    "entered": _("Came in"), "moved": _("Went on"), "intended": _("Message wanted"),
    "held out": _("Held out: no message"), "messaged": _("Message sent"), "unsent": _("Message not sent"),
    "goal": _("Goal reached"), "exited": _("Out"),
}  # fmt: skip
EXITS = {
    "goal": _("Goal reached"), "left": _("Left"), "finished": _("Went to the end"), "merged": _("Was in it twice"),
    "removed": _("Journey removed"),
}  # fmt: skip
DECLINES = {
    "late": _("Came too late"), "uncorrelated": _("Nothing told which one it is about"),
    "again": _("Was in it before"), "crowded": _("Is in it too often already"),
}  # fmt: skip
ASIDE = {
    "state": _("What is kept of them cannot be read"), "segments": _("Their segments could not be answered"),
    "journeys": _("Their journeys could not go on"),
}  # fmt: skip
ARMS = {"treated": _("Treated"), "holdout": _("Held out")}

STATUSES = {
    "queued": _("Waiting"), "held": _("Held"), "attempting": _("Being sent"), "retry": _("To be tried again"),
    "sent": _("Sent"), "delivered": _("Delivered"), "bounced": _("Bounced"), "complained": _("Complained about"),
    "dropped": _("Not sent"), "cancelled": _("Cancelled"), "dead": _("Given up"), "uncertain": _("Uncertain"),
}  # fmt: skip
STATUS_TONES = {
    "sent": "ok", "delivered": "ok", "queued": "accent", "held": "warn", "attempting": "accent", "retry": "warn",
    "bounced": "bad", "complained": "bad", "dead": "bad", "uncertain": "warn",
}  # fmt: skip
CLASSES = {"advertising": _("Advertising"), "informational": _("Information")}
VERDICTS = {"send": _("May go"), "hold": _("Has to wait"), "drop": _("Does not go")}
STAGES = {
    "sent": _("Sent"), "delivered": _("Delivered"), "opened": _("Opened"), "clicked": _("Clicked"),
    "ordered": _("Ordered afterwards"), "treated": _("Treated"), "holdout": _("Held out"),
    "difference": _("Difference"), "attributed": _("Goal after a message"), "first": _("First touch"),
    "last": _("Last touch"), "linear": _("All alike"),
}  # fmt: skip
APPROVALS = {
    "packs": _("Rules of law: values and waivers"), "consent import": _("Consents of a file that rest on evidence"),
    "export": _("A large export"),
}  # fmt: skip
"""What takes a second person → words."""
ANSWERS = {"approved": _("Approved"), "refused": _("Refused"), "expired": _("Ran out")}
OUTCOMES = {
    "sent": _("The server took it"), "retry": _("The server asked to try again later"),
    "refused": _("The server refused it"), "uncertain": _("Nobody knows how it ended"),
    "unreachable": _("The server could not be reached"),
}  # fmt: skip

REASONS = {
    "NO_CONSENT": _("There is no consent to it."),
    "OPTED_OUT": _("They refused or withdrew."),
    "EXISTING_CUSTOMER": _("A purchase of the same kind excuses it."),
    "EXCEPTION_EXPIRED": _("Their last purchase of the same kind is too long ago."),
    "NOT_SIMILAR": _("What they bought is of another kind."),
    "NOT_DIRECTLY_COLLECTED": _("We did not get the address from a purchase with us."),
    "NOT_RECONFIRMED": _("Nobody asked in time whether the consent still holds."),
    "NIGHT_NO_CONSENT": _("It is night, and there is no consent for the night."),
    "NIGHT_NOT_RECONFIRMED": _("The consent for the night was not confirmed in time."),
    "NIGHT_WITHOUT_DAY": _("A consent for the night has no effect without one for the day."),
    "NIGHT_IS_NEAR": _("The night is about to begin."),
    "REFUSED_ELSEWHERE": _("An identifier that belongs to the same person refused."),
    "RECLASSIFIED": _("Its words are those of an advertisement."),
    "UNCLASSIFIED": _("It is neither advertising nor information."),
    "NO_GROUND": _("It names no ground to send it on."),
    "MISSING_PROFILE": _("What must be shown of the sender is not known."),
    "LABEL": _("The label (광고) is put at its beginning."),
    "BAD_LABEL": _("It is labelled, but not exactly as it must be."),
    "CONTACT": _("How to reach the sender is shown."),
    "WAY_OUT": _("A way out that costs nothing is shown."),
    "NO_FREE_OPTOUT": _("There is no way out that costs nothing."),
    "ONE_CLICK": _("It can be unsubscribed from with one click."),
    "NO_ONE_CLICK": _("It could not be unsubscribed from with one click."),
    "OPTOUT_NOT_OPAQUE": _("Its way out would tell who somebody is."),
    "NOT_LOGGED": _("Its decision could not be kept."),
    "CONSENT_NOT_FRESH": _("Consent was not read just before."),
    "NOT_KNOWN": _("A fact that has to be known is not."),
    "CAPPED": _("They get no more messages in this span of time."),
    "TOO_MANY_WAIT": _("Too many messages wait for them already."),
    "HELD_OUT": _("They belong to those who get no advertisement."),
    "LESS_IMPORTANT": _("A more important message goes first."),
    "QUIET_HOURS": _("These are quiet hours."),
    "EXPIRED_IN_HOLD": _("Its time was over before it could go."),
    "NO_CHANNEL": _("No channel reaches them."),
    "NO_MESSAGE": _("The message is not there any more."),
    "NO_CONTACT": _("They have no address for this channel."),
    "NO_ADDRESS": _("The address is none that mail can go to."),
    "bounced": _("The mail server refused the address for good."),
    "ADDRESS_REFUSED": _("This address was refused for good before."),
    "CONTACT_PARTED": _("The address belongs to somebody else now."),
    "ERASED": _("They were erased."),
    "UNSEALABLE": _("What was kept with it cannot be opened any more."),
    "UNRENDERABLE": _("It could not be filled for this person."),
    "BROKEN": _("A fault of our own stopped it."),
    "RESENT_ONCE": _("It was sent once more, under the same number."),
    "CHILD": _("Under the age of consent, or perhaps, and no guardian's consent is known."),
    "STOPPED": _("They asked us to stop using their data."),
    "OBJECTED": _("They objected to direct marketing."),
    "OWN_PACE": _("It would be more advertising than they chose to get."),
    "PROFILING_PAUSED": _("They paused the use of what they did."),
    "LOCATION_PAUSED": _("They paused the use of where they are."),
    "SUSPENDED": _("The consent rests: the request to confirm it came back."),
    "NO_EVIDENCE": _("The text that they agreed to is not kept."),
    "ADDRESS_PASSED_ON": _("The address is new, or belongs to somebody else now."),
    "UNLAWFUL_ADDRESS": _("The address was generated or harvested."),
    "UNREGISTERED_SENDER": _("The sender's number or profile is not registered."),
    "CARRIER_NOT_CERTIFIED": _("The carrier is not certified."),
    "DOMAIN_NOT_AUTHENTICATED": _("The domain does not prove itself with SPF, DKIM and DMARC."),
    "SPAM_RATE": _("Too many readers call mails of this domain spam."),
    "BANNED_GOODS": _("These goods may not be advertised."),
    "ADULTS_ONLY": _("It is for adults, and they are not known to be one."),
    "ALIMTALK_INFORMS_ONLY": _("AlimTalk carries no advertising."),
    "KAKAO_CLOSED": _("Kakao takes no advertising at this hour."),
    "CLOSED_THERE": _("The law of where they are has it wait at this hour."),
    "BATCH_INTO_NIGHT": _("The batch would run into the night."),
    "BAD_SCRIPT": _("The call does not begin with what it has to say."),
    "SOURCE_NOT_TOLD": _("The call does not say where the number is from."),
    "OPTOUT_LATE": _("Their refusal takes effect too late."),
    "NO_AD_CONSENT": _("Both signals that the platform asks for are not there."),
    "NO_CONSENT_TO_PROVIDE": _("There is no consent to hand it to this recipient."),
    "NO_CONSENT_ABROAD": _("There is no consent, and no other ground, to hand it abroad."),
    "NO_CONSENT_TO_BEHAVIOUR": _("There is no consent to behavioural advertising."),
    "NO_MECHANISM": _("Nothing is named that a transfer out of Europe rests on."),
    "NO_SALE": _("They opted out of sale and sharing."),
    "NO_REASON": _("The export names no reason."),
    "RECIPIENT_NOT_LISTED": _("The published register does not name this recipient."),
    "CI": _("It holds connecting information."),
    "KEPT_BY_LAW": _("A law alone keeps it."),
    "KEPT_APART": _("It is kept apart for a law, and for nothing else."),
    "NEVER_OPEN": _("No hour is open in all zones where they may be."),
    "NO_BASIS_LINE": _("It does not say how the coupon or the points were earned."),
    "KR-11 NO_CONTACT": _("It does not show how to reach the sender."),
}
"""Code of a rule or of the sender → what it says to somebody who does not know codes."""


_NO_HINDRANCE = frozenset({
    "LABEL", "CONTACT", "WAY_OUT", "ONE_CLICK", "EXISTING_CUSTOMER", "UNCLASSIFIED", "RECLASSIFIED", "NO_GROUND",
    "RESENT_ONCE",
})  # fmt: skip
"""Codes of rules that add something to a message, excuse it or warn."""

TABLES = {
    "consent": CONSENTS, "act": ACTS, "doubt": DOUBTS, "task": TASKS, "step": STEPS, "move": MOVES, "exit": EXITS,
    "arm": ARMS, "decline": DECLINES,
    "status": STATUSES, "class": CLASSES, "verdict": VERDICTS, "stage": STAGES, "outcome": OUTCOMES,
    "purpose": PURPOSES, "aside": ASIDE, "approval": APPROVALS,
}  # fmt: skip
"""The words by what they are about, as templates ask for them."""


def of(table: dict[str, str], code: str, say: Say) -> str:
    """A code's words."""
    return say(table[code]) if code in table else code.replace("_", " ")


def named(table: dict[str, str], name: str, say: Say) -> str:
    """What is called something by the table; any other name stays as it is."""
    return say(table[name]) if name in table else name


def reason(code: str, say: Say) -> str:
    """What a reason says: `KR-02 NO_CONSENT` by its rule and code, `UNRENDERABLE too_large …` by its first word."""
    known = next((one for one in (code, *code.split(" ")[1::-1]) if one in REASONS), "")
    return say(REASONS[known]) if known else code


def hindrances(reasons: str) -> list[str]:
    """Of the reasons that a message keeps those that keep it from going; all of them where none does."""
    every = reasons.split(", ")
    return [one for one in every if one.rpartition(" ")[2] not in _NO_HINDRANCE] or every


def step(name: str) -> str:
    """A step's name as people read it."""
    return name.replace("_", " ")


def note(text: str, say: Say) -> str:
    """What a second person is asked for."""
    return phrases.told(text, _NOTES, say, parts={"segment": lambda segment: named(_ALL, segment, say)})
