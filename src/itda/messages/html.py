"""What is done to a rendered mail: links counted, its opening seen, hidden and legal lines put in. Each once only."""

from __future__ import annotations

import html
import re

from itda.messages.links import Links
from itda.messages.plain import HIDDEN

_LINK = re.compile(r"""(<a\s[^>]*?\bhref\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE)
_SCHEMES = ("http://", "https://", "mailto:", "tel:", "sms:", "#")
_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)
_END = re.compile(r"</body\s*>", re.IGNORECASE)
_HIDDEN = "display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all;font-size:1px;line-height:1px"
_FOOTER = (
    "max-width:600px;margin:0 auto;padding:8px 25px;font-family:sans-serif;font-size:12px;line-height:18px;color:#555"
)


def with_links(page: str, links: Links, *, is_tracked: bool) -> str:
    """Links that lead only where mail may lead, counted by our own door where the person lets us."""
    own = (f"{links.base}/u/", f"{links.base}/p/", f"{links.base}/c/")

    def link(match: re.Match[str]) -> str:
        target = html.unescape(match[2][1:-1]).strip()
        if not target.lower().startswith(_SCHEMES):
            target = "#"
        elif is_tracked and target.lower().startswith("http") and not target.startswith(own):
            target = links.click(target)
        return f'{match[1]}"{html.escape(target)}"'

    return _LINK.sub(link, page)


def with_pixel(page: str, links: Links) -> str:
    """The image that says the mail was opened."""
    image = f'<img src="{html.escape(links.pixel)}" width="1" height="1" alt="" style="display:block;border:0">'
    return page if links.pixel in page else before_end(page, image)


def with_preheader(page: str, text: str) -> str:
    """The line that inboxes show after the subject, hidden in the mail itself."""
    if not text:
        return page
    hidden = f'{HIDDEN}<div style="{_HIDDEN}">{html.escape(text)}</div>{HIDDEN}'
    return _BODY.sub(lambda match: match.group() + hidden, page, count=1)


def with_line(page: str, text: str, link: str) -> str:
    """A line at the end of the mail, leading somewhere or not."""
    said = html.escape(text)
    inner = f'<a href="{html.escape(link)}" style="color:#555">{said}</a>' if link else said
    return before_end(page, f'<div style="{_FOOTER}">{inner}</div>')


def before_end(page: str, part: str) -> str:
    """The page with a part put at the end of its body."""
    found = list(_END.finditer(page, max(page.rfind("</body>"), 0)))
    return page[: found[-1].start()] + part + page[found[-1].start() :] if found else page + part
