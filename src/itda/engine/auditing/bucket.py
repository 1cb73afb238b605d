"""Anchors in an S3-compatible bucket: each line an object of its own, locked until its time is over.

The bucket must have been made with object lock. Reading and writing is all we ask of it: no key of ours can take an
object away before its day, and a second object of the same key is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from itda.access.bucket import Bucket
from itda.base.errors import Refused, Unavailable
from itda.engine.auditing.anchors import Anchor, Read, told

_TIMEOUT_S = 10
_IS_THERE = {"PreconditionFailed", "ConditionalRequestConflict"}


class LockedBucket:
    """One bucket. `Refused` where boto3 is not installed."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._s3 = _client(bucket)

    @property
    def name(self) -> str:
        """Its address."""
        return f"s3://{self._bucket.name}/{self._bucket.prefix}"

    def add(self, line: bytes) -> bool:
        """Put a line there under its lock; False where it is there already. `Unavailable` where it cannot be put."""
        anchor = msgspec.json.decode(line, type=Anchor)
        try:
            with _reported(self.name):
                self._s3.put_object(
                    Bucket=self._bucket.name,
                    Key=self._key(line, anchor),
                    Body=line,
                    ContentType="application/json",
                    IfNoneMatch="*",
                    ObjectLockMode=self._bucket.mode.upper(),
                    ObjectLockRetainUntilDate=_time(anchor.at) + timedelta(days=self._bucket.days),
                )
        except FileExistsError:
            return False
        return True

    def lacking(self, lines: Sequence[bytes]) -> list[bytes]:
        """Those of these lines that are not there."""
        there = set(self._keys())
        return [line for line in lines if self._key(line, msgspec.json.decode(line, type=Anchor)) not in there]

    def read(self) -> Read:
        """Every anchor there is, oldest first."""
        try:
            with _reported(self.name):
                lines = [self._s3.get_object(Bucket=self._bucket.name, Key=key)["Body"].read() for key in self._keys()]
        except Unavailable as error:
            return Read([], str(error))
        return told(lines, is_whole=False)

    def _keys(self) -> list[str]:
        """The keys there are, oldest first."""
        with _reported(self.name):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket.name, Prefix=self._bucket.prefix
            )
            return sorted(found["Key"] for page in pages for found in page.get("Contents", ()))

    def _key(self, line: bytes, anchor: Anchor) -> str:
        return (
            f"{self._bucket.prefix}{_time(anchor.at):%Y-%m-%dT%H%M%S.%fZ}-{hashlib.sha256(line).hexdigest()[:16]}.json"
        )


@contextlib.contextmanager
def _reported(name: str) -> Iterator[None]:
    """What the bucket's library raises, as ours; `FileExistsError` where an object of that key is there."""
    try:
        yield
    except Exception as error:
        code = str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
        if code in _IS_THERE:
            raise FileExistsError from error
        if type(error).__module__.partition(".")[0] in {"botocore", "boto3", "s3transfer"}:
            raise Unavailable(f"{name}: {code or type(error).__name__}", retry_after_s=60) from error
        raise


def _client(bucket: Bucket) -> Any:
    try:
        import boto3  # noqa: PLC0415 - an extra, and heavy
        from botocore.config import Config  # noqa: PLC0415
    except ImportError as error:
        raise Refused("anchors in a bucket need boto3: pip install 'itda[aws]'") from error
    return boto3.client(
        "s3",
        endpoint_url=bucket.endpoint or None,
        region_name=bucket.region or None,
        config=Config(connect_timeout=_TIMEOUT_S, read_timeout=_TIMEOUT_S, retries={"max_attempts": 2}),
    )


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at)
