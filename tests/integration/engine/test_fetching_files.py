"""Files that others put into a folder, here or over SFTP: each once, when it is complete, oldest first."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import itda
from itda.base.errors import Refused, Unavailable
from itda.engine.fetching.run import fetch
from itda.engine.fetching.sftp import Client, command
from itda.engine.shop import Shop
from itda.sources.origins import SftpOrigin

SERVER = Path("/usr/lib/openssh/sftp-server")
MAPPING = """
mapping:
  event: Tasting Attended
  occurred_at: {column: at, zone: UTC}
  identifiers: {membership: card}
  key: [card, at]
"""
CONTRACT = "event: Tasting Attended\nversion: 1\nowner: crm\nschema: {type: object}\n"
OLD = time.time() - 3_600


@pytest.fixture
def opened(shop: Path) -> Iterator[Callable[[str], Shop]]:
    shops: list[Shop] = []

    def open_with(origin: str) -> Shop:
        kind = origin.partition(":")[0]
        (shop / "contracts" / "tasting.yaml").write_text(CONTRACT, encoding="utf-8")
        (shop / "sources" / "feed.yaml").write_text(
            f"kind: {kind}\nchannel: store\n{origin}\n{MAPPING}", encoding="utf-8"
        )
        shops.append(itda.open(shop))
        return shops[-1]

    yield open_with
    for one in shops:
        one.close()


def put(folder: Path, name: str, *cards: str, at: float = OLD) -> None:
    rows = "".join(f"{card},2026-03-01 10:{minute:02d}\n" for minute, card in enumerate(cards))
    (folder / name).write_text("card,at\n" + rows, encoding="utf-8")
    os.utime(folder / name, (at, at))


def accepted(shop: Shop) -> tuple[int, int]:
    shop.settle()
    events = shop.status().events
    return events.accepted, events.duplicate


def test_each_file_is_taken_once_when_nobody_changes_it_any_more(shop: Path, opened: Any) -> None:
    folder = shop / "drop"
    folder.mkdir()
    one = opened("folder: {path: drop, pattern: 'feed-*.csv'}")
    put(folder, "feed-1.csv", "c1", "c2")
    put(folder, "other.csv", "c8")
    put(folder, ".feed-0.csv", "c9")
    put(folder, "feed-2.csv", "c3", at=time.time())  # somebody is still writing
    first = one.sources.fetch("feed")
    assert (first.rows, first.events, first.outcome) == (2, 2, "done")
    put(folder, "feed-2.csv", "c3", "c4")
    assert one.sources.fetch("feed").events == 2
    put(folder, "feed-1.csv", "c1", "c2", "c5", at=OLD + 60)  # another content under the same name
    shutil.copy2(folder / "feed-2.csv", folder / "feed-3.csv")  # the same content under another name
    third = one.sources.fetch("feed")
    assert (third.events, third.known) == (3, 1)
    assert one.sources.fetch("feed").rows == 0
    assert accepted(one) == (5, 2)


def test_how_a_file_looked_that_was_taken_away_is_forgotten_and_the_file_is_not(shop: Path, opened: Any) -> None:
    folder = shop / "drop"
    folder.mkdir()
    one = opened("folder: {path: drop, settled: 0}")
    put(folder, "a.csv", "c1")
    put(folder, "b.csv", "c2")
    one.sources.fetch("feed")

    def kept() -> list[str]:
        with one.db.connection() as connection:
            return [name for (name,) in connection.execute("select name from source_file order by name").fetchall()]

    (folder / "a.csv").rename(shop / "a.csv")
    one.sources.fetch("feed")
    assert kept() == ["a.csv", "b.csv"]
    with one.db.connection() as connection:
        connection.execute("update source_file set seen_at = 1, done_at = 2")  # long ago
    one.sources.fetch("feed")
    assert kept() == ["b.csv"]
    (shop / "a.csv").rename(folder / "a.csv")
    again = one.sources.fetch("feed")
    assert (again.events, again.known) == (0, 1)


def test_a_faulty_file_holds_up_no_other_and_is_told_until_it_is_mended(shop: Path, opened: Any) -> None:
    folder = shop / "drop"
    folder.mkdir()
    one = opened("folder: {path: drop, settled: 0}")
    put(folder, "a.csv", "c1")
    (folder / "b.csv").write_text("name,when\nx,y\n", encoding="utf-8")
    put(folder, "c.csv", "c2")
    put(folder, os.fsdecode("주문.csv".encode("cp949")), "c4")
    put(shop, "elsewhere.csv", "c5")
    (folder / "link.csv").symlink_to(shop / "elsewhere.csv")
    with pytest.raises(Refused, match="not every file could be imported") as told:
        one.sources.fetch("feed")
    assert r"\xae.csv: its name is not in UTF-8" in str(told.value)
    assert re.search("b.csv: .*has none of the columns", str(told.value))
    assert "link" not in str(told.value)
    assert one.sources.state("feed").runs[0].events == 2, "what a link has from elsewhere is none of the folder's"
    (folder / os.fsdecode("주문.csv".encode("cp949"))).unlink()
    put(folder, "b.csv", "c3")
    assert one.sources.fetch("feed").events == 1
    assert one.sources.state("feed").source.failures == 0
    assert accepted(one) == (3, 0)


def test_a_folder_that_is_not_there_is_named(opened: Any) -> None:
    with pytest.raises(Refused, match="is no folder"):
        opened("folder: {path: nowhere}").sources.fetch("feed")


# ── SFTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────

with_server = pytest.mark.skipif(not SERVER.exists(), reason="apt-get install openssh-sftp-server")


@pytest.fixture
def client() -> Iterator[Client]:
    with Client([str(SERVER)], os.environ, "sources/feed.yaml") as one:
        yield one


@with_server
def test_files_come_over_sftp_as_they_are(tmp_path: Path, client: Client) -> None:
    sizes = (0, 1, 32_768, 32_769, 3_000_017)
    for size in sizes:
        (tmp_path / f"한글 {size}.bin").write_bytes(os.urandom(size))
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / f"한글 {1}.bin")
    os.utime(tmp_path / "한글 1.bin", (1_700_000_000, 1_700_000_000))
    listed = {one.name: one for one in client.list(str(tmp_path))}
    assert {one.bytes for one in listed.values()} == set(sizes)
    assert listed["한글 1.bin"].modified_at == 1_700_000_000_000_000
    for name in listed:
        assert b"".join(client.read(str(tmp_path / name))) == (tmp_path / name).read_bytes()


@with_server
def test_what_the_server_has_not_is_refused_and_the_session_goes_on(tmp_path: Path, client: Client) -> None:
    with pytest.raises(Refused, match="is not there on the server"):
        client.list(str(tmp_path / "nowhere"))
    with pytest.raises(Refused, match="is not there on the server"):
        list(client.read(str(tmp_path / "nothing")))
    assert client.list(str(tmp_path)) == []


def test_a_program_that_speaks_otherwise_is_no_server() -> None:
    with pytest.raises(Unavailable, match="it hung up"):
        Client(["echo", "Welcome, dear customer, to this machine"], os.environ, "sources/feed.yaml")
    with pytest.raises(Unavailable, match="no way in"):
        Client(["sh", "-c", "echo no way in >&2"], os.environ, "sources/feed.yaml")


GREETING = "printf '\\000\\000\\000\\005\\002\\000\\000\\000\\003'; "
HANDLE = "printf '\\000\\000\\000\\012\\146\\000\\000\\000\\001\\000\\000\\000\\001h'; "


@pytest.mark.parametrize(
    "answer",
    [
        r"\000\000\000\005\145\000\000\000\002",  # a status without its code
        r"\000\000\000\011\150\000\000\000\002\000\000\000\007",  # seven names, and none
        r"\000\000\000\011\147\000\000\000\002\000\000\000\000",  # no bytes, which are no end
    ],
)
def test_a_broken_answer_is_told_in_a_line(answer: str) -> None:
    script = f"{GREETING}{HANDLE}printf '{answer}'; cat > /dev/null"
    for ask in (lambda client: client.list("out"), lambda client: list(client.read("out/a.csv"))):
        with (
            Client(["sh", "-c", script], os.environ, "sources/feed.yaml") as one,
            pytest.raises(Unavailable, match="gives answers that are none"),
        ):
            ask(one)


@pytest.mark.skipif(shutil.which("ssh") is None, reason="apt-get install openssh-client")
def test_ssh_takes_any_path_of_a_key_as_one(tmp_path: Path) -> None:
    name = 'our keys 100%h "new" \\ 열쇠'
    key, known = tmp_path / f"{name}", tmp_path / f"{name}.hosts"
    origin = SftpOrigin(
        host="files.example", port=22, user="feed", path="", pattern="*", settled=0, known_hosts=str(known)
    )
    key.touch()
    asked = command(origin, str(key))
    said = subprocess.run([asked[0], "-v", "-G", *asked[1:]], capture_output=True, text=True, check=True)
    told = dict(line.partition(" ")[::2] for line in said.stdout.splitlines())
    assert told["identityfile"].replace("%%", "%") == str(key)
    assert told["userknownhostsfile"].replace("%%", "%") == str(known)


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A real SSH server on a free port, with a key for whoever runs the tests; its port, and its folder of keys."""
    if shutil.which("sshd") is None:
        pytest.skip("sshd is not installed: apt-get install openssh-server")
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    for name in ("host", "ours", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / name)], check=True)
    shutil.copy(keys / "ours.pub", keys / "authorized")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    Path("/run/sshd").mkdir(exist_ok=True) if os.geteuid() == 0 else None
    settings = {
        "Port": port, "ListenAddress": "127.0.0.1", "HostKey": keys / "host", "PidFile": "none", "UsePAM": "no",
        "AuthorizedKeysFile": keys / "authorized", "StrictModes": "no", "Subsystem": f"sftp {SERVER}",
        "PasswordAuthentication": "no", "PermitRootLogin": "prohibit-password",
    }  # fmt: skip
    (keys / "config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with subprocess.Popen(
        [str(shutil.which("sshd")), "-D", "-e", "-f", str(keys / "config")], stderr=subprocess.DEVNULL
    ) as server:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with socket.socket() as door:
                if door.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield port, keys
        server.terminate()


@with_server
def test_a_feed_over_ssh_is_taken_with_our_key_from_the_server_we_know(
    shop: Path, opened: Any, sshd: tuple[int, Path]
) -> None:
    import getpass

    port, keys = sshd
    folder = shop / "outgoing"
    folder.mkdir()
    put(folder, "feed-1.csv", "c1", "c2")
    (shop / "known_hosts").write_text(f"[127.0.0.1]:{port} {(keys / 'host.pub').read_text()}")
    address = f"sftp://{getpass.getuser()}@127.0.0.1:{port}{folder}"
    one = opened(
        f"sftp: {{address: '{address}', pattern: 'feed-*.csv', settled: 0, key_from: FEED_KEY, known_hosts: known_hosts}}"
    )

    def run(key: str) -> Any:
        environment = {**os.environ, "FEED_KEY": str(keys / key)}
        return fetch(one, "feed", lambda _done, _total: None, environment=environment)

    with pytest.raises(Unavailable, match="Permission denied"):
        run("stranger")
    assert run("ours").events == 2
    put(folder, "feed-2.csv", "c3", "c4", "c5")
    assert run("ours").events == 3
    assert accepted(one) == (5, 0)
    (shop / "known_hosts").write_text(f"[127.0.0.1]:{port} {(keys / 'stranger.pub').read_text()}")
    with pytest.raises(Unavailable, match="Host key verification failed"):
        run("ours")
    assert not (shop / ".itda" / "run" / "fetch-feed").exists()
