"""What codes are called on a page: channels, kinds of identifiers, events, reasons. Unknown ones show themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from itda.access.actor import PERMISSIONS
from itda.console.language import mark as _

Say = Callable[[str], str]

CHANNELS = {
    "web": _("Web"), "app": _("App"), "store": _("Store"), "kakao": _("KakaoTalk"), "email": _("E-mail"),
    "mail": _("Mail"), "post": _("Mail"), "call": _("Call centre"), "crm": _("CRM"), "console": _("Console"),
    "sms": _("Text message"),
    "push": _("Push"), "social": _("Social media"), "ad": _("Advertising"), "kiosk": _("Kiosk"),
    "sensor": _("Sensor"), "voice": _("Voice of customer"), "server": _("Server"), "campaign": _("Campaign"),
    "centre": _("Privacy centre"), "any": _("Every channel"),
}  # fmt: skip

_TONES = {
    "web": "web", "app": "app", "store": "store", "kakao": "kakao", "email": "email", "mail": "mail", "post": "mail",
    "call": "call",
    "crm": "crm", "campaign": "mail", "pos": "store", "kiosk": "store", "sms": "call", "push": "app", "voice": "call",
}  # fmt: skip
TONE_COLOURS = {
    "web": "#3157c8", "app": "#7a4fd0", "store": "#9a531f", "kakao": "#806500", "email": "#0b7a70", "mail": "#2f6f3f",
    "call": "#a33b6b", "crm": "#4a5a78", "other": "#5b6472",
}  # fmt: skip

KINDS = {
    "membership": _("Membership"), "customer_number": _("Customer number"), "user_id": _("User id"),
    "email": _("E-mail"), "phone": _("Phone"), "device": _("Device"), "anonymous_id": _("Browser"),
    "cookie": _("Cookie"), "name": _("Name"), "customer": _("Customer id"), "kakao": _("KakaoTalk id"),
    "ad_id": _("Advertising id"), "card": _("Payment card"), "household": _("Household"),
}  # fmt: skip
_KIND_TONES = {
    "membership": "store", "customer_number": "store", "user_id": "web", "email": "email", "phone": "call",
    "device": "app", "anonymous_id": "web", "cookie": "other", "name": "crm", "kakao": "kakao",
}  # fmt: skip
_KIND_ICONS = ("membership", "customer_number", "user_id", "email", "phone", "device", "anonymous_id", "cookie", "name")

EVENTS = {
    "Products Searched": _("Searched products"), "Product List Viewed": _("Viewed a product list"),
    "Product List Filtered": _("Filtered a product list"), "Promotion Viewed": _("Saw a promotion"),
    "Promotion Clicked": _("Clicked a promotion"), "Product Clicked": _("Clicked a product"),
    "Product Viewed": _("Viewed a product"), "Product Added": _("Added to cart"),
    "Product Removed": _("Removed from cart"), "Cart Viewed": _("Viewed the cart"),
    "Checkout Started": _("Started checkout"), "Checkout Step Viewed": _("Viewed a checkout step"),
    "Checkout Step Completed": _("Completed a checkout step"), "Payment Info Entered": _("Entered payment details"),
    "Order Completed": _("Order completed"), "Order Updated": _("Order updated"),
    "Order Refunded": _("Order refunded"), "Order Cancelled": _("Order cancelled"),
    "Order Returned": _("Order returned"), "Order Ready For Pickup": _("Order ready to pick up"),
    "Order Picked Up": _("Order picked up"), "Order Delivered": _("Order delivered"),
    "Order Confirmed": _("Order confirmed"), "Coupon Entered": _("Entered a coupon"),
    "Coupon Applied": _("Coupon applied"), "Coupon Denied": _("Coupon denied"),
    "Coupon Removed": _("Coupon removed"), "Coupon Redeemed": _("Coupon redeemed"),
    "Product Added to Wishlist": _("Added to wishlist"), "Product Removed from Wishlist": _("Removed from wishlist"),
    "Wishlist Product Added to Cart": _("Moved from wishlist to cart"), "Product Shared": _("Shared a product"),
    "Cart Shared": _("Shared the cart"), "Product Reviewed": _("Reviewed a product"),
    "Points Earned": _("Points earned"), "Points Used": _("Points used"), "Points Expired": _("Points expired"),
    "Membership Joined": _("Joined the membership"), "Membership Tier Changed": _("Membership tier changed"),
    "Campaign Received": _("Campaign received"), "Store Entered": _("Entered a store"),
    "Store Left": _("Left a store"), "Store Visited": _("Visited a store"), "Product Tried": _("Tried a product"),
    "Kiosk Used": _("Used a kiosk"), "Staff Assisted": _("Helped by staff"), "Stock Changed": _("Stock changed"),
    "Consent Changed": _("Consent changed"), "Text Received": _("Answered a text"),
    "Opt-out Called": _("Called the opt-out number"), "Consent Signalled": _("Consent banner of a page"),
    "Survey Answered": _("Answered a survey"),
    "Call Started": _("Call started"), "Call Ended": _("Call ended"), "Ticket Opened": _("Ticket opened"),
    "Ticket Closed": _("Ticket closed"), "Page Viewed": _("Viewed a page"), "Screen Viewed": _("Viewed a screen"),
    "Customer Identified": _("Identified"), "Group Joined": _("Joined a group"),
    "Alias Created": _("Alias created"), "Identity Joined": _("Joined by a steward"),
    "Message Sent": _("Message sent"), "Message Delivered": _("Message delivered"),
    "Message Bounced": _("Message came back"), "Message Opened": _("Opened a message"),
    "Message Clicked": _("Clicked in a message"), "Message Complained": _("Complained about a message"),
    "Unsubscribed": _("Unsubscribed"), "Journey Entered": _("Came into a journey"),
    "Journey Moved": _("Went on in a journey"), "Journey Exited": _("Left a journey"),
    "Identity Cut": _("Cut by a steward"), "Identity Decision Retracted": _("Steward's decision taken back"),
}  # fmt: skip
_CALLS = {
    "identify": "Customer Identified", "page": "Page Viewed", "screen": "Screen Viewed", "group": "Group Joined",
    "alias": "Alias Created",
}  # fmt: skip

EVENT_ICONS = {
    "Message Sent": "mail-sent", "Message Delivered": "mail-delivered", "Message Bounced": "mail-bounced",
    "Message Opened": "mail-opened", "Message Clicked": "mail-clicked", "Message Complained": "mail-complained",
    "Unsubscribed": "mail-off", "Consent Changed": "consent", "Journey Entered": "move-in",
    "Journey Moved": "journeys", "Journey Exited": "move-out",
}  # fmt: skip
"""Events that are told by what happened; all others by where."""

TIERS = {
    "must": _("Joined by a steward"), "observed": _("Seen together"), "probable": _("Probably the same"),
    "cannot": _("Kept apart by a steward"),
}  # fmt: skip
SHARED = {
    "household_id": _("Same household id"), "address": _("Same address"), "phone": _("Same phone"),
    "family_name": _("Same family name"),
}  # fmt: skip
THROUGH = _("Through another member")
STATES = {
    "active": _("In force"), "suppressed": _("Not followed: a limit stands in the way"), "cut": _("Cut"),
    "retracted": _("Taken back"),
}  # fmt: skip
HELD_BACK = {
    "cut": _("A steward keeps these two apart."), "size": _("The customer would have too many identifiers."),
    "unique": _("Both sides have one of this kind, and they differ: %(kind)s."),
    "limit": _("One customer would have more of this kind than is allowed: %(kind)s."),
    "hub": _("One of the two is shared by many people, so nothing is joined through it."),
    "blocked": _("One of the two is a value that nobody owns."),
    "source": _("Only a source says so that is not believed by itself."),
    "evidence": _("No event says so any more."), "decision": _("The steward's decision was taken back."),
}  # fmt: skip
ROLES = {
    "admin": _("Administrator"), "channel_manager": _("Channel manager"), "content_planner": _("Content planner"),
    "brand_approver": _("Brand approver"), "analyst": _("Analyst"), "pm": _("Product manager"),
    "cx_owner": _("Head of customer experience"), "store_staff": _("Store staff"), "agent": _("Call centre agent"),
    "steward": _("Steward of identity"), "privacy_officer": _("Privacy officer"), "partner": _("Partner"),
    "viewer": _("Viewer"), "customer": _("Customer"), "machine": _("Machine"),
}  # fmt: skip
REASONS = {
    "json": _("Not JSON"), "shape": _("Not shaped as an event"), "identity": _("No identifier"), "name": _("No name"),
    "size": _("Too large"), "clock": _("Clock too far off"), "contract": _("Against its contract"),
    "properties": _("Too many properties"), "source": _("Unknown source"),
    "forbidden": _("Holds what may not be kept"), "child": _("Is of a child under fourteen"),
    "broken": _("Cannot be read"), "erased": _("Names somebody who was erased"),
    "location": _("Location of somebody who paused it"), "row": _("Row cannot be read"),
}  # fmt: skip


def channel(code: str, say: Say) -> str:
    """A channel's name."""
    return say(CHANNELS[code]) if code in CHANNELS else code


def tone(code: str) -> str:
    """Which of the tones in the style a channel has."""
    return _TONES.get(code, "other")


def channel_icon(code: str) -> str:
    """The symbol of a channel in the icon sprite."""
    return "channel-console" if code == "console" else f"channel-{tone(code)}"


def event_icon(name: str, code: str) -> str:
    """The symbol of an event: its own, else that of its channel."""
    return EVENT_ICONS.get(name) or channel_icon(code)


def kind(code: str, say: Say) -> str:
    """What a kind of identifier is called."""
    return say(KINDS[code]) if code in KINDS else code.replace("_", " ")


def kind_tone(code: str) -> str:
    """Which tone a kind of identifier has."""
    return _KIND_TONES.get(code, "other")


def kind_icon(code: str) -> str:
    """The symbol of a kind in the icon sprite."""
    return f"kind-{code}" if code in _KIND_ICONS else "kind-other"


def shared(codes: Sequence[str], say: Say) -> str:
    """What ties two of a household."""
    return " · ".join(say(SHARED[code]) for code in codes if code in SHARED) or say(THROUGH)


def event(name: str, call: str, say: Say) -> str:
    """What an event is called; a call without a name is called by its type."""
    known = name if name in EVENTS else _CALLS.get(call, "")
    return say(EVENTS[known]) if known else name or call


def reason(code: str, say: Say) -> str:
    """Why an event was refused."""
    return say(REASONS[code]) if code in REASONS else code.replace("_", " ")


def held_back(code: str, say: Say) -> str:
    """Why a link is not followed: a word of HELD_BACK, `unique:<kind>` or `limit:<kind>`; else a steward's words."""
    why, _colon, subject = code.partition(":")
    return say(HELD_BACK[why]) % {"kind": kind(subject, say)} if why in HELD_BACK else code


def permission(code: str, say: Say) -> str:
    """What a permission allows."""
    return say(PERMISSIONS[code]) if code in PERMISSIONS else code


def role(code: str, say: Say) -> str:
    """What a role is called."""
    return say(ROLES[code]) if code in ROLES else code
