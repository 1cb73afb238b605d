"""One line that says what happened in an event: what, how much, where. From properties only, longest first known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from itda.base.money import is_known, number
from itda.console.formats import NOTHING, Formats

_PLACES = ("store_name", "store", "location")
_TITLES = ("name", "title", "query", "promotion_name", "campaign_name", "coupon_name", "campaign_type", "coupon",
           "coupon_upc", "campaign", "campaign_id", "list_id", "path", "url", "reason")  # fmt: skip
_SUMS = ("revenue", "total", "value", "price")
_MOST = 2
_SHOWN_AT_MOST = 60


class Words(NamedTuple):
    """What the language of the page puts around values."""

    more: str
    """Further products follow: `and %(count)s more`."""
    store: str
    """A store by its number: `store %(id)s`."""


def gist(properties: Mapping[str, Any], formats: Formats, words: Words) -> str:
    """A line such as `Linen shirt, Belt and 2 more · ₩138,000 · Gangnam`; empty when nothing in it can be said."""
    parts = [_products(properties, words.more) or _first(properties, _TITLES), _sum(properties, formats)]
    parts.append(_place(properties, words.store))
    seen: list[str] = []
    for part in parts:
        if part and part not in seen:
            seen.append(part)
    return " · ".join(seen)


def _products(properties: Mapping[str, Any], more: str) -> str:
    products = properties.get("products")
    if not isinstance(products, list) or not products:
        return ""
    named = list(dict.fromkeys(filter(None, (_called(one) for one in products if isinstance(one, dict)))))
    shown = ", ".join(named[:_MOST])
    left = len(named) - _MOST
    return f"{shown} {more % {'count': left}}" if left > 0 else shown


def _place(properties: Mapping[str, Any], numbered: str) -> str:
    known = _first(properties, ("store_id",))
    return _first(properties, _PLACES) or (numbered % {"id": known} if known else "")


def _called(product: Mapping[str, Any]) -> str:
    """A product's name, else what it is, else its number."""
    return next((str(product[key]) for key in ("name", "category", "product_id", "sku") if product.get(key)), "")


def _first(properties: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = properties.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            text = str(value)
            return text if len(text) <= _SHOWN_AT_MOST else text[: _SHOWN_AT_MOST - 1] + "…"
    return ""


def _sum(properties: Mapping[str, Any], formats: Formats) -> str:
    for name in _SUMS:
        value = properties.get(name)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            exact = number(value)
            if exact is None:
                continue
            currency = properties.get("currency")
            known = currency if isinstance(currency, str) and len(currency) == 3 else ""  # noqa: PLR2004 - ISO 4217
            return formats.amount(exact, known.upper() if is_known(known.upper()) else "")
    return ""


def flat(properties: Mapping[str, Any], prefix: str = "", depth: int = 0) -> list[tuple[str, str]]:
    """Properties as pairs of a dotted name and a text, for the list inside an event; at most 60."""
    pairs: list[tuple[str, str]] = []
    for name, value in properties.items():
        full = f"{prefix}{name}"
        if isinstance(value, dict) and depth < 3:  # noqa: PLR2004 - deeper ones are rare and shown as they are
            pairs += flat(value, f"{full}.", depth + 1)
        elif isinstance(value, list) and depth < 3 and all(isinstance(one, dict) for one in value):  # noqa: PLR2004 - same
            for index, one in enumerate(value, 1):
                pairs += flat(one, f"{full}[{index}].", depth + 1)
        else:
            pairs.append((full, _plain(value)))
    return pairs[:60]


def _plain(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return str(value)
