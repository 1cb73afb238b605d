"""A customer at a past time, by today's knowledge and by that of then; and a decision taken back without a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import itda
from itda.base.errors import Refused
from itda.base.instant import DAY, HOUR, text
from itda.engine.app import App
from itda.engine.questions.past import PastProfile
from itda.engine.questions.profile import Profile
from itda.engine.questions.views import ProfileView
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server

CARD, MAIL, PHONE = ("membership", "M1"), ("email", "minji@shop.example"), ("phone", "+821098765432")


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    with itda.open(shop) as one:
        yield one


def tell(shop: Shop, now: int, *events: dict[str, Any]) -> None:
    """Have these events received at a log time."""
    shop.intake.append([Record("web", "batch", msgspec.json.encode({"batch": list(events)}))], now)
    shop.settle()


def call(at: int, type_: str = "track", traits: dict[str, Any] | None = None, **who: str) -> dict[str, Any]:
    user = {"userId": who.pop("user_id")} if "user_id" in who else {}
    said = {"traits": traits} if traits else {"event": "Page Opened", "properties": {}}
    return {"type": type_, **user, "identifiers": who, "timestamp": text(at), **said}


def seen(view: ProfileView | None) -> tuple[set[str], int, dict[str, Any]]:
    """The identifiers, how many events, and what was said of the person."""
    assert view is not None
    kinds = {f"{one.kind}:{one.value}" for one in view.identifiers}
    return kinds, view.events, {one.name: one.value for one in view.traits if one.kind == "declared"}


def test_what_happened_by_then_and_what_was_known_by_then_are_two_views(opened: Shop) -> None:
    now = opened.app.clock()
    since = now - 4 * HOUR
    tell(opened, since, call(since, "identify", {"name": "김민지", "tier": "new"}, membership="M1"))
    # A sale of two days ago is told late: it ties the card to the address.
    tell(opened, since + HOUR, call(since - 20 * HOUR, membership="M1", email=MAIL[1]))
    tell(
        opened,
        since + 2 * HOUR,
        call(since + 2 * HOUR, user_id="u1"),
        call(since + 2 * HOUR, user_id="u1", phone=PHONE[1]),
    )
    tell(opened, since + 3 * HOUR, call(since + 3 * HOUR, user_id="u1", email=MAIL[1]),
         call(since + 3 * HOUR, "identify", {"tier": "gold"}, membership="M1"))  # fmt: skip
    card, mail, user, phone = "membership:M1", "email:minji@shop.example", "user_id:u1", f"phone:{PHONE[1]}"

    def at(time: int, who: tuple[str, str] = CARD, *, is_as_known: bool = False) -> ProfileView | None:
        return opened.ask(PastProfile(who, time, is_as_known))

    assert seen(at(since - HOUR)) == ({card, mail}, 1, {})
    assert at(since - HOUR, is_as_known=True) is None
    assert seen(at(since)) == ({card, mail}, 2, {"name": "김민지", "tier": "new"})
    assert seen(at(since, is_as_known=True)) == ({card}, 1, {"name": "김민지", "tier": "new"})
    assert at(since, MAIL, is_as_known=True) is None
    assert seen(at(since + HOUR, MAIL, is_as_known=True)) == ({card, mail}, 2, {"name": "김민지", "tier": "new"})
    assert [len(view.links) for view in (at(since), at(since, is_as_known=True)) if view] == [1, 0]

    # Today all are one; then the two were not known to be.
    assert seen(at(since + 2 * HOUR)) == ({card, mail, user, phone}, 4, {"name": "김민지", "tier": "new"})
    assert seen(at(since + 2 * HOUR, is_as_known=True))[:2] == ({card, mail}, 2)
    apart = at(since + 2 * HOUR, PHONE, is_as_known=True)
    assert seen(apart) == ({user, phone}, 2, {})
    today = opened.ask(Profile(CARD))
    assert today is not None
    assert apart is not None
    assert apart.id != today.id
    for is_as_known in (False, True):
        last = at(now, is_as_known=is_as_known)
        assert seen(last) == seen(today)
        assert last is not None
        assert (last.id, last.links) == (today.id, today.links)
        assert (last.channels, last.first_at, last.last_at) == (today.channels, today.first_at, today.last_at)


def test_a_past_day_is_its_end_and_what_is_no_time_is_said(opened: Shop) -> None:
    now = opened.app.clock()
    tell(opened, now - DAY, call(now - DAY, membership="M1"))
    day = text(now + 9 * HOUR)[:10]  # in Seoul
    assert opened.customer("membership:M1", at=day).events == 1
    with pytest.raises(Refused, match="no customer has"):
        opened.customer("membership:M1", as_known="2020-01-01")
    for wrong in ({"at": "yesterday"}, {"at": day, "as_known": day}):
        with pytest.raises(Refused):
            opened.customer("membership:M1", **wrong)


def test_a_decision_taken_back_leaves_the_same_profile_byte_for_byte(opened: Shop) -> None:
    now = opened.app.clock()
    tell(opened, now, call(now - DAY, "identify", {"name": "김민지"}, membership="M1", email=MAIL[1]),
         call(now - HOUR, email=MAIL[1], phone=PHONE[1]), call(now, user_id="u2"))  # fmt: skip
    who = ("membership:M1", "email:minji@shop.example", "phone:010-9876-5432", "user_id:u2")
    # A computed trait is a function of the moment it is asked at, so all are asked at one.
    still = App(opened.db, opened.workspace, opened.vault, opened.lake, lambda: now)

    def profiles() -> list[bytes]:
        views = [still.ask(Profile(tuple(one.split(":"))), opened.actor) for one in who]
        # `position` tells how far the log was read: the decision and its end are in it, as the history is.
        return [msgspec.json.encode(msgspec.structs.replace(view, position=0)) for view in views if view]

    before = profiles()
    for decide, two in ((opened.cut, who[:2]), (opened.join, who[1::2])):
        decide(*two, reason="asked at the desk")
        assert profiles() != before
        opened.take_back(*two, reason="never mind")
        assert profiles() == before
    opened.confirm_hub(who[1], reason="the office's")
    assert profiles() != before
    opened.take_back(who[1], who[1], reason="her own")
    assert profiles() == before
    told = {entry.what for entry in opened.history(who[0]).entries}
    assert {"cannot", "parted", "retracted", "joined"} <= told
    assert json.loads(before[0])["identifiers"]
