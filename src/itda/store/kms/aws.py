"""AWS KMS: Encrypt and Decrypt of API version 2014-11-01, through boto3 (the extra `aws`).

Region, credentials and endpoint come from where boto3 finds them (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_KMS, the
machine's role …). The encryption context binds what is wrapped to its use, and shows in the trail that AWS keeps.
"""

from __future__ import annotations

from typing import Any

from itda.base.errors import Fault, Refused, Unavailable

_CONTEXT = {"itda": "workspace key"}
_PATIENCE_S = 5
_TRIES = 2


class AwsKms:
    """One key in AWS KMS, by its id, alias or ARN."""

    def __init__(self, key: str, client: Any) -> None:
        self._key = key
        self._client = client

    def wrap(self, key: bytes) -> bytes:
        """What only this key opens."""
        wrapped: bytes = self._asked("Encrypt", KeyId=self._key, Plaintext=key)["CiphertextBlob"]
        return wrapped

    def unwrap(self, wrapped: bytes) -> bytes:
        """What was wrapped by it."""
        key: bytes = self._asked("Decrypt", KeyId=self._key, CiphertextBlob=wrapped)["Plaintext"]
        return key

    def _asked(self, operation: str, **given: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - loads the AWS SDK

        call = self._client.encrypt if operation == "Encrypt" else self._client.decrypt
        try:
            return call(**given, EncryptionContext=_CONTEXT)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "an error")
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            if status >= 500 or "Throttl" in code:  # noqa: PLR2004 - its own fault, or too busy
                raise Unavailable(f"AWS KMS cannot answer now ({code})", 5.0) from None
            cure = f"let this machine's role use {operation} on that key, in the region it is in"
            raise Refused(Fault(what=f"AWS KMS refuses {operation} with {self._key}: {code}", cure=cure)) from None
        except BotoCoreError as error:
            raise Unavailable(f"AWS KMS cannot be asked: {type(error).__name__}: {error}", 5.0) from None


def opened(key: str) -> AwsKms:
    """The key of that name. `Refused` without boto3, or without a region."""
    try:
        import boto3  # noqa: PLC0415 - an extra
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415
    except ImportError:
        raise Refused(Fault(what="AWS KMS needs boto3", cure="pip install 'itda[aws]'")) from None
    settings = Config(
        connect_timeout=_PATIENCE_S,
        read_timeout=_PATIENCE_S,
        retries={"total_max_attempts": _TRIES, "mode": "standard"},
    )
    try:
        return AwsKms(key, boto3.client("kms", config=settings))
    except (BotoCoreError, ValueError) as error:
        raise Refused(Fault(what=f"AWS KMS cannot be asked: {error}", cure="set AWS_REGION")) from None
