"""E-mail addresses as mailboxes: the `email` form, and spellings that one provider delivers to one mailbox made one.

For a kind whose addresses are typed by hand at several doors. Mail to the result reaches the same person.
"""

from __future__ import annotations

from itda.events.normalise.email import email
from itda.events.normalise.normaliser import Normaliser
from itda.text import emails


def mailbox(text: str, country: str) -> str | None:
    """`kimminsu@gmail.com` for Kim.Minsu+shop@googlemail.com; None when it is no address."""
    address = email(text, country)
    return None if address is None else emails.mailbox(address)


NORMALISER = Normaliser("mailbox", mailbox, is_costly=True)
