"""Write docs/reference from the code, so that it is never written twice: `python scripts/reference.py`."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import msgspec
import permissions
import rule_book

FOLDER = Path(__file__).parents[1] / "docs" / "reference"


def _notes(structure: type) -> dict[str, str]:
    """What the source says below each field of a struct and of those it extends."""
    found: dict[str, str] = {}
    for owner in reversed(structure.__mro__):
        if owner is msgspec.Struct or not issubclass(owner, msgspec.Struct):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
        assert isinstance(body, ast.ClassDef)  # noqa: S101 - the source of a class is a class
        for field, note in zip(body.body, body.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                text = note.value.value if isinstance(note, ast.Expr) and isinstance(note.value, ast.Constant) else ""
                found[field.target.id] = str(text)
    return found


def _kind_name(kind: object) -> str:
    said = str(getattr(kind, "__name__", kind)).replace("typing.", "").replace("|", "or")
    return re.sub(r"\bWritten\w+", "mapping (below)", said)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    if field.default_factory is not msgspec.NODEFAULT:
        return repr(field.default_factory())
    return "left out" if isinstance(field.default, msgspec.Struct) else repr(field.default)


def _fields(structure: type[msgspec.Struct]) -> Iterator[str]:
    notes = _notes(structure)
    yield "| field | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for field in msgspec.structs.fields(structure):
        annotation = inspect.get_annotations(structure).get(field.name) or field.type
        note = " ".join(notes.get(field.name, "").split())
        yield f"| `{field.encode_name}` | {_kind_name(annotation)} | `{_default(field)}` | {note} |"


def _line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")


def commands() -> str:
    """Every command with its own help."""
    from itda.cli.main import itda  # noqa: PLC0415 - only this page needs it

    lines = ["# Commands", "", "What `itda COMMAND --help` says.", ""]

    def walk(command: click.Command, path: str, parent: click.Context | None) -> None:
        context = click.Context(
            command, info_name=path.rsplit(maxsplit=1)[-1], parent=parent, max_content_width=110, terminal_width=110,
            **command.context_settings,
        )  # fmt: skip
        lines.extend([f"## {path}", "", "```", command.get_help(context), "```", ""])
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                if child is not None and not child.hidden:
                    walk(child, f"{path} {name}", context)

    walk(itda, "itda", None)
    return "\n".join(lines).rstrip() + "\n"


def contracts() -> str:
    """Every contract in the box with its fields and their classes."""
    from itda.events.contracts import box  # noqa: PLC0415

    lines = [
        "# Contracts in the box",
        "",
        (
            "What each event must carry. Fields a contract does not name are allowed and counted as drift;"
            " texts among them are sealed."
        ),
        "",
    ]
    for contract in sorted(box(), key=lambda one: one.event):
        required = set(contract.schema.get("required", ()))
        lines.extend([f"## {contract.event}", "", f"Version {contract.version}.", ""])
        properties = contract.schema.get("properties", {})
        if properties:
            lines.extend(["| field | class | required |", "| --- | --- | --- |"])
            for name in properties:
                node = contract.root.fields.get(name)
                derived = [f"{name}{suffix}" for suffix, _ in node.derive] if node else []
                kind = " → ".join([node.kind if node else "", ", ".join(derived)]).removesuffix(" → ")
                lines.append(f"| `{name}` | {kind} | {'yes' if name in required else ''} |")
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def kinds() -> str:
    """Kinds of identifiers, strongest first."""
    from itda.identity.policy import IdentityPolicy  # noqa: PLC0415

    policy, _ = IdentityPolicy.parse({})
    lines = [
        "# Kinds of identifiers",
        "",
        "Strongest first. `identity.yaml` changes them.",
        "",
        "| kind | unique | known | personal | limits | hub from | read from |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind in policy.kinds:
        limits = ", ".join(
            f"{limit.most} per {limit.window // 86_400_000_000} days" if limit.window else f"{limit.most} ever"
            for limit in kind.limits
        )
        flags = " | ".join("yes" if flag else "" for flag in (kind.is_unique, kind.is_known, kind.is_personal))
        lines.append(
            f"| `{kind.name}` | {flags} | {limits} | {kind.hub_degree or ''} | "
            f"{', '.join(f'`{path}`' for path in kind.paths)} |"
        )
    return "\n".join(lines) + "\n"


def traits() -> str:
    """Kinds of traits and what each takes."""
    import itda.profiles.traits as room  # noqa: PLC0415

    lines = ["# Kinds of traits", "", "A file in `traits/` names traits; each takes the fields of its kind.", ""]
    for found in pkgutil.iter_modules(room.__path__):
        module: ModuleType = importlib.import_module(f"{room.__name__}.{found.name}")
        part = next(
            value for value in vars(module).values() if hasattr(value, "arguments") and not inspect.isclass(value)
        )
        lines.extend([f"## {found.name}", "", (module.__doc__ or "").strip(), "", *_fields(part.arguments), ""])
    return "\n".join(lines).rstrip() + "\n"


def segments() -> str:
    """The tests that segments are made of."""
    import itda.segments.operators as room  # noqa: PLC0415

    about = "A file in `segments/` names segments; each is one test, or groups of them."
    lines = ["# Tests of segments", "", about, ""]
    for word, operator in room.OPERATORS.items():
        module = importlib.import_module(f"{room.__name__}.{word}")
        lines.extend([f"## {word}", "", (module.__doc__ or "").strip(), "", *_fields(operator.test), ""])
    return "\n".join(lines).rstrip() + "\n"


def templates() -> str:
    """What a message's templates may name and use."""
    from itda.messages import dialect, filters, shapes, typed  # noqa: PLC0415

    variables = shapes.variables(shapes.of_customer((), None), shapes.Shape())
    named = {
        "customer": "every trait and what identify calls said, by its name: `customer.name`, `customer.address.city`",
        "event": "plain properties of the event that began the journey; of several `events`, what all of them carry",
        "sender": "who sends",
        "links": "addresses made for this one mail",
    }
    lines = [
        "# Templates",
        "",
        (dialect.__doc__ or "").strip(),
        "",
        "## Variables",
        "",
        "| name | what |",
        "| --- | --- |",
    ]
    for name, shape in variables.fields.items():
        inner = ", ".join(f"`{name}.{part}`" for part in shape.fields)
        lines.append(f"| `{name}` | {named[name]}{': ' if inner else ''}{inner} |")
    lines += ["", "## Tags", "", ", ".join(f"`{name}`" for name in dialect.TAG_NAMES), ""]
    lines += [
        f"A loop has a `limit` of at most {typed.LONGEST_LOOP}; all loops together {dialect.ITERATIONS:,} rounds.",
        "",
    ]
    lines += ["## Filters", "", "| filter | for | gives | values |", "| --- | --- | --- | --- |"]
    for name, part in filters.FILTERS.items():
        count = str(part.most) if part.least == part.most else f"{part.least} to {part.most}"
        words = f": {', '.join(part.words)}" if part.words else ""
        lines.append(f"| `{name}` | {part.takes} | {part.gives} | {count}{words} |")
    return "\n".join(lines).rstrip() + "\n"


def metrics() -> str:
    """Every metric with its meaning in both languages, and the models of attribution."""
    from itda.measure.attribution import MODELS  # noqa: PLC0415
    from itda.measure.definition import Parameters  # noqa: PLC0415
    from itda.measure.metrics import METRICS  # noqa: PLC0415

    about = (
        "What `itda metric NAME` counts. Every metric has one meaning, for terminal, Python and console alike. Days and"
        " channels are those that hold where itda.yaml says nothing under `measures`."
    )
    lines = ["# Metrics", "", about, ""]
    units = {"count": "a number", "share": "a share, 0..1", "minor": "money, in minor units"}
    for metric in METRICS.values():
        adds_up = [by for by in metric.by if by in metric.adds_up]
        lines.extend([f"## {metric.name}", "", f"{metric.label_en} · {metric.label_ko}: {units[metric.unit]}.", ""])
        meaning_ko, meaning_en = metric.meaning(Parameters())
        lines.extend([meaning_en, "", meaning_ko, ""])
        lines.append(f"Split by {', '.join(metric.by)}.")
        if adds_up:
            lines.append(f"Parts add up to the whole by {', '.join(adds_up)}.")
        if metric.series:
            lines.append(f"Series: {', '.join(metric.series)}.")
        lines.append("")
    lines.extend(["## Models of attribution", "", "| model | | meaning | 뜻 |", "| --- | --- | --- | --- |"])
    lines.extend(
        f"| `{one.name}` | {one.label_en} · {one.label_ko} | {one.meaning_en} | {one.meaning_ko} |"
        for one in MODELS.values()
    )
    return "\n".join(lines).rstrip() + "\n"


def settings() -> str:
    """Every setting of itda.yaml and sources/*.yaml."""
    from itda.sources import definition  # noqa: PLC0415
    from itda.workspace import brand, consent, processors, retention, written, written_sources, written_staff  # noqa: PLC0415

    parts: tuple[tuple[str, type[msgspec.Struct]], ...] = (
        ("itda.yaml", written.WrittenShop),
        ("`database` in itda.yaml", written.WrittenDatabase),
        ("`staff` in itda.yaml", written_staff.WrittenStaff),
        ("`staff.oidc` in itda.yaml", written_staff.WrittenOidc),
        ("`measures` in itda.yaml", written.WrittenMeasures),
        ("`lake` in itda.yaml", written.WrittenLake),
        ("`notice` in itda.yaml", written.WrittenNotice),
        ("sources/NAME.yaml", written_sources.WrittenSource),
        ("`database` of a source", written_sources.WrittenDatabaseOrigin),
        ("`folder` of a source", written_sources.WrittenFolderOrigin),
        ("`sftp` of a source", written_sources.WrittenSftpOrigin),
        ("`webhook` of a source", written_sources.WrittenWebhook),
        ("`dlt` of a source", written_sources.WrittenDltOrigin),
        ("`codes` of a source", written_sources.WrittenCodes),
        ("`mapping` of a source", written_sources.WrittenMapping),
        ("A column of a mapping", definition.Column),
        ("`occurred_at` of a mapping", definition.Time),
        ("`event` of a mapping, where a column says which", written_sources.WrittenEventBy),
        ("`lines` of a mapping", written_sources.WrittenLines),
        ("journeys/NAME.yaml", written.WrittenJourney),
        ("`enter` of a journey", written.WrittenEnter),
        ("`goal` of a journey", written.WrittenGoal),
        ("One `exit` of a journey", written.WrittenLeave),
        ("One of the `steps` of a journey", written.WrittenStep),
        ("`wait_for` of a step", written.WrittenWaitFor),
        ("messages/NAME/message.yaml", written.WrittenMessage),
        ("`email` of a message", written.WrittenMail),
        ("channels.yaml", written.WrittenChannels),
        ("`email` in channels.yaml", written.WrittenEmailChannel),
        ("brand.yaml", brand.WrittenBrand),
        ("`colours` in brand.yaml", brand.WrittenColours),
        ("`centre` in brand.yaml", brand.WrittenCentre),
        ("One of processors.yaml", processors.Processor),
        ("One of retention.yaml", retention.Written),
        ("`held` in retention.yaml", retention.Held),
        ("consent.yaml", consent.WrittenConsent),
        ("`sender` in consent.yaml", consent.WrittenSender),
        ("One of `purposes` in consent.yaml", consent.WrittenPurpose),
        ("One of `texts` in consent.yaml", consent.WrittenText),
        ("One of `waivers` in consent.yaml", consent.WrittenWaiver),
    )
    lines = [
        "# Settings",
        "",
        (
            "What itda.yaml and the files in `sources/` may say. A column is written as its name, or with the fields"
            " below. [Traits](traits.md), [kinds of identifiers](kinds.md) and [contracts](contracts.md) have pages of"
            " their own."
        ),
        "",
    ]
    for title, structure in parts:
        lines.extend([f"## {title}", "", *_fields(structure), ""])
    channels = ", ".join(definition.CHANNELS)
    lines.extend(["## Channels", "", f"In the box: {channels}. `channels` in itda.yaml names others.", ""])
    return "\n".join(lines).rstrip() + "\n"


def errors() -> str:
    """The tree of errors."""
    from itda.base import errors as room  # noqa: PLC0415

    lines = ["# Errors", "", "```", (room.__doc__ or "").strip(), "```", ""]
    for value in vars(room).values():
        if inspect.isclass(value) and issubclass(value, Exception):
            lines.extend([f"## {value.__name__}", "", _line(value), ""])
    return "\n".join(lines).rstrip() + "\n"


def views() -> str:
    """What questions answer, which is what the API and `--json` print."""
    from itda.engine.questions import review_views  # noqa: PLC0415
    from itda.engine.questions import views as room  # noqa: PLC0415

    lines = [
        "# Answers",
        "",
        "The values that Python returns and `--json` and the API print. Times are microseconds UTC.",
        "",
    ]
    for module in (room, review_views):
        for value in vars(module).values():
            if inspect.isclass(value) and issubclass(value, msgspec.Struct) and value.__module__ == module.__name__:
                lines.extend([f"## {value.__name__}", "", _line(value), "", *_fields(value), ""])
    return "\n".join(lines).rstrip() + "\n"


def pages() -> dict[str, str]:
    """Every page of the reference: file name → text."""
    made = {
        "commands.md": commands(),
        "settings.md": settings(),
        "contracts.md": contracts(),
        "kinds.md": kinds(),
        "traits.md": traits(),
        "templates.md": templates(),
        "rules.md": rule_book.page(_fields),
        "segments.md": segments(),
        "metrics.md": metrics(),
        "errors.md": errors(),
        "answers.md": views(),
        "permissions.md": permissions.page(),
    }
    index = "# Reference\n\nMade from the code by `scripts/reference.py`; a test holds them equal.\n\n"
    titles = {name: text.split("\n", 1)[0].lstrip("# ") for name, text in made.items()}
    return {"index.md": index + "".join(f"- [{title}]({name})\n" for name, title in titles.items()), **made}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
