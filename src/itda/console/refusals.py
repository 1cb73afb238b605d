"""What is refused at the terminal, and the cure, in words: the forms in which commands of an officer are refused.

What is wrong in a file of the workspace is told as it is.
"""

from __future__ import annotations

import msgspec

from itda.base.errors import Fault
from itda.console import phrases
from itda.console.language import mark as _
from itda.console.words import Say

WHAT = (
    _("that does not prove who you are, or the login is locked for a quarter of an hour"),
    _("login and password do not fit, or the login is locked for a quarter of an hour"),
    _("an older database was put back, and who was erased since is not yet again"),
    _("many people share this identifier: it does not tell whose request it is"),
    _("the key is in the environment, which nobody can change from here"),
    _("hashed addresses are personal: this role may not take them out"),
    _("the workspace key is not the one this backup was made under"),
    _("when it was given is not said: name it in a column `at`"),
    _("anchors in a bucket need boto3: pip install 'itda[aws]'"),
    _("is not empty: a backup is put back beside what is there"),
    _("say what was found, if only: nothing that stands out"),
    _("name the new folder after the backup's, not with -w"), _("a key lasts an hour at least, and 400 days at most"),
    _("there are no keys of this backup, nor later ones"), _("this duty is settled by doing it, not by a word"),
    _("packs or waivers differ from what was activated"), _("these packs and waivers were activated already"),
    _("this workspace was not put back from a backup"), _("it rests on evidence that only you have seen"),
    _("nobody says who was erased since the backup"), _("nobody would administer the shop any more"),
    _("no workspace: there is no itda.yaml in it"), _("what a law keeps is opened with a reason"),
    _("nothing differs from the packs in force"), _("is damaged: it is not as it was written"),
    _("keys are left under an earlier version"), _("no rule says how long anything is kept"),
    _("data and keys would lie in one folder"), _("no e-mail address of theirs is known"),
    _("a consent that nothing shows is none"), _("a key without a scope opens nothing"),
    _("only a correction changes anything"), _("the workspace key is under no KMS"),
    _("the former password does not fit"), _("a correction says what is right"), _("an act cannot lie in the future"),
    _("this role needs one-time codes"), _("the lake's folder is not empty"), _("a purpose goes with a channel"),
    _("this is no place in the audit"), _("name the messages, or --all"), _("names nobody who was erased"),
    _("it was handed over already"), _("that is no e-mail address"), _("this shop sends no e-mail"),
    _("this customer was erased"), _("is older than the backup"), _("is not as it was written"),
    _("no customer has this id"), _("there is no such folder"), _("there is a file already"),
    _("the name says no format"), _("nobody approved it yet"), _("that is your own login"),
    _("this login is disabled"), _("there is no such file"), _("nothing was changed"), _("is no JSON object"),
    _("nothing proves it"), _("this names nobody"), _("this is a folder"), _("it names nobody"),
    _("the database is older than this file: it does not know of the erasure of %(moment)s"),
    _("put back from a backup of %(moment)s, and who was erased since is not yet again"),
    _("this customer has several of %(kind)s to choose from"), _("there is no backup: nothing in it has a %(name)s"),
    _("was made by a newer Itda (format %(format)s)"), _("nobody named %(name)s is to be told of it"),
    _("a request to %(kind)s hands nothing over"), _("names %(path)s, which lies outside of it"),
    _("there is no proposal %(number)s of packs"), _("nothing can be written here: %(why)s"),
    _("nobody here is known by this %(kind)s"), _("this is no backup: it has no %(name)s"),
    _("the proposal of %(what)s has run out"), _("no workspace in %(folder)s or above it"),
    _("there is no key %(number)s in force"), _("nobody is of the sort %(name)s"), _("this customer has no %(kind)s"),
    _("there is no approval %(number)s"), _("no platform is named %(name)s"), _("there is no request %(number)s"),
    _("there is no message %(number)s"), _("the time of %(number)s is over"), _("no purpose is named %(name)s"),
    _("no segment is named %(name)s"), _("nothing is kept as %(number)s"), _("there is no column %(name)s"),
    _("there is no login %(login)s"), _("there is a login %(login)s"), _("there is no form %(name)s"),
    _("no mail can go: %(what)s"), _("no customer has %(who)s"), _("no duty %(number)s is open"),
    _("cannot be read: %(why)s"), _("cannot be made: %(why)s"), _("it answered %(status)s"), _("this is no %(kind)s"),
    _("nobody has %(who)s"), _("is no %(kind)s"),
    _("nothing of theirs is called %(name)s"),
    _("what is right has %(value)s letters at most, the name of a trait %(name)s"),
    _("the message %(number)s is %(status)s, not %(other)s"),
    _("%(kms)s does not give back what it was given: nothing was changed"),
    _("%(file)s has no column `channel`: its first line names the columns"),
    _("%(text)s is no time: write it as 2026-11-22 or 2026-11-22T22:30"),
    _("%(text)s is neither file nor a KMS such as aws:alias/itda"),
    _("%(kind)s is no kind of identifier of this workspace"), _("%(text)s is too far away: a time from 1900 to 8999"),
    _("%(name)s is to be told nothing (any more)"), _("%(text)s is no approval, or not one alone"),
    _("%(text)s is no month: write it as 2026-10"), _("%(name)s is no message of this workspace"),
    _("%(status)s is nothing a message can be"), _("%(file)s is neither JSON nor a page"),
    _("%(name)s is no text that is shown"), _("%(question)s Nobody is here to answer"),
    _("%(text)s is no id of a message"), _("%(who)s needs a one-time code"), _("%(who)s needs one-time codes"),
    _("%(text)s is no name of a key"), _("%(file)s is there already"), _("%(file)s is no UTF-8 text"),
    _("%(name)s is no channel"), _("%(name)s is no purpose"), _("%(text)s says no value"), _("%(num)s acts at once"),
    _("%(place)s is no folder"), _("%(who)s proposed it"), _("%(text)s is no login"), _("%(month)s is not over"),
    _("%(text)s is no scope"), _("%(text)s is no role"), _("%(pack)s is no pack"),
    _("%(num)s customers are more than one person takes out alone (%(most)s)"),
    _("%(number)s was activated already, by %(who)s"), _("%(what)s was answered already: %(answer)s"),
    _("%(name)s has nothing to say on %(channel)s"), _("%(pack)s is no pack: %(packs)s"),
    _("%(who)s may not %(permission)s"),
    _(
        "%(author)s, who proposed it, and %(who)s do not count as two people yet: %(by)s made or changed a"
        " login of theirs"
    ),
    _("%(file)s, after line %(line)s: %(why)s"), _("%(text)s asks for %(purpose)s on %(channel)s, not for %(other)s"),
)  # fmt: skip
"""The first that fits counts: what begins with a value comes last."""
CURES = (
    _("itda -w DIR reopen --erasures FILE, with .itda/erasures.log of the workspace that was lost"),
    _("name the journal itself; where nobody was ever erased there is none: say so with --reason"),
    _("name the text that was shown (text), or where it is kept that they agreed (evidence)"),
    _("keys are kept for days only: without them nobody can read what the backup sealed"),
    _("the journal of the workspace that was lost names all whom the backup knew of"),
    _("name the journal with --erasures, or say why there is none with --reason"),
    _("itda packs propose, and another person: itda packs activate ID"),
    _("put it back from an earlier backup; see itda doctor --thorough"),
    _("an event that is larger would be refused by the log's reader"),
    _("write it in consent.yaml under texts:, then itda apply"),
    _("importing it asks somebody else to approve the file"), _("write it as the person does, with nothing left out"),
    _("keep keys where the data is not, and for days only"), _("name a folder of mails, such as a Maildir's new/"),
    _("name one with -w DIR, or make one: itda init DIR"), _("take it by their address, or hand the file over"),
    _("give an identifier: email, phone, membership …"), _("name the notice's message, or where it is kept"),
    _("leave the address out: the link is shown then"), _("name an identifier of theirs, as KIND:VALUE"),
    _("itda -w DIR reopen, which erases them again"), _("name your copy of it with --workspace-key"),
    _("lower-case letters, digits and . _ @ + -"), _("see which there are: itda request list"),
    _("32 hex digits, as `itda message` lists"), _("name another identifier of the person"),
    _("see `itda message list --status dead`"), _("give the one of now, each counts once"),
    _("write KIND:VALUE, as in membership:1"), _("leave it out: the link is shown then"),
    _("leave the time out, or see its zone"), _("another administrator has to do it"),
    _("name what is wrong as TRAIT=VALUE"), _("write TRAIT=VALUE, as in name=김민정"),
    _("make another administrator first"), _("another person has to approve it"),
    _("set them up in the console first"), _("such as 90d, 30 days or 12 hours"), _("see what is: itda request holds"),
    _("what is out of date is not sent"), _("itda key rotate goes on with it"), _("take another copy of the backup"),
    _("small letters, digits and . _ -"), _("say who asks for it, and why"), _("name the text that was shown"),
    _("see whom: itda request show"), _("leave it out, or correct it"), _("agree beforehand with --yes"),
    _("hand the file over by hand"), _("end it in .csv or .parquet"), _("change consent.yaml first"),
    _("see what is: itda duties"), _("let it be proposed again"), _("see `itda message list`"),
    _("see itda approvals list"), _("replace it with --force"), _("name it .json or .html"),
    _("see itda request show"), _("write retention.yaml"), _("see itda packs list"), _("see itda staff list"),
    _("itda -w DIR reopen"), _("see itda keys list"), _("name another file"), _("itda request show"),
    _("--expires 90d"), _("itda apply"),
    _("somebody else says so first: itda approvals approve %(number)s; then the same once more"),
    _("somebody else says so first: itda approvals approve %(number)s; then import it again"),
    _("one of %(names)s, and a channel such as email"), _("name the address itself: %(kind)s:…"),
    _("make one with: itda init %(folder)s"), _("itda approvals approve %(number)s"),
    _("forms in consent.yaml: %(names)s"), _("name the address too: %(kind)s"), _("itda staff reset %(login)s"),
    _("segments here: %(names)s"), _("did you mean %(name)s?"), _("columns here: %(names)s"),
    _("known here: %(names)s"), _("held of them: %(names)s"), _("kinds here: %(names)s"),
    _("do it: %(how)s"), _("known: %(names)s"),
    _("one of %(names)s"),
    _("somebody else has to approve it, or %(who)s from %(day)s on, if it is proposed again then"),
    _("%(most)s at most"),
)  # fmt: skip


def told(fault: Fault, say: Say) -> Fault:
    """A fault in words of `say`; its place stays."""
    what, cure = phrases.told(fault.what, WHAT, say), phrases.told(fault.cure, CURES, say)
    return msgspec.structs.replace(fault, what=what, cure=cure)
