"""What every page of the centre is asked and answered with: forms, languages, networks, headers."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request

from itda.access.limits import network
from itda.centre.words import LANGUAGES

_LARGEST_FORM = 16_384
_MOST_FIELDS = 400
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def network_of(request: Request) -> str:
    """Whose network asks."""
    return network(request.client.host if request.client else "")


async def form_of(request: Request) -> dict[str, list[str]] | None:
    """The fields of a form; None where it is longer than any of ours, or has more fields."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST_FORM:
            return None
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None


def accepted(request: Request) -> str:
    """The first language that the browser names and we speak."""
    for part in request.headers.get("accept-language", "").split(",")[:10]:
        language = part.strip().partition(";")[0][:2].lower()
        if language in LANGUAGES:
            return language
    return ""
