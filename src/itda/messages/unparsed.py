"""Where and why a template is no Liquid: the parser knows that it is none, and not always where."""

from __future__ import annotations

import re

from liquid.exceptions import LiquidError

from itda.messages.amiss import Amiss
from itda.messages.dialect import TAG_NAMES, parsed

_CURE = "see the brackets and quotes of the line"


def unparsed(error: LiquidError, source: str, *, is_html: bool) -> Amiss:
    """What the parser's error says, at the line where it is."""
    token = error.token
    line = source.count("\n", 0, token.start_index) + 1 if token is not None and token.start_index >= 0 else 0
    what = " ".join(str(error.message).split())
    if what.startswith("unexpected tag"):
        word = what.split("'")[1] if "'" in what else ""
        return Amiss(line or 1, f"{{% {word} %}} is no tag of a template", word=word, known=TAG_NAMES)
    if line:
        return Amiss(line, f"is no Liquid: {what}", _CURE)
    return _broken(source, is_html=is_html) or _unclosed(source) or Amiss(1, f"is no Liquid: {what}", _CURE)


def _broken(source: str, *, is_html: bool) -> Amiss | None:
    """The first output that is no Liquid by itself: the parser says that there is one, and not always where."""
    for piece in re.finditer(r"\{\{.*?\}\}", source, re.DOTALL):
        try:
            parsed(piece.group(), is_html=is_html)
        except LiquidError as error:
            what = " ".join(str(error.message).split())
            return Amiss(source.count("\n", 0, piece.start()) + 1, f"is no Liquid: {what}", _CURE)
    return None


def _unclosed(source: str) -> Amiss | None:
    """The block that is still open at the end."""
    blocks: list[tuple[str, int]] = []
    for piece in re.finditer(r"\{%-?\s*(end)?(if|unless|case|for)\b", source):
        if piece[1] is None:
            blocks.append((piece[2], piece.start()))
        elif blocks and blocks[-1][0] == piece[2]:
            blocks.pop()
    if not blocks:
        return None
    name, at = blocks[-1]
    return Amiss(source.count("\n", 0, at) + 1, f"{{% {name} %}} is never closed", f"{{% end{name} %}}")
