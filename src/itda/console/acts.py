"""What the questions and changes of the engine are called where people read the audit, by the names rows keep.

Looks are named for what was looked at, changes for what was done. The names themselves stand in exports and in JSON.
"""

from __future__ import annotations

import re

from itda.console.language import mark as _
from itda.console.words import Say

ACTS = {
    "ActivatePacks": _("Put proposed rules of law in force"), "AddKey": _("Made a key for a machine"),
    "AddStaff": _("Invited a member of staff"), "AnswerLetter": _("Answered a letter of ours, by its link"),
    "Apply": _("Applied definitions"), "Approvals": _("What waits for a second person"),
    "Approve": _("Approved what somebody else proposed"),
    "AskForCode": _("Asked for a code to sign in to the privacy centre"),
    "AskOfOwn": _("Made a request in the privacy centre"), "AskRetention": _("Had destroyed what is due"),
    "Asked": _("What a letter of ours asks"), "Audience": _("An audience for a platform"),
    "AuditStanding": _("Whether the audit is as it was written"), "Backfill": _("Had a source read again"),
    "BeginImport": _("Began to bring a file in"), "BreakGlass": _("Broke the glass to see personal values"),
    "CarryOutDuties": _("Did what is due by itself"), "ChangePreferences": _("Changed choices of consent, by a link"),
    "ChangeRole": _("Gave somebody another role"),
    "ChooseAtVisit": _("Changed choices of consent in the privacy centre"),
    "ClearHub": _("Said that a shared identifier is one person's"),
    "ConfirmHub": _("Said that an identifier is shared by many"), "ConsentOf": _("What a customer consented to"),
    "ConsentReceipt": _("A receipt of consents"), "CountKeys": _("How many keys there are"),
    "CustomerSearch": _("Customers, by what was typed"), "Cut": _("Parted two identifiers"),
    "DecideReview": _("Answered a question of who is one person"), "Definitions": _("How definitions stand"),
    "Diff": _("What applying definitions would change"), "DisableStaff": _("Disabled a login, or let it in again"),
    "Duties": _("What must be done by a day"), "EndGlass": _("Ended seeing personal values"),
    "EndSessions": _("Ended sessions of somebody"), "Enter": _("Signed in to the privacy centre"),
    "EverythingOfMine": _("All of one's own data, in the privacy centre"), "Export": _("Customers, as a file"),
    "ExportTrail": _("The audit, as a file"), "Fetch": _("Fetched a source"),
    "ForgetCodes": _("Had one-time codes of somebody forgotten"), "Glass": _("Who saw personal values for a while"),
    "GiveAudience": _("Gave an advertising platform a list"),
    "GoOn": _("Went on with customers that stood still"), "HandOver": _("Handed a copy over to whoever asked"),
    "History": _("How a customer came about"), "HoldShown": _("A record that a law keeps"),
    "Holds": _("Records that a law keeps"), "Hubs": _("Identifiers that many share"),
    "Join": _("Joined two identifiers"), "JourneyFlow": _("Ways through a journey"),
    "JourneyPaths": _("A customer's ways through journeys"), "JourneyPeople": _("The people of a journey"),
    "JourneySteps": _("A journey, step by step"), "Journeys": _("Journeys in numbers"),
    "KeepMatching": _("Kept who may be one person"), "Keys": _("The list of machines' keys"),
    "KnownOf": _("All that is known of whoever asked"), "MatchPeople": _("Customers, to compare who is one person"),
    "MatchRuns": _("Runs that look for duplicates"), "Measure": _("A measure"),
    "MessageList": _("Messages, and what became of them"), "MessageStoryOf": _("A message from beginning to end"),
    "MessageWhy": _("Why a message went or did not"), "MetricList": _("The list of measures"),
    "NoteBackup": _("Made a backup"), "NoteKeyAct": _("Changed how the workspace key is kept"),
    "NoteRetention": _("Noted what was destroyed"), "NoteVerdict": _("Looked through the audit's chains"),
    "OneSource": _("One source"), "OpenRequest": _("Took a person's request"), "Overview": _("How the shop stands"),
    "OwnAnswers": _("One's own released copies"), "OwnCopy": _("One's own copy"),
    "OwnReceipt": _("One's own receipt of consents"), "OwnRequests": _("One's own requests"),
    "PackDiff": _("What other rules of law would change"), "Packs": _("Rules of law in force"),
    "PastProfile": _("A customer as of a past day"), "Pause": _("Paused a use of their own data, or let it go on"),
    "Policy": _("Rules of identity"), "Preferences": _("Choices of consent, by a link"),
    "Preview": _("How a message looks"), "Proceed": _("Carried a request on"),
    "ProceedTogether": _("Carried requests on"), "Profile": _("A customer"),
    "ProposeExport": _("Proposed a large export"), "ProposePacks": _("Proposed other rules of law"),
    "PutAside": _("Customers that stand still"), "Quality": _("The quality of data"),
    "QuarantineBody": _("A refused event, whole"), "QuarantineList": _("Refused events"),
    "ReadCallbacks": _("Read reports of mail servers"), "RecordConsent": _("Recorded a consent or withdrawal"),
    "RefuseApproval": _("Refused what somebody else proposed"), "Release": _("Released a copy to whoever asked"),
    "Reopen": _("Opened the shop after a backup was put back"), "ReplayMessages": _("Let dead messages be tried again"),
    "ReplayQuarantine": _("Sent refused events through the door again"), "RequestShown": _("A person's request"),
    "Requests": _("People's requests"), "RequestsOf": _("Requests of one customer"),
    "ResetStaff": _("Invited somebody anew"), "ResolveMessage": _("Said what became of an uncertain message"),
    "Retention": _("How long what is kept"), "RetractDecision": _("Took a steward's decision back"),
    "ReviewAccess": _("The report of a month's access log"), "ReviewGlass": _("Reviewed who saw personal values"),
    "ReviewQueue": _("Who may be one person"), "ReviewTask": _("Two who may be one person, side by side"),
    "RevokeKey": _("Revoked a machine's key"), "SearchTrail": _("The audit"), "SegmentList": _("The list of segments"),
    "SegmentMembers": _("The people of a segment"), "SegmentToldOf": _("What a segment means"),
    "SegmentWhy": _("Why a customer is in a segment"), "SegmentsOf": _("A customer's segments"),
    "SetPace": _("Chose how much advertising they get"), "SettleDuty": _("Noted that a duty was done"),
    "SignReview": _("Signed the review of a month's access log"), "Sources": _("The list of sources"),
    "StaffList": _("The list of staff"), "Status": _("How it stands, in numbers"),
    "SubmitForm": _("Submitted a form of consents"), "Suspects": _("Values that look like nobody's"),
    "TakeBack": _("Took back what was said of two identifiers"), "TakeReplies": _("Took answers of customers in"),
    "Taking": _("What a customer can be asked to consent to"), "TellConsents": _("Wrote acts of consent down"),
    "TellNext": _("Whom to tell of a request"), "Timeline": _("A customer's events"),
    "ToldThem": _("Noted that a processor was told"), "UndoReview": _("Took an answer about one person back"),
    "Unsubscribe": _("Unsubscribed"), "WhatHappened": _("What happened with oneself, in the privacy centre"),
    "WhatIsKnown": _("What is known of oneself, in the privacy centre"),
    "WhatToTell": _("What a processor is to be told"), "WhatWasAgreed": _("One's own consents, in the privacy centre"),
    "WhatWasSaid": _("What a person said with a request"),
    "WhatWasSent": _("What was sent to oneself, in the privacy centre"),
    "WhatStays": _("What would stay by law after an erasure"),
    "WhoIsMeant": _("Whether anybody is held under an identifier"), "Why": _("Why two identifiers are one customer"),
    "WouldSend": _("Whether a message might go to a customer"),
    "WrittenIdentity": _("What other rules of identity would change"),
}  # fmt: skip
"""Question or change of the engine → words; there is a line for each."""
AT_THE_DOOR = {
    "Accept": _("Accepted an invitation"), "BeginCodes": _("Began to set one-time codes up"),
    "ChangePassword": _("Changed their own password"), "Code": _("Gave a one-time code"),
    "Confirm": _("Proved once more who they are"), "DecideExport": _("Judged whom an export may hold"),
    "DropCodes": _("Gave up their own one-time codes"), "EndSession": _("Ended one of their own sessions"),
    "EnrolCodes": _("Set one-time codes up"), "Hire": _("Made a login"), "Login": _("Signed in"),
    "LoginOutside": _("Signed in by another provider"), "Logout": _("Signed out"),
    "Propose": _("Proposed what takes a second person"),
}  # fmt: skip
"""What is written down without being a question or change of its own: logins, proposals, judgements."""
_PAGE = re.compile(r"(?:GET|POST) (/.*)")


def act(name: str, say: Say) -> str:
    """What a row of the access log or of the audit is about; what nobody named shows its name."""
    words = ACTS.get(name) or AT_THE_DOOR.get(name)
    if words is not None:
        return say(words)
    page = _PAGE.fullmatch(name)
    return say(_("The page %(path)s")) % {"path": page[1]} if page else name
