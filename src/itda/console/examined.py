"""What `itda doctor` looks at and finds, in words. Faults of a workspace's files are told as they are."""

from __future__ import annotations

from itda.console import phrases
from itda.console.language import mark as _
from itda.console.words import Say

NAMES = {
    "python": _("python"), "workspace": _("workspace"), "key": _("key"), "disk": _("disk"), "sockets": _("sockets"),
    "database": _("database"), "durability": _("durability"), "pages": _("pages"), "schema": _("schema"),
    "keys": _("keys"), "transactions": _("transactions"), "intake": _("intake"), "log": _("log"),
    "aside": _("aside"), "quarantine": _("quarantine"), "duties": _("duties"), "api keys": _("api keys"),
    "trails": _("trails"), "lake": _("lake"), "clock": _("clock"), "applied": _("applied"), "texts": _("texts"),
    "processing": _("processing"), "identity": _("identity"), "sources": _("sources"), "mail": _("mail"),
    "port": _("port"),
}  # fmt: skip
MARKS = {True: _("ok  "), False: _("BAD ")}
_INNER = (
    _("%(num)s rows, all of it"),
    _("its %(num)s newest rows only, back to %(day)s; all of it: itda doctor --thorough"),
)
_STATES = (_("all there"), _("all as they were written"))
FOUND = (
    _("%(folder)s is in order"), _("%(file)s is there and only its owner reads it"),
    _("%(variable)s holds the workspace key"), _("%(kms)s opens it"), _("keep a copy of it elsewhere"),
    _("%(size)s GB free at %(folder)s"), _("it gets tight"),
    _("no killed database server left anything behind in /tmp"),
    _("in /tmp, left by killed database servers: %(names)s"), _("the next server that is started takes them away"),
    _("this workspace is served by process %(by)s"), _("port %(port)s is in use by something else"),
    _("port %(port)s is free"), _("port %(port)s is free, nobody serves this workspace"),
    _("the last one to serve was killed, its locks are free"),
    _("of %(num)s lake files missing: %(bad)s, such as %(file)s"),
    _("of %(num)s lake files damaged (another size): %(bad)s, such as %(file)s"),
    _("of %(num)s lake files damaged (another content): %(bad)s, such as %(file)s"),
    _("%(num)s files, %(size)s MB, %(state)s"), _("this machine's clock is %(num)s s behind the log"),
    _("every identifier follows identity.yaml as it is now"), _("identity.yaml changed"),
    _("%(share)s of identifiers follow it: serve the shop (itda serve), or replay it (itda replay)"),
    _("%(share)s of identifiers follow it so far"), _("%(name)s failed %(times)s times in a row: %(error)s"),
    _("%(num)s sources, none fails"), _("not in this environment: %(names)s"),
    _("their past is not folded: %(names)s"), _("what was applied last holds"),
    _("files that differ, see itda diff: %(names)s"), _("nothing is sent: %(what)s"),
    _("nothing is processed, decided or sent: %(what)s"),
    _("everything is processed, up to position %(position)s"),
    _("%(num)s frames waits until the shop is served (itda serve)"),
    _("%(num)s frames wait until the shop is served (itda serve)"),
    _("%(num)s frames waits, the oldest for %(lag)s s"), _("%(num)s frames wait, the oldest for %(lag)s s"),
    _("%(num)s texts of consent, none other than was shown"), _("%(domain)s lacks %(what)s: mails wait (CH-04)"),
    _("%(domain)s has %(what)s"), _("of DKIM nobody can tell: write dkim, the selector, in channels.yaml"),
    _("whether %(domain)s proves its mails is not known: the DNS did not say"),
    _("PostgreSQL %(version)s answers"), _("%(settings)s is off: events can be lost"),
    _("acknowledged events are on disk (fsync, full pages, commit)"), _("damaged pages that were read: %(num)s"),
    _("no damaged page was read"), _("the schema is at version %(has)s, this Itda knows %(known)s"),
    _("the schema lacks the steps %(steps)s"), _("the schema is at version %(version)s"),
    _("the workspace key is not this database's"), _("of %(num)s keys tried, %(shut)s did not open"),
    _("%(num)s keys tried, all open"), _("%(name)s (pid %(pid)s) has a transaction open for %(num)s s"),
    _("no transaction is open for long"), _("frames of %(num)s days ago are still in the intake (kept: %(kept)s)"),
    _("no frame is older than %(num)s days"),
    _("log %(log)s, pipeline %(pipeline)s, decider %(decider)s and lake %(lake)s are out of order"),
    _("the log is %(num)s s ahead of the database's clock"),
    _("log %(log)s, pipeline %(pipeline)s, decider %(decider)s, lake %(lake)s"), _("nobody is put aside"),
    _("keys of refused events that should be destroyed by now: %(num)s"),
    _("no key of refused events is overdue"), _("%(num)s duty is overdue"), _("%(num)s duties are overdue"),
    _("%(num)s duty is overdue, %(soon)s due soon"), _("%(num)s duties are overdue, %(soon)s due soon"),
    _("%(num)s duty is due soon: itda duties"), _("%(num)s duties are due soon: itda duties"),
    _("no duty is overdue"), _("keys that end within two weeks, or just did: %(keys)s"),
    _("no key of a machine ends soon"), _("%(table)s was altered at row %(row)s"),
    _("as they were written: the audit (%(audit)s) and the access log (%(access)s)"),
)  # fmt: skip
CURES = (
    _("start it, or mend its address (ITDA_DATABASE, or database: in itda.yaml); the embedded one's log is in"
      " .itda/pg/log"),
    _("see .itda/logs, and try again"), _("use Python 3.11 or newer"),
    _("free at least %(size)s GB, or PostgreSQL stops"), _("publish these records at your domain, as your provider of"
                                                           " mail says"),
    _("stop what listens there, or serve on another: itda serve --port"),
    _("put them back into %(folder)s from a backup"), _("set the clock (timedatectl set-ntp true)"),
    _("mend it, and try: itda source run %(name)s"), _("stop itda serve, run itda replay, and serve again"),
    _("see %(file)s; start `itda serve` again"),
    _("the disk is failing: restore the database and the key from a backup, on another disk"),
    _("use the newer Itda"), _("open the shop once with this version (itda status)"),
    _("put back the workspace key this database was made with, from your backup"),
    _("end it, or: select pg_terminate_backend(%(pid)s)"),
    _("serve the shop (itda serve): processed days are dropped"),
    _("restore database and lake from one and the same backup"),
    _("see the log, update Itda, then: itda journey --go-on"), _("itda message replay"),
    _("serve the shop (itda serve): it is done there"), _("see what is missing: itda duties list --overdue"),
    _("make another of the same name (itda keys add), put it in place, revoke the former"),
    _("find out who writes to the database past Itda"),
)  # fmt: skip


def found(text: str, say: Say) -> str:
    """What was found, in words of `say`."""
    return phrases.told(text, FOUND, say, parts={
        "audit": lambda part: phrases.told(part, _INNER, say), "access": lambda part: phrases.told(part, _INNER, say),
        "state": lambda part: phrases.told(part, _STATES, say),
    })  # fmt: skip


def cure(text: str, say: Say) -> str:
    """The cure, in words of `say`."""
    return phrases.told(text, CURES, say)
