"""HashiCorp Vault, and OpenBao: encrypt and decrypt of the transit secrets engine, over HTTP.

VAULT_ADDR and VAULT_TOKEN as Vault's own tools take them, VAULT_NAMESPACE and VAULT_TRANSIT (where the engine is
mounted, `transit` by default) where they are set.
"""

from __future__ import annotations

import base64
import os
from typing import Any

from itda.base.errors import Fault, Refused, Unavailable

_PATIENCE_S = 5.0
_FORBIDDEN = 403


class TransitKms:
    """One key of a transit engine."""

    def __init__(self, key: str, address: str, headers: dict[str, str], mount: str) -> None:
        self._key = key
        self._address = address.rstrip("/")
        self._headers = headers
        self._mount = mount.strip("/")

    def wrap(self, key: bytes) -> bytes:
        """What only this key opens: Vault's own text, such as `vault:v1:…`."""
        text: str = self._asked("encrypt", {"plaintext": base64.b64encode(key).decode()})["ciphertext"]
        return text.encode()

    def unwrap(self, wrapped: bytes) -> bytes:
        """What was wrapped by it, whichever version of it did."""
        text: str = self._asked("decrypt", {"ciphertext": wrapped.decode("ascii", "replace")})["plaintext"]
        return base64.b64decode(text)

    def _asked(self, operation: str, given: dict[str, str]) -> Any:
        import httpx  # noqa: PLC0415 - loaded where it is used

        url = f"{self._address}/v1/{self._mount}/{operation}/{self._key}"
        try:
            answer = httpx.post(url, json=given, headers=self._headers, timeout=_PATIENCE_S)
        except httpx.HTTPError as error:
            raise Unavailable(f"Vault at {self._address} does not answer: {type(error).__name__}", 5.0) from None
        if answer.status_code >= 500 or answer.status_code == 429:  # noqa: PLR2004 - sealed, standby, or too busy
            raise Unavailable(f"Vault at {self._address} cannot answer now ({answer.status_code})", 5.0)
        if answer.is_error:
            cure = (
                "a token whose policy allows update there" if answer.status_code == _FORBIDDEN else "name the right key"
            )
            what = f"Vault refuses to {operation} with {self._mount}/{self._key} ({answer.status_code})"
            raise Refused(Fault(what=what, cure=cure))
        try:
            return answer.json()["data"]
        except (ValueError, KeyError):
            raise Refused(Fault(what=f"what answers at {self._address} is not Vault", cure="set VAULT_ADDR")) from None


def opened(key: str) -> TransitKms:
    """The key of that name; `Refused` where the environment does not say where Vault is."""
    address, token = os.environ.get("VAULT_ADDR", ""), os.environ.get("VAULT_TOKEN", "")
    if not address or not token:
        lacking = " and ".join(name for name in ("VAULT_ADDR", "VAULT_TOKEN") if not os.environ.get(name))
        raise Refused(Fault(what=f"Vault cannot be asked: {lacking} not in this environment", cure="set it"))
    headers = {"X-Vault-Token": token, "X-Vault-Request": "true"}
    if namespace := os.environ.get("VAULT_NAMESPACE"):
        headers["X-Vault-Namespace"] = namespace
    return TransitKms(key, address, headers, os.environ.get("VAULT_TRANSIT", "transit"))
