"""What identifies a person: the kinds of identifiers in their order, their limits, and values nobody owns."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache, cached_property
from importlib import resources
from typing import Any

import msgspec
from ruamel.yaml import YAML

from itda.base.errors import Broken, Fault
from itda.base.instant import DAY, HOUR
from itda.events.normalise import NORMALISERS
from itda.identity import hashes

TRUST = ("trusted", "untrusted", "observe_only")
"""How far a source is believed, the most first. What is not named is trusted."""
_OBSERVE_ONLY = TRUST.index("observe_only")
WINDOWS = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY, "year": 365 * DAY, "ever": None}
LONGEST_VALUE = 512
NO_KEYS = frozenset({"ci", "connecting_information", "conn_info", "rrn", "resident_number", "ssn"})
"""What never ties anything to anybody: CI (연계정보) is for the purpose it was received for (Korea's Network Act, art.
23-5(4) and 23-6(2)), and a resident number may not be held at all."""
_CI = re.compile(r"[A-Za-z0-9+/]{86}==")
"""88 signs of base64: 64 bytes, as identity verification agencies in Korea issue it."""
_CI_LENGTH = 88


class Limit(msgspec.Struct, frozen=True, gc=False):
    """At most so many identifiers of a kind may begin in one customer within any window of event time."""

    most: int
    window: int | None = None
    """Microseconds; None for ever."""


class Kind(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One kind of identifier. `rank` counts from 0, the strongest."""

    name: str
    rank: int
    normaliser: str = "text"
    paths: tuple[str, ...] = ()
    """Where the wire carries it: dotted paths into an event as it came, the first that holds a value counts."""
    is_unique: bool = False
    """One customer has at most one, ever."""
    is_known: bool = False
    """Ties events to a person the brand knows, for the linked share."""
    is_personal: bool = False
    """Personal by itself (an address, a number to call): never in a URL, masked for most roles."""
    limits: tuple[Limit, ...] = ()
    hub_degree: int = 0
    """More distinct neighbours of any one stronger kind than this make it a hub; 0 for never."""
    hash_of: str = ""
    """Values are SHA-256 of those of this kind: whoever carries one carries its hashes."""
    blocked_values: tuple[str, ...] = ()
    blocked_patterns: tuple[str, ...] = ()

    @property
    def bounds(self) -> tuple[Limit, ...]:
        """Every limit that holds, uniqueness among them."""
        return (Limit(1), *self.limits) if self.is_unique else self.limits


class Matching(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What becomes of customers who look like one person though they share no identifier."""

    join: float | None = None
    """The estimated precision (0.5 to 1) at which two are joined without a steward; None for never."""
    review: float | None = 0.5
    """The probability from which on two are put up for review; None for never."""


class IdentityPolicy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The rules of one workspace. `kinds` stand in order, strongest first."""

    kinds: tuple[Kind, ...]
    blocked_values: tuple[str, ...] = ()
    blocked_patterns: tuple[str, ...] = ()
    confirm_after: int = 24 * HOUR
    """Microseconds of log time between the event that makes a hub suspected and its confirmation."""
    certain_at: int = 10
    """From this many times its degree on a hub is confirmed at once."""
    crowd_at: int = 1000
    """Whatever has more neighbours than this, of any kinds, is a hub at once: a machine, not a person."""
    largest_customer: int = 500
    sources: tuple[tuple[str, str], ...] = ()
    """(source, one of TRUST) of those that are not trusted as the rest, by name."""
    matching: Matching = Matching()
    """No rule of who is one customer: the next run of the matching follows it."""

    @cached_property
    def by_name(self) -> dict[str, Kind]:
        """Kinds by their names."""
        return {kind.name: kind for kind in self.kinds}

    @cached_property
    def accounts(self) -> frozenset[str]:
        """Kinds of which a customer has one at most and that say who they are: a login, a card."""
        return frozenset(kind.name for kind in self.kinds if kind.is_unique and kind.is_known)

    @cached_property
    def version(self) -> str:
        """Twelve hex digits that change whenever a rule does."""
        rules = msgspec.structs.asdict(self)
        del rules["matching"]
        return hashlib.sha256(msgspec.json.encode(rules)).hexdigest()[:12]

    @cached_property
    def _trust(self) -> dict[str, int]:
        return {source: TRUST.index(word) for source, word in self.sources}

    def trust(self, sources: str) -> int:
        """The place in TRUST of the best of these sources (their names, with spaces between)."""
        known = self._trust
        return min((known.get(one, 0) for one in sources.split()), default=0) if known else 0

    def joins(self, one: str, other: str, trust: int) -> bool:
        """Whether a link between identifiers of these kinds may join: what is observed only ties no two known ones."""
        if trust < _OBSERVE_ONLY:
            return True
        kinds = (self.by_name.get(one), self.by_name.get(other))
        return not all(kind is not None and kind.is_known for kind in kinds)

    @cached_property
    def _blocked(self) -> dict[str, tuple[frozenset[str], tuple[re.Pattern[str], ...]]]:
        return {
            kind.name: (
                frozenset(
                    value.casefold()
                    for value in (*self.blocked_values, *kind.blocked_values, *self._blocked_hashes(kind))
                ),
                tuple(
                    re.compile(text, re.IGNORECASE | re.DOTALL)
                    for text in (*self.blocked_patterns, *kind.blocked_patterns)
                ),
            )
            for kind in self.kinds
        }

    def _blocked_hashes(self, kind: Kind) -> list[str]:
        """The hashes of blocked values, where a kind holds hashes: nobody owns those either."""
        of = self.by_name.get(kind.hash_of)
        if of is None:
            return []
        blocked = (*self.blocked_values, *of.blocked_values)
        return [digest for value in blocked for digest in hashes.digests(of.normaliser, value)]

    def usable(self, kind: str, value: str) -> bool:
        """Whether a normalised value identifies anyone: a known kind, not empty, not overlong, not blocked."""
        rules = self._blocked.get(kind)
        if rules is None or not value or len(value) > LONGEST_VALUE:
            return False
        if len(value) == _CI_LENGTH and _CI.fullmatch(value):
            return False
        values, patterns = rules
        return value.casefold() not in values and not any(pattern.fullmatch(value) for pattern in patterns)

    def ranked(self, identifiers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """The usable ones among (kind, normalised value) pairs, each once, strongest kind first, in given order.

        With them the hashes of those of which some kind is the hash; without those of what is not usable: a hash does
        not tell which pattern the value beside it is blocked by.
        """
        kinds = self.by_name
        given = list(dict.fromkeys(identifiers))
        usable = [pair for pair in given if self.usable(*pair)]
        if self._hashed:
            if len(usable) < len(given):
                unusable = {found for pair in given if not self.usable(*pair) for found in self._hashes(*pair)}
                usable = [pair for pair in usable if pair not in unusable]
            usable = list(dict.fromkeys((*usable, *(found for pair in usable for found in self._hashes(*pair)))))
        return sorted(usable, key=lambda pair: kinds[pair[0]].rank) if len(usable) > 1 else usable

    @cached_property
    def _hashed(self) -> dict[str, list[str]]:
        """Kind → the kinds that hold its hashes."""
        found: dict[str, list[str]] = {}
        for kind in self.kinds:
            if kind.hash_of:
                found.setdefault(kind.hash_of, []).append(kind.name)
        return found

    def _hashes(self, kind: str, value: str) -> list[tuple[str, str]]:
        names = self._hashed.get(kind)
        if names is None:
            return []
        digests = hashes.digests(self.by_name[kind].normaliser, value)
        return [(name, digest) for name in names for digest in digests]

    def strongest(self, identifiers: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
        """The identifier an event counts on: the first of the strongest kind; None when nothing is usable."""
        ranked = self.ranked(identifiers)
        return ranked[0] if ranked else None

    @staticmethod
    def box() -> IdentityPolicy:
        """The policy in the box, for a workspace that says nothing."""
        policy, faults = IdentityPolicy.parse({})
        if policy is None:
            raise Broken("\n".join(map(str, faults)))
        return policy

    @staticmethod
    def parse(raw: Mapping[str, Any]) -> tuple[IdentityPolicy | None, list[Fault]]:
        """Read the content of an identity.yaml. Either a policy and no faults, or None and every fault at once.

        A fault's `field` is the dotted path in the file (list items by number from 0), for whoever knows its lines.
        """
        reading = _Reading()
        policy = reading.policy(raw)
        return (None, reading.faults) if reading.faults else (policy, [])


@cache
def _box() -> dict[str, Any]:
    text = resources.files("itda.identity").joinpath("box.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe", pure=True).load(text))


class _Reading:
    """One reading of a definition, gathering its faults."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, field: str, what: str, cure: str = "") -> None:
        self.faults.append(Fault(what=what, cure=cure, field=field))

    def policy(self, raw: Mapping[str, Any]) -> IdentityPolicy:
        box = _box()
        self.words("", raw, [word for word in box if word != "more"])
        hubs = self.mapping("hubs", raw.get("hubs", box["hubs"]), box["hubs"])
        largest = raw.get("largest_customer", box["largest_customer"])
        return IdentityPolicy(
            kinds=self.kinds(raw.get("kinds", box["kinds"]), box["kinds"]),
            **self.blocked("blocked", raw, box),
            confirm_after=HOUR
            * self.whole("hubs.confirm_after_h", hubs.get("confirm_after_h", box["hubs"]["confirm_after_h"])),
            certain_at=self.whole("hubs.certain_at", hubs.get("certain_at", box["hubs"]["certain_at"]), 1),
            crowd_at=self.whole("hubs.crowd_at", hubs.get("crowd_at", box["hubs"]["crowd_at"]), 2),
            largest_customer=self.whole("largest_customer", largest, 2),
            sources=self.sources(raw.get("sources", {})),
            matching=self.matching(raw.get("matching", {}), box["matching"]),
        )

    def sources(self, raw: object) -> tuple[tuple[str, str], ...]:
        if not isinstance(raw, Mapping):
            self.fault("sources", "must be a mapping", f"say how far a source is trusted: {', '.join(TRUST)}")
            return ()
        told = {str(name): self.one_of(f"sources.{name}", word, TRUST) for name, word in raw.items()}
        return tuple(sorted((name, word) for name, word in told.items() if word != TRUST[0]))

    def matching(self, raw: object, box: Mapping[str, Any]) -> Matching:
        told = {**box, **self.mapping("matching", raw, box)}
        join = self.share("matching.join", told["join"], "at", 0.5)
        return Matching(join=join, review=self.share("matching.review", told["review"], "from", 0.0))

    def share(self, place: str, raw: object, word: str, least: float) -> float | None:
        """`never`, or a word and a number up to 1: `at 0.99`."""
        if raw == "never":
            return None
        found = re.fullmatch(rf"{word} (\d(?:\.\d+)?)", raw) if isinstance(raw, str) else None
        if found is None or not least <= float(found[1]) <= 1:
            self.fault(place, f"{raw!r} is not known", f"write never, or `{word} 0.9`: from {least} to 1")
            return None
        return float(found[1])

    def kinds(self, raw: object, box: Mapping[str, Any]) -> tuple[Kind, ...]:
        if not isinstance(raw, Mapping) or not raw:
            self.fault("kinds", "must name at least one kind of identifier", "for example: user_id, email, phone")
            return ()
        known = {**_box()["more"], **box}
        kinds = tuple(self.kind(str(name), rank, given, known) for rank, (name, given) in enumerate(raw.items()))
        by_name = {kind.name: kind for kind in kinds}
        for kind in kinds:
            of = by_name.get(kind.hash_of)
            if kind.hash_of and (of is None or of.normaliser not in hashes.OF):
                place = f"kinds.{kind.name}.hash_of"
                self.fault(place, f"{kind.hash_of!r} is no kind of addresses or numbers", "name email or phone")
        return kinds

    def kind(self, name: str, rank: int, raw: object, box: Mapping[str, Any]) -> Kind:
        place = f"kinds.{name}"
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
            self.fault(place, f"{name!r} is no name", "use small letters, digits and _")
        if name in NO_KEYS:
            self.fault(place, f"{name!r} may not tell people apart (KR-39)", "take it out; use a number of your own")
        given = self.mapping(place, {} if raw is None else raw, _KIND_WORDS)
        told = {**box.get(name, {}), **given}
        if not told.get("paths"):
            self.fault(place, "says nowhere where events carry it", f"add paths: [traits.{name}]")
        return Kind(
            name=name,
            rank=rank,
            normaliser=self.one_of(f"{place}.normaliser", told.get("normaliser", "text"), tuple(NORMALISERS)),
            paths=self.paths(f"{place}.paths", told.get("paths", [])),
            is_unique=self.truth(f"{place}.unique", told.get("unique", False)),
            is_known=self.truth(f"{place}.known", told.get("known", False)),
            is_personal=self.truth(f"{place}.personal", told.get("personal", False)),
            limits=self.limits(f"{place}.limits", told.get("limits", [])),
            hub_degree=self.whole(f"{place}.hub_degree", told.get("hub_degree", 0)),
            hash_of=str(told.get("hash_of", "")),
            **self.blocked(f"{place}.blocked", given, box.get(name, {})),
        )

    def paths(self, place: str, raw: object) -> tuple[str, ...]:
        found = self.texts(place, raw)
        for number, path in enumerate(found):
            if path.rpartition(".")[2].lower() in NO_KEYS:
                what = f"{path!r} may not tell people apart (KR-39)"
                self.fault(f"{place}.{number}", what, "take it out; use a number of your own")
        return found

    def blocked(self, place: str, raw: Mapping[str, Any], box: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        """What is blocked: that of the box and, after it, what is told; `box: false` leaves out that of the box."""
        told = self.mapping(place, raw.get("blocked", {}), ("values", "patterns", "box"))
        ours = box.get("blocked", {}) if self.truth(f"{place}.box", told.get("box", True)) else {}
        values = self.texts(f"{place}.values", told.get("values", []))
        patterns = self.patterns(f"{place}.patterns", told.get("patterns", []))
        return {
            "blocked_values": tuple(dict.fromkeys((*ours.get("values", ()), *values))),
            "blocked_patterns": tuple(dict.fromkeys((*ours.get("patterns", ()), *patterns))),
        }

    def limits(self, place: str, raw: object) -> tuple[Limit, ...]:
        limits = []
        for number, item in enumerate(self.items(place, raw)):
            told = self.mapping(f"{place}.{number}", item, {"most": 0, "window": 0})
            window = self.one_of(f"{place}.{number}.window", told.get("window", "ever"), tuple(WINDOWS))
            limits.append(Limit(self.whole(f"{place}.{number}.most", told.get("most"), 1), WINDOWS.get(window)))
        return tuple(limits)

    def words(self, place: str, raw: Mapping[str, Any], known: Iterable[str]) -> None:
        known = list(known)
        for word in raw:
            if word not in known:
                near = get_close_matches(str(word), known, 1)
                cure = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
                self.fault(f"{place}.{word}".lstrip("."), f"{word!r} is not known", cure)

    def mapping(self, place: str, raw: object, known: Iterable[str]) -> Mapping[str, Any]:
        if not isinstance(raw, Mapping):
            self.fault(place, "must be a mapping", f"with: {', '.join(known)}")
            return {}
        self.words(place, raw, known)
        return raw

    def items(self, place: str, raw: object) -> list[Any]:
        if not isinstance(raw, list):
            self.fault(place, "must be a list", "write it as [a, b]")
            return []
        return raw

    def texts(self, place: str, raw: object) -> tuple[str, ...]:
        items = self.items(place, raw)
        for number, item in enumerate(items):
            if not isinstance(item, str):
                self.fault(f"{place}.{number}", f"{item!r} is no text", "put it in quotes")
        return tuple(str(item) for item in items)

    def patterns(self, place: str, raw: object) -> tuple[str, ...]:
        texts = self.texts(place, raw)
        for number, text in enumerate(texts):
            try:
                re.compile(text)
            except re.error as error:
                self.fault(f"{place}.{number}", f"{text!r} is no regular expression: {error.msg}", "see Python's re")
        return texts

    def whole(self, place: str, raw: object, least: int = 0) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int) or raw < least:
            self.fault(place, f"{raw!r} is no whole number from {least}", f"write a number, {least} or more")
            return least
        return raw

    def truth(self, place: str, raw: object) -> bool:
        if not isinstance(raw, bool):
            self.fault(place, f"{raw!r} is neither true nor false", "write true or false")
        return raw is True

    def one_of(self, place: str, raw: object, words: tuple[str, ...]) -> str:
        if raw not in words:
            near = get_close_matches(str(raw), words, 1)
            cure = f"did you mean {near[0]}?" if near else f"one of: {', '.join(words)}"
            self.fault(place, f"{raw!r} is not known", cure)
            return words[0]
        return str(raw)


_KIND_WORDS = ("paths", "normaliser", "unique", "known", "personal", "limits", "hub_degree", "hash_of", "blocked")
