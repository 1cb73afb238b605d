"""Signing in with an OpenID provider: the code flow of OpenID Connect Core 1.0 §3.1 with PKCE (RFC 7636), state, nonce.

What has to be known again when the browser comes back (state, nonce, verifier, where to) travels in a sealed cookie,
so that nothing is kept for whoever begins and never returns. Of the provider we believe only what its keys signed:
issuer, audience, time and nonce of the id token are checked, and a role comes from a claim, never from a name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from itda.access.actor import STAFF_ROLES
from itda.access.staffing import Provider
from itda.base.errors import Refused, Unavailable
from itda.base.instant import MINUTE, SECOND
from itda.store.vault import NO_FRAGMENT, Cipher, Unsealable, Vault

VALID = 10 * MINUTE
"""How long somebody may take at the provider."""
_REMEMBERED = 10 * MINUTE
_TIMEOUT_S = 10.0
_DRIFT_S = 60
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures with a key pair only: with a shared secret, or without one, anybody could have made the token."""
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
"""What a discovery document has to name (OpenID Connect Discovery 1.0 §3) for the code flow."""
_UNREADABLE = "the provider's documents are not what OpenID Connect asks for: tell who runs it"
_LABEL = "oidc"
_DENIED = "the provider did not let you in"
_UNTRUE = "what the provider said cannot be trusted"


class Kept(msgspec.Struct, frozen=True):
    """What the browser carries, sealed, while it is at the provider."""

    state: str
    nonce: str
    verifier: str
    next: str
    at: int


class Known(msgspec.Struct, frozen=True):
    """Somebody the provider knows. `outside` names them for good; `login` is only what they would like to be called."""

    outside: str
    login: str
    role: str
    next: str
    end: str
    """Where the browser goes when the session ends; empty where the provider has no such place."""


class Outside:
    """A provider as the doors use it; thread-safe. `secret` is the client's, empty for a public one."""

    def __init__(self, provider: Provider, secret: str, vault: Vault, clock: Callable[[], int]) -> None:
        self.provider = provider
        self._secret = secret
        self._cipher: Cipher = vault.cipher(vault.seed("oidc"), "staff")
        self._clock = clock
        self._found: tuple[int, Mapping[str, Any], Any] | None = None

    def begin(self, redirect: str, target: str) -> tuple[str, str]:
        """Where to send the browser, and what it carries meanwhile."""
        metadata, _ = self._metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        kept = Kept(state, nonce, verifier, target, self._clock())
        asked = {
            "response_type": "code", "client_id": self.provider.client_id, "redirect_uri": redirect,
            "scope": " ".join(self.provider.scopes), "state": kept.state, "nonce": kept.nonce,
            "code_challenge": challenge(kept.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        sealed = self._cipher.seal(NO_FRAGMENT, _LABEL, msgspec.json.encode(kept))
        at = str(metadata["authorization_endpoint"])
        return f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}", base64.urlsafe_b64encode(sealed).decode()

    def finish(self, carried: str, said: Mapping[str, str], redirect: str) -> Known:
        """Who came back. `Refused` for anything that is not the answer to what this browser asked, just now."""
        kept = self._kept(carried)
        if not hmac.compare_digest(said.get("state", "").encode(), kept.state.encode()):
            raise Refused(_UNTRUE)
        if said.get("iss", self.provider.issuer).rstrip("/") != self.provider.issuer:  # RFC 9207
            raise Refused(_UNTRUE)
        if "error" in said or not said.get("code"):
            raise Refused(_DENIED)
        metadata, keys = self._metadata()
        token = self._exchange(str(metadata["token_endpoint"]), said["code"], kept.verifier, redirect)
        claims = self._claims(token, keys, kept.nonce)
        role = role_of(claims.get(self.provider.claim), self.provider.roles)
        if role is None:
            raise Refused("the provider knows you, but nothing it says of you has a role here")
        return Known(f"{self.provider.issuer} {claims['sub']}", wished(claims), role, kept.next, _end(metadata, token))

    def _claims(self, token: str, keys: Any, nonce: str) -> Mapping[str, Any]:
        now = self._clock() // SECOND
        try:
            return verified(token, keys, self.provider, nonce, now)
        except Refused:
            _, renewed = self._metadata(is_new=True)  # the provider may have changed its keys since
            return verified(token, renewed, self.provider, nonce, now)

    def _kept(self, carried: str) -> Kept:
        try:
            sealed = base64.urlsafe_b64decode(carried)
            kept = msgspec.json.decode(self._cipher.open(NO_FRAGMENT, _LABEL, sealed), type=Kept)
        except (ValueError, Unsealable, msgspec.DecodeError):
            raise Refused("this browser did not ask to be let in") from None
        if not 0 <= self._clock() - kept.at < VALID:
            raise Refused("that took too long; begin again")
        return kept

    def _metadata(self, *, is_new: bool = False) -> tuple[Mapping[str, Any], Any]:
        """What the provider says of itself, and its keys (OpenID Connect Discovery 1.0 §4)."""
        from joserfc.errors import JoseError  # noqa: PLC0415 - only who signs in so needs it
        from joserfc.jwk import KeySet  # noqa: PLC0415

        now = self._clock()
        if self._found is None or is_new or now - self._found[0] > _REMEMBERED:
            metadata = self._got(f"{self.provider.issuer}/.well-known/openid-configuration")
            if str(metadata.get("issuer", "")).rstrip("/") != self.provider.issuer:
                raise Refused(_UNTRUE)
            lacking = [one for one in _ENDPOINTS if not _is_address(metadata.get(one))]
            if lacking:
                raise Refused(f"the provider's discovery document names no {', no '.join(lacking)}: tell who runs it")
            keys: Any = self._got(str(metadata["jwks_uri"]))
            try:
                self._found = (now, metadata, KeySet.import_key_set(keys))
            except (JoseError, LookupError, TypeError, ValueError):
                raise Refused(_UNREADABLE) from None
        return self._found[1], self._found[2]

    def _got(self, url: str) -> Mapping[str, Any]:
        import httpx  # noqa: PLC0415

        try:
            answer = httpx.get(url, timeout=_TIMEOUT_S, follow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable("the provider does not answer", 30) from error
        if not isinstance(found, dict):
            raise Refused(_UNREADABLE)
        return found

    def _exchange(self, url: str, code: str, verifier: str, redirect: str) -> str:
        """The id token for a code (RFC 6749 §4.1.3, with the verifier of RFC 7636 §4.5)."""
        import httpx  # noqa: PLC0415

        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        own = self.provider.client_id
        given = {"auth": httpx.BasicAuth(quote(own, ""), quote(self._secret, ""))} if self._secret else {}
        form |= {} if self._secret else {"client_id": own}
        try:
            answer = httpx.post(url, data=form, timeout=_TIMEOUT_S, **given)  # type: ignore[arg-type]
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable("the provider does not answer", 30) from error
        token = body.get("id_token") if isinstance(body, dict) else None
        if answer.status_code != 200 or not isinstance(token, str):  # noqa: PLR2004 - HTTP: OK
            raise Refused(_DENIED)
        return token


def _is_address(written: object) -> bool:
    return isinstance(written, str) and written.startswith(("https://", "http://"))


def verified(token: str, keys: Any, provider: Provider, nonce: str, now: int) -> Mapping[str, Any]:
    """The claims of an id token (OpenID Connect Core §3.1.3.7); `Refused` where one check fails. `now` in seconds."""
    from joserfc import errors, jwt  # noqa: PLC0415

    try:
        claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
    except (errors.JoseError, ValueError):
        raise Refused(_UNTRUE) from None
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    is_ours = provider.client_id in audiences and (
        claims.get("azp") == provider.client_id or ("azp" not in claims and len(audiences) == 1)
    )
    ends, began = claims.get("exp"), claims.get("iat", now)
    is_now = (
        isinstance(ends, int | float) and isinstance(began, int | float)
        and now - _DRIFT_S < ends and began < now + _DRIFT_S
    )  # fmt: skip
    is_fresh = hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())
    is_named = isinstance(claims.get("sub"), str) and bool(claims["sub"])
    is_theirs = str(claims.get("iss", "")).rstrip("/") == provider.issuer
    if not (is_ours and is_now and is_fresh and is_named and is_theirs):
        raise Refused(_UNTRUE)
    return claims


def role_of(claim: object, roles: Mapping[str, str]) -> str | None:
    """The most powerful role that the claim's values map to; None where none does."""
    values = claim if isinstance(claim, list) else [claim]
    found = {roles[value] for value in values if isinstance(value, str) and value in roles}
    return next((role for role in STAFF_ROLES if role in found), None)


def wished(claims: Mapping[str, Any]) -> str:
    """What somebody would be called here: their name there or their mailbox, as far as a login may hold it."""
    told = next((str(claims[name]) for name in ("preferred_username", "email", "sub") if claims.get(name)), "")
    letters = re.sub(r"[^a-z0-9._@+-]", "", told.lower()).lstrip("._@+-")
    return letters[:56] or "staff"


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _end(metadata: Mapping[str, Any], token: str) -> str:
    """Where a session ends at the provider too (OpenID Connect RP-Initiated Logout 1.0 §2)."""
    at = metadata.get("end_session_endpoint")
    return f"{at}{'&' if '?' in str(at) else '?'}{urlencode({'id_token_hint': token})}" if at else ""
