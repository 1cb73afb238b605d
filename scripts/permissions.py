"""Who may do what, gathered from the code itself: roles, addresses of every door, questions and changes, commands."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click

from itda.access.actor import NOT_STAFF, PERMISSIONS, ROLES, STAFF_ROLES, sight
from itda.access.declared import OPEN, WRITE_KEY, needed


class Way(NamedTuple):
    """One address of a door. `permission` is None where nobody said."""

    door: str
    method: str
    path: str
    permission: str | None


class Asked(NamedTuple):
    """One question or change of the engine."""

    name: str
    kind: str
    permission: str | None


def ways() -> list[Way]:
    """Every address of every door, in the order in which they are looked up. Needs no database."""
    from itda.api.app import build  # noqa: PLC0415
    from itda.api.tracking import PATHS  # noqa: PLC0415
    from itda.centre.app import doors  # noqa: PLC0415
    from itda.console.app import assemble  # noqa: PLC0415
    from itda.engine import setting_up  # noqa: PLC0415
    from itda.engine.app import App  # noqa: PLC0415
    from itda.store.vault import Vault  # noqa: PLC0415
    from itda.workspace.load import load  # noqa: PLC0415

    nothing: Any = None
    with tempfile.TemporaryDirectory() as folder:
        setting_up.make(Path(folder) / "shop", name="Shop")
        app = App(nothing, load(Path(folder) / "shop"), Vault(bytes(32)), nothing, lambda: 0)
        console = assemble(nothing, nothing, lambda: nothing, lambda: 0)
        built = build(app, nothing, lambda: 0, console, beside=partial(doors, app, nothing), environment={})
    inside = {id(route) for route in console.routes}
    found = [
        Way(_door(route.path, is_console=id(route) in inside), method, route.path, needed(route.endpoint))
        for route in built.routes
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]
    built.tracking.close()
    return [*found, *(Way("tracking", "POST", path, WRITE_KEY) for path in PATHS)]


def _door(path: str, *, is_console: bool) -> str:
    if is_console:
        return "console"
    return "machines" if path.startswith(("/v1/", "/health", "/q/")) else "centre"


def asked() -> list[Asked]:
    """Every question and every change, by its name."""
    import itda.engine  # noqa: PLC0415

    found = []
    for module in pkgutil.walk_packages(itda.engine.__path__, "itda.engine."):
        for name, one in vars(importlib.import_module(module.name)).items():
            if not inspect.isclass(one) or one.__module__ != module.name or getattr(one, "_is_protocol", False):
                continue
            for kind, way in (("question", "answer"), ("change", "carry_out")):
                if inspect.isfunction(getattr(one, way, None)):
                    found.append(Asked(name, kind, getattr(one, "permission", None)))
    return sorted(found)


def typed() -> Iterator[str]:
    """Every command that does something, as it is typed after `itda`."""
    from itda.cli.main import itda  # noqa: PLC0415

    def walk(command: click.Command, words: tuple[str, ...], parent: click.Context | None) -> Iterator[str]:
        context = click.Context(command, info_name=words[-1] if words else "itda", parent=parent)
        if not isinstance(command, click.Group):
            yield " ".join(words)
            return
        if words and command.invoke_without_command:
            yield " ".join(words)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from walk(child, (*words, name), context)

    return walk(itda, (), None)


def page() -> str:
    """The page of the reference."""
    from itda.cli.permissions import NEEDED  # noqa: PLC0415

    told = ["# Permissions", "", "Every read, every change, every address and every command needs exactly one.", ""]
    told += ["## Roles", "", "| role | personal values | may |", "| --- | --- | --- |"]
    for role in STAFF_ROLES:
        held = "everything" if role == "admin" else ", ".join(f"`{one}`" for one in PERMISSIONS if one in ROLES[role])
        told.append(f"| `{role}` | {sight(role)} | {held} |")
    told += ["", "A machine's key holds what its scopes grant; a customer has the privacy centre of their own.", ""]
    told += ["## What each permission allows", "", "| permission | allows | roles |", "| --- | --- | --- |"]
    for permission, allows in PERMISSIONS.items():
        roles = [role for role in ROLES if permission in ROLES[role] and role not in NOT_STAFF | {"admin"}]
        told.append(f"| `{permission}` | {allows} | {', '.join(roles)} |")
    told += ["", "The administrator holds all of them.", "", "## Addresses", ""]
    told += [
        f"`{OPEN}`: anybody. It tells nothing of anybody, or proves by itself who may (a login, a signed link).",
        "",
    ]
    told += ["| door | | address | needs |", "| --- | --- | --- | --- |"]
    told += [f"| {way.door} | {way.method} | `{_steady(way.path)}` | `{way.permission}` |" for way in ways()]
    told += ["", "## Questions and changes", "", "| | | needs |", "| --- | --- | --- |"]
    told += [f"| {one.name} | {one.kind} | `{one.permission}` |" for one in asked()]
    told += ["", "## Commands", "", "`machine`: files, processes and keys of the machine, whoever may use its user."]
    told += ["", "| command | needs |", "| --- | --- |"]
    told += [f"| `itda {command}` | `{NEEDED[command]}` |" for command in typed() if command in NEEDED]
    return "\n".join(told) + "\n"


def _steady(path: str) -> str:
    """An address without the hash of what is served there: it changes with every style."""
    head, dash, tail = path.partition("style-")
    return f"{head}style-….css" if dash and tail.endswith(".css") else path
