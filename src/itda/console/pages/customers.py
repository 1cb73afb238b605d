"""Finding a customer. What is typed is personal: it goes by form and never stands in an address."""

from __future__ import annotations

from starlette.responses import Response

from itda.console.visit import Visit, see_other


def show(visit: Visit) -> Response:
    """The search, and its results when the address names one that is still kept."""
    word = visit.query("search")
    if not word or visit.session is None:
        return visit.render("customers.html", typed="", found=None, has_ended=False)
    typed = visit.house.searches.find(visit.session.token, word, visit.now)
    if typed is None:
        return visit.render("customers.html", typed="", found=None, has_ended=True)
    found = visit.house.desk.search(visit.actor, typed)
    return visit.render("customers.html", typed=typed, found=found, has_ended=False)


def search(visit: Visit) -> Response:
    """One hit leads to the customer, none or several to the list."""
    typed = visit.field("q").strip()
    if not typed or visit.session is None:
        return see_other("/customers")
    found = visit.house.desk.search(visit.actor, typed)
    if len(found) == 1:
        return see_other(f"/customers/{found[0].id}")
    return see_other(f"/customers?search={visit.house.searches.keep(visit.session.token, typed, visit.now)}")
