"""What of an id token is believed: every claim that may be wrong is wrong once."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from itda.access.staffing import Provider
from itda.base.errors import Refused
from itda.engine.people.outside import Outside, challenge, role_of, verified, wished
from itda.store.vault import Vault

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


@pytest.mark.parametrize(
    ("document", "keys", "what"),
    [
        ({}, {}, "names no authorization_endpoint, no token_endpoint, no jwks_uri"),
        ({"token_endpoint": 5}, {}, "no token_endpoint"),
        ([], {}, "not what OpenID Connect asks for"),
        (None, {}, "not what OpenID Connect asks for"),
        (None, {"keys": [{"kty": "no such"}]}, "not what OpenID Connect asks for"),
        (None, [], "not what OpenID Connect asks for"),
    ],
)
def test_a_provider_that_says_too_little_of_itself_is_refused_in_words(document, keys, what) -> None:
    class Saying(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            own = f"http://127.0.0.1:{self.server.server_port}"
            whole = {"authorization_endpoint": own, "token_endpoint": own, "jwks_uri": f"{own}/keys"}
            told = whole if document is None else document
            said = {"issuer": own, **told} if isinstance(told, dict) else told
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(keys if self.path == "/keys" else said).encode())

        def log_message(self, *_: object) -> None:
            """Nothing is told."""

    with HTTPServer(("127.0.0.1", 0), Saying) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        issuer = f"http://127.0.0.1:{server.server_port}"
        door = Outside(Provider(issuer=issuer, client_id="itda", roles={}), "", Vault(bytes(32)), lambda: NOW)
        with pytest.raises(Refused, match=what):
            door.begin("https://shop.example/back", "/")
        server.shutdown()
