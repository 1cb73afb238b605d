"""`itda serve`: open the doors of a workspace and process what comes in, until told to stop."""

from __future__ import annotations

import os
from pathlib import Path

import click

import itda
from itda.api import tls
from itda.cli import logs, terminal
from itda.cli.options import command, given
from itda.cli.supervisor import Supervisor, on_signals
from itda.engine.occupancy import ROLES

_FILE = click.Path(dir_okay=False, resolve_path=True, path_type=Path)


def _roles(_ctx: click.Context, _parameter: click.Parameter, given_roles: tuple[str, ...]) -> tuple[str, ...]:
    """The roles named, in their order, by commas or one by one; all of them where none is."""
    named = {role.strip() for roles in given_roles for role in roles.split(",")}
    for role in sorted(named - set(ROLES)):
        raise click.BadParameter(f"{role!r} is no role; they are {', '.join(ROLES)}")
    return tuple(role for role in ROLES if role in named) or ROLES


@command(
    "serve", "itda serve", "itda -w shop serve --host 0.0.0.0 --port 80", "itda serve --role doors",
    "itda serve --role pipeline,compactor",
)  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8400, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    callback=_roles,
    metavar="ROLE,…",
    help=f"Only these of {', '.join(ROLES)} (default: all). Others may be served by another `itda serve`.",
)
@click.option(
    "--certificate", type=_FILE, help="HTTPS by this certificate (PEM, with its chain). Read anew when it changes."
)
@click.option("--private-key", type=_FILE, help="The certificate's key (PEM, without password).")
def serve_command(
    host: str, port: int, roles: tuple[str, ...], certificate: Path | None, private_key: Path | None
) -> None:
    """Open the doors and process what comes in.

    It stays until Ctrl-C or SIGTERM. The first start of the doors makes an administrator and prints the password once.
    Each role of a workspace is served once: a second `serve` of the same role is refused.
    """
    if (certificate is None) is not (private_key is None):
        raise click.UsageError("--certificate and --private-key go together")
    if certificate is not None and private_key is not None:
        tls.Pair(certificate, private_key).context()
        os.environ |= {tls.CERTIFICATE: str(certificate), tls.PRIVATE_KEY: str(private_key)}
    folder = given().workspace
    with itda.open(folder) as shop:
        logs.start(shop.log_dir, "serve" if roles == ROLES else f"serve-{'-'.join(roles)}")
        supervisor = Supervisor(shop, host, port, roles)
        on_signals(supervisor)
        try:
            address = supervisor.open()
            if "doors" in address.roles:
                supervisor.wait_until_open(address, 120.0)
            login = shop.first_login() if "doors" in address.roles else None
            if given().is_json:
                terminal.json_line({"url": address.url, "pid": address.pid, "roles": address.roles,
                                    "login": login.login if login else None,
                                    "password": login.password if login else None})  # fmt: skip
            else:
                where = f"on {address.url}" if "doors" in address.roles else f"({', '.join(address.roles)} only)"
                terminal.say(f"Serving {shop.workspace.name} {where}; stop with Ctrl-C")
                if login is not None:
                    terminal.say(f"Sign in as {login.login} with the password {login.password}")
                    terminal.say("It is shown only this once.")
        except BaseException:
            supervisor.close()
            raise
        supervisor.run()
