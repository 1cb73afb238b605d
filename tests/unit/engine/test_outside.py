"""What of an id token is believed: every claim that may be wrong is wrong once."""

from __future__ import annotations

import base64

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from itda.access.staffing import Provider
from itda.base.errors import Refused
from itda.engine.people.outside import challenge, role_of, verified, wished

NOW = 1_790_000_000
NONCE = "a nonce of this browser"
OURS = Provider(issuer="https://id.shop.example", client_id="itda", roles={"cs": "agent"})
KEY = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
KEYS = KeySet.import_key_set({"keys": [KEY.as_dict(private=False)]})
GOOD = {
    "iss": "https://id.shop.example", "aud": "itda", "sub": "u-1", "nonce": NONCE, "iat": NOW - 5, "exp": NOW + 300,
}  # fmt: skip


def signed(claims: dict[str, object], key: RSAKey = KEY, **header: object) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"} | header, claims, key)


def test_what_is_in_order_is_believed() -> None:
    assert verified(signed(GOOD), KEYS, OURS, NONCE, NOW)["sub"] == "u-1"
    assert verified(signed(GOOD | {"aud": ["itda", "other"], "azp": "itda"}), KEYS, OURS, NONCE, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://id.evil.example"}, {"iss": None}, {"aud": "other"}, {"aud": ["itda", "other"]},
        {"azp": "other"}, {"nonce": "another"}, {"nonce": None}, {"exp": NOW - 61}, {"exp": None}, {"exp": "soon"},
        {"iat": NOW + 61}, {"sub": ""}, {"sub": None},
    ],
    ids=str,
)  # fmt: skip
def test_one_wrong_claim_is_enough_to_be_refused(wrong: dict[str, object]) -> None:
    claims = {name: value for name, value in (GOOD | wrong).items() if value is not None}
    with pytest.raises(Refused):
        verified(signed(claims), KEYS, OURS, NONCE, NOW)


def test_another_key_no_signature_and_a_shared_secret_are_refused() -> None:
    other = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    shared = OctKey.import_key("a secret that both sides could know", {"kid": "one"})
    head, body, _ = signed(GOOD).split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for token in (
        signed(GOOD, other), f"{head}.{body}.", f"{none}.{body}.", "nonsense",
        jwt.encode({"alg": "HS256", "kid": "one"}, GOOD, shared, algorithms=["HS256"]),
    ):  # fmt: skip
        with pytest.raises(Refused):
            verified(token, KEYS, OURS, NONCE, NOW)


@pytest.mark.parametrize(
    ("claim", "role"),
    [("cs", "agent"), (["x", "cs", "boss"], "admin"), (["x"], None), (None, None), ({"cs": 1}, None), ("admin", None)],
    ids=str,
)
def test_a_role_comes_only_from_what_is_mapped_and_the_most_powerful_counts(claim: object, role: str | None) -> None:
    assert role_of(claim, {"cs": "agent", "boss": "admin"}) == role


def test_a_name_becomes_a_login_and_the_challenge_is_that_of_the_standard() -> None:
    assert wished({"preferred_username": "Min Ji", "sub": "1"}) == "minji"
    assert wished({"sub": "김"}) == "staff"
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
