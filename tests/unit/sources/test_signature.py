"""Signatures of calls: the examples that GitHub, Slack and Standard Webhooks publish, and what must not pass."""

from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.base.instant import MINUTE, SECOND
from itda.sources.origins import WebhookOrigin
from itda.sources.signature import fault

GITHUB = WebhookOrigin(secrets_from=("A",), signature="x-hub-signature-256", prefix="sha256=", tolerance=5 * MINUTE)
SLACK = WebhookOrigin(
    secrets_from=("A",), signature="x-slack-signature", prefix="v0=", signed="v0:{timestamp}:{body}",
    timestamp="x-slack-request-timestamp", tolerance=5 * MINUTE,
)  # fmt: skip
STANDARD = WebhookOrigin(secrets_from=("A",), scheme="standard", tolerance=5 * MINUTE)
STRIPE = WebhookOrigin(secrets_from=("A",), scheme="stripe", tolerance=5 * MINUTE)

SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


def stripe(body: bytes, secret: str, at: int) -> str:
    signed = hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()
    return f"t={at},v1={'0' * 64},v1={signed},v0=6ffbb5"


def test_the_published_examples_pass() -> None:
    told = {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    assert fault(GITHUB, ["It's a Secret to Everybody"], told, b"Hello, World!", 0) is None
    told = {
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        "x-slack-request-timestamp": "1531420618",
    }
    assert fault(SLACK, ["8f742231b10e8888abcd99yyyzzz85a5"], told, SLACK_BODY, 1_531_420_618 * SECOND) is None
    told = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,bm9uZQ== v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v2,x",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    for known in (["old", secret], [secret.removeprefix("whsec_")]):
        assert fault(STANDARD, known, told, b'{"test": 2432232314}', 1_614_265_330 * SECOND) is None


def test_a_secret_that_is_empty_lets_nobody_sign() -> None:
    written = base64.b64encode(hmac.digest(b"", b"a.0.{}", "sha256")).decode()
    told = {"webhook-id": "a", "webhook-timestamp": "0", "webhook-signature": f"v1,{written}"}
    assert fault(STANDARD, ["whsec_"], told, b"{}", 0) == "the signature is wrong"


@pytest.mark.parametrize(
    ("apart_s", "why"), [(-301, "too far"), (301, "too far"), (300, None), (-300, None), (0, None)]
)
def test_a_time_of_sending_is_believed_within_the_tolerance_only(apart_s: int, why: str | None) -> None:
    at = 1_700_000_000
    said = fault(STRIPE, ["s"], {"stripe-signature": stripe(b"{}", "s", at)}, b"{}", (at + apart_s) * SECOND)
    assert (said is None) if why is None else why in (said or "")


@given(st.binary(min_size=1, max_size=40), st.integers(0, 39), st.integers(1, 255))
def test_a_body_changed_anywhere_is_not_believed(body: bytes, place: int, by: int) -> None:
    at, place = 1_700_000_000, place % len(body)
    told = {"stripe-signature": stripe(body, "s", at)}
    changed = body[:place] + bytes([body[place] ^ by]) + body[place + 1 :]
    assert fault(STRIPE, ["s"], told, body, at * SECOND) is None
    assert fault(STRIPE, ["s"], told, changed, at * SECOND) == "the signature is wrong"
    assert fault(STRIPE, ["other"], told, body, at * SECOND) == "the signature is wrong"


@pytest.mark.parametrize(
    ("origin", "told", "why"),
    [
        (GITHUB, {}, "no signature"),
        (GITHUB, {"x-hub-signature-256": "757107ea"}, "no signature"),
        (GITHUB, {"x-hub-signature-256": "sha256="}, "no signature"),
        (GITHUB, {"x-hub-signature-256": "sha256=zz"}, "no signature"),
        (SLACK, {"x-slack-signature": "v0=00"}, "no time of sending"),
        (STANDARD, {"webhook-id": "a", "webhook-timestamp": "now", "webhook-signature": "v1,AAAA"}, "no time"),
        (STRIPE, {"stripe-signature": "v1=00,t=" + "9" * 40}, "no time"),
        (STRIPE, {"stripe-signature": "t=1,v1=é"}, "no signature"),
    ],
)
def test_what_is_no_signature_is_told(origin: WebhookOrigin, told: dict[str, str], why: str) -> None:
    assert why in (fault(origin, ["s"], told, b"{}", 0) or "")


def test_signatures_may_be_in_base64_and_of_one_secret_or_the_next() -> None:
    origin = WebhookOrigin(secrets_from=("A", "B"), signature="x-shop", encoding="base64", tolerance=1)
    written = base64.b64encode(hmac.digest(b"new", b"{}", "sha256")).decode()
    assert fault(origin, ["old", "new"], {"x-shop": written}, b"{}", 0) is None
    assert fault(origin, ["old"], {"x-shop": written}, b"{}", 0) == "the signature is wrong"


def test_the_name_of_a_message_is_never_taken_for_its_body() -> None:
    told = {"webhook-id": "a{body}b", "webhook-timestamp": "0"}
    signed = {"plainly": b"a{body}b.0.{}", "turned": b"a{}b.0.{body}"}
    written = {name: base64.b64encode(hmac.digest(b"key", text, "sha256")).decode() for name, text in signed.items()}
    secret = base64.b64encode(b"key").decode()
    assert fault(STANDARD, [secret], told | {"webhook-signature": "v1," + written["plainly"]}, b"{}", 0) is None
    assert fault(STANDARD, [secret], told | {"webhook-signature": "v1," + written["turned"]}, b"{}", 0) is not None


def test_a_secret_of_other_letters_is_a_key_as_it_stands() -> None:
    written = base64.b64encode(hmac.digest("비밀".encode(), b"a.0.{}", "sha256")).decode()
    told = {"webhook-id": "a", "webhook-timestamp": "0", "webhook-signature": f"v1,{written}"}
    assert fault(STANDARD, ["비밀"], told, b"{}", 0) is None
