"""What the demo's people do after: some read their mail, follow it, buy or want no more; some buy of their own accord.

`python -m demo.reactions FOLDER URL`. All of it is invented, from the fixed seed: who reads a mail to its end buys
more often than others, so that there is an effect to be measured. Nobody knows here who was held out.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import itda
from demo import sources
from demo.aside import alone
from demo.basket import Basket, filled
from demo.inbox.kept import Entry, Kept
from demo.people import SEED, person
from demo.quiet import owe_nothing, settle, wait
from demo.reading import Browser, Mail, read
from demo.run import Run, last, show
from demo.sources import Made
from demo.till import Till
from demo.web import Site
from itda.base.errors import Broken
from itda.cli import terminal
from itda.engine.commands.callbacks import ReadCallbacks
from itda.engine.shop import Shop

_OPENS, _CLICKS, _BUYS, _LEAVES = 0.65, 0.5, 0.6, 0.04
"""Of those who got a mail, of those who opened it, of those who followed it; and of those who opened it."""
_BUYS_ANYWAY = 0.06
"""Of those who left a cart, and of those whom the campaign once reached: with a mail or without."""
_ON_THE_WEB = 0.6


class Done(NamedTuple):
    """What people did."""

    opened: int
    clicked: int
    bought: int
    left: int
    eager: int
    """Who went the whole way for certain; 0 where nobody got a mail that is measured, as letters are not."""


def main(folder: Path, url: str) -> None:
    """Wait for the mails, let people react to them, and the brand answer as the law has it."""
    made, run = sources.made(folder), last(folder)
    if run is None:
        raise Broken("nobody visited the demo's shop")
    with itda.open(folder) as shop:
        wait(shop)
        _react(shop, folder, url, made, run)
        settle(shop)
        owe_nothing(shop)


def _react(shop: Shop, folder: Path, url: str, made: Made, run: Run) -> None:
    """Let the brand read its reports and people their mails."""
    kept, gone = Kept(folder / ".itda" / "inbox"), sources.unreachable(folder)["gone"]
    arrived = [entry for entry in kept.entries() if entry.number > run.mails and entry.is_taken]
    reports = tuple(kept.mail(entry.number) or b"" for entry in arrived if not entry.sender)
    if reports:  # they came to the brand's own mailbox
        shop.act(ReadCallbacks(reports), "reports of mail servers")
    got = [entry for entry in arrived if entry.sender and entry.to not in gone]
    chance, keys = random.Random(SEED * 31 + run.number), shop.keys()
    site, till = Site(url, keys["web"], chance), Till(url, keys["counter"], chance)
    with Browser(url) as browser:
        done = _People(made, run, browser, site, till).react(got, kept)
    till.flush()
    site.close()
    if done.eager:
        show(folder, done.eager)
    terminal.note(
        f"  inbox: {len(got):,} mails, {done.opened:,} opened, {done.clicked:,} followed, {done.left:,} unsubscribed;"
        f" {done.bought:,} bought"
    )


class _People:
    """Everybody of this run, each with their own chance: it depends on nobody else's."""

    def __init__(self, made: Made, run: Run, browser: Browser, site: Site, till: Till) -> None:
        self._made = made
        self._run = run
        self._browser = browser
        self._site = site
        self._till = till
        self._carts = {cart.household: cart.basket for cart in run.left}

    def react(self, got: Iterable[Entry], kept: Kept) -> Done:
        households = {person(household).email: household for household in self._made.households}
        mails: dict[int, list[Mail]] = {}
        for entry in got:
            household = households.get(entry.to)
            if household is not None:
                mails.setdefault(household, []).append(read(kept.mail(entry.number) or b""))
        opened = clicked = bought = left = 0
        eager = min((who for who, own in mails.items() if any(mail.image and mail.link for mail in own)), default=0)
        for household in sorted({*mails, *self._carts, *self._reached()}):
            chance = random.Random((SEED * 1_009 + self._run.number) * 100_003 + household)
            is_buying = chance.random() < _BUYS_ANYWAY
            is_eager = household == eager
            for mail in mails.get(household, ()):
                if not is_eager and chance.random() >= _OPENS:
                    continue
                opened += self._look(mail.image)
                if not is_eager and chance.random() < _LEAVES:
                    left += self._browser.leave(mail.way_out) if mail.way_out else 0
                elif is_eager or chance.random() < _CLICKS:
                    clicked += self._look(mail.link)
                    is_buying |= is_eager or chance.random() < _BUYS
            if is_buying:
                self._buy(household, chance, has_mail=household in mails)
                bought += 1
        return Done(opened, clicked, bought, left, eager)

    def _reached(self) -> Iterable[int]:
        """Those whom the campaign once reached, as long as its follow-up is new."""
        return self._made.reached if self._run.number == 0 else ()

    def _look(self, address: str) -> bool:
        """People who let nobody measure it look all the same."""
        return bool(address) and self._browser.look(address)

    def _buy(self, household: int, chance: random.Random, *, has_mail: bool) -> None:
        basket = self._carts.get(household) or filled(self._made.products, chance)
        if household not in self._carts and household in self._reached():
            basket = Basket(basket.products, self._made.reached[household], self._made.campaign)
        if not has_mail:
            basket = Basket(basket.products)
        if chance.random() < _ON_THE_WEB:
            who, anonymous = person(household), self._site.anonymous()
            self._site.page(anonymous, "Checkout", "/checkout")
            self._site.sign_in(who, anonymous)
            self._site.buy(who, anonymous, f"W{self._run.number}-{household}-later", basket)
        else:
            self._till.sell(household, f"T{self._run.number}-{household}-later", basket)


if __name__ == "__main__":
    sys.exit(alone(lambda: main(Path(sys.argv[1]), sys.argv[2])))
