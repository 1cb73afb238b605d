"""Anchors in a bucket with object lock, over S3's own wire: a server of moto's in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import msgspec
import pytest
from tests.integration.engine.audited import NOW, filled, forge

from itda.access.bucket import Bucket
from itda.base.instant import DAY
from itda.engine.auditing.anchoring import Anchoring
from itda.engine.auditing.bucket import LockedBucket
from itda.engine.auditing.verifying import verify

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/moto-api/", timeout=2).close()
                break
            except (urllib.error.URLError, OSError):
                assert time.monotonic() < deadline
                assert server.poll() is None
                time.sleep(0.1)
        yield url
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def s3(endpoint: str, request: pytest.FixtureRequest) -> Iterator[tuple[Any, Bucket]]:
    """A client, and an empty bucket that was made with object lock."""
    given = {"AWS_ACCESS_KEY_ID": "us", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "ap-northeast-2"}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        client = boto3.client("s3", endpoint_url=endpoint)
        name = f"anchors-{abs(hash(request.node.name))}"
        client.create_bucket(
            Bucket=name, ObjectLockEnabledForBucket=True,
            CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"},
        )  # fmt: skip
        yield client, Bucket(name=name, prefix="shop/", endpoint=endpoint, region="ap-northeast-2", days=400)
    finally:
        for one, value in before.items():
            os.environ.pop(one) if value is None else os.environ.__setitem__(one, value)


def anchoring(database, tmp_path, bucket: Bucket, now: int = NOW) -> Anchoring:
    return Anchoring(database, SimpleNamespace(anchors_dir=tmp_path, bucket=bucket), lambda: now)


def test_an_anchor_is_an_object_nobody_may_change_before_its_day(database, tmp_path, s3):
    client, bucket = s3
    filled(database, 2)
    made = anchoring(database, tmp_path, bucket).make()
    assert (made.bucket, made.lacking) == (f"s3://{bucket.name}/shop/", "")
    (found,) = client.list_objects_v2(Bucket=bucket.name)["Contents"]
    kept = client.head_object(Bucket=bucket.name, Key=found["Key"])
    until = datetime.fromtimestamp(NOW / 1e6, UTC) + timedelta(days=400)
    assert kept["ObjectLockMode"] == "COMPLIANCE"
    assert abs(kept["ObjectLockRetainUntilDate"] - until) < timedelta(seconds=2)
    version = client.list_object_versions(Bucket=bucket.name)["Versions"][0]["VersionId"]
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.delete_object(Bucket=bucket.name, Key=found["Key"], VersionId=version)


def test_a_second_object_of_the_same_line_is_refused_and_the_first_stays(database, tmp_path, s3):
    client, bucket = s3
    filled(database, 1)
    anchoring(database, tmp_path, bucket).make()
    (line,) = (tmp_path / "anchors.jsonl").read_bytes().splitlines()
    assert LockedBucket(bucket).add(line) is False
    versions = client.list_object_versions(Bucket=bucket.name)["Versions"]
    assert len(versions) == 1
    assert client.get_object(Bucket=bucket.name, Key=versions[0]["Key"])["Body"].read() == line


def test_a_chain_made_anew_with_its_file_fails_at_the_bucket(database, tmp_path, s3):
    _, bucket = s3
    filled(database, 2)
    own = anchoring(database, tmp_path, bucket)
    own.make()
    assert verify(database, own.places, NOW).faults == []
    forge(database, "update consent_event set action = 'withdraw' where seq = 1", "delete from chain_link",
          "update chain_head set until_seq = 0, seq = 0, day = 0, hash = '', links = 0, unblocked = 0")  # fmt: skip
    (tmp_path / "anchors.jsonl").unlink()
    anchoring(database, tmp_path, bucket, NOW + 1).make()
    found = verify(database, own.places, NOW)
    assert [bool(one.fault) for one in found.places] == [True, True]  # it is known how the file began
    assert [one.broken for one in found.streams] == [None, None, None]
    assert [(one.place[:5], one.table) for one in found.misfits] == [("s3://", "consent_event")]


def test_a_bucket_that_was_away_gets_what_it_lacks(database, tmp_path, s3):
    client, bucket = s3
    filled(database, 1)
    away = msgspec.structs.replace(bucket, endpoint="http://127.0.0.1:9")
    made = anchoring(database, tmp_path, away).make()
    assert made.lacking.startswith(f"s3://{bucket.name}/shop/: ")
    assert anchoring(database, tmp_path, bucket).daily() is None  # the day has its anchor: only the bucket lacks it
    assert len(client.list_objects_v2(Bucket=bucket.name)["Contents"]) == 1
    anchoring(database, tmp_path, bucket, NOW + DAY).daily()
    read = LockedBucket(bucket).read()
    assert [one.at for one in read.anchors] == [NOW, NOW + DAY]
    assert read.fault == ""
