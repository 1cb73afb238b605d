"""A workspace for a test: made by `init`, in a schema of its own on the run's server; and the command line on it."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from itda.cli import main as command_line
from itda.engine import setting_up
from itda.store.database import Database


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a workspace as `init` makes it, to be copied: to make it anew it would be read and checked twice."""
    folder = tmp_path_factory.mktemp("made") / "shop"
    setting_up.make(folder, name="Corner Shop")
    return folder


@pytest.fixture
def shop(tmp_path: Path, database: Database, pristine: Path) -> Path:
    """The folder of a fresh workspace."""
    folder = shutil.copytree(pristine, tmp_path / "shop")
    place(folder, database.url, database.schema)
    return folder


def place(folder: Path, url: str, schema: str) -> None:
    """Let a workspace keep its data in this schema."""
    with (folder / "itda.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\ndatabase:\n  url: {json.dumps(url)}\n  schema: {schema}\n")


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one line of JSON; anything else on standard output fails."""
        lines = self.out.splitlines()
        assert len(lines) == 1, self
        return json.loads(lines[0])


def run(*arguments: object, cwd: Path, timeout: float = 120, environment: dict[str, str] | None = None) -> Said:
    """Run `itda` as a newcomer would, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "itda.cli", *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False,
        env=os.environ | {"COLUMNS": "200"} | (environment or {}),
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


def typed(*arguments: object, cwd: Path) -> Said:
    """The same in this process: what a command says and answers, without the second a new process takes.

    `serve` too, where it is to be refused.
    """
    out, err = io.StringIO(), io.StringIO()
    with as_before(), contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = command_line.run([str(argument) for argument in arguments])
    return Said(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def as_before() -> Iterator[None]:
    """Set back what `serve` sets for the whole process: who hears its signals, and where its log goes."""
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    root = logging.getLogger()
    handlers, level, converter = root.handlers[:], root.level, logging.Formatter.converter
    try:
        yield
    finally:
        for number, heard_by in signals.items():
            signal.signal(number, heard_by)
        for handler in root.handlers:
            if handler not in handlers:
                handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.Formatter.converter = converter


@pytest.fixture
def itda(shop: Path) -> Callable[..., Said]:
    """`itda ARGUMENTS`, typed inside the shop."""
    return lambda *arguments: typed(*arguments, cwd=shop)


class Serving(NamedTuple):
    """A served shop: its process, where it listens, and the first login if it made one."""

    process: subprocess.Popen[str]
    url: str
    login: str | None
    password: str | None

    def stop(self, timeout: float = 20) -> int:
        """Ask it to stop as a terminal does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code


def start_serving(folder: Path, *arguments: str) -> Serving:
    """Serve a workspace on a free port, and return when its doors are open."""
    process = subprocess.Popen(
        [sys.executable, "-m", "itda.cli", "-w", str(folder), "--json", "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise AssertionError(process.communicate(timeout=20))
    said = json.loads(line)
    return Serving(process, said["url"], said["login"], said["password"])


Serve = Callable[..., Serving]


@contextlib.contextmanager
def serving() -> Iterator[Serve]:
    """What serves the workspaces it is given; whatever is left running in the end is stopped."""
    started: list[Serving] = []

    def start(folder: Path, *arguments: str) -> Serving:
        started.append(start_serving(folder, *arguments))
        return started[-1]

    try:
        yield start
    finally:
        for one in started:
            _end(one)


def _end(one: Serving) -> None:
    if one.process.poll() is None:
        try:
            one.stop()
        except subprocess.TimeoutExpired:
            one.process.kill()
            one.process.wait()
    for stream in (one.process.stdout, one.process.stderr):
        if stream is not None:
            stream.close()


@pytest.fixture
def serve(shop: Path) -> Iterator[Serve]:
    """Serve a workspace (by default the test's own); whatever a test leaves running is stopped."""
    with serving() as start:
        yield lambda folder=shop, *arguments: start(folder, *arguments)
