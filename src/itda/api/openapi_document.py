"""All that machines may ask of the doors, as OpenAPI 3.1, made from the routes and their types.

Bodies and answers are described by the types they are decoded to and encoded from, what a key needs by the route's own
declared permission; a route that nobody described is an error of the build, so the document is never behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any, get_args, get_type_hints

import msgspec
from starlette.routing import Route

from itda.access.declared import needed
from itda.access.scopes import scope_for
from itda.api.openapi_told import TOLD, Operation, Parameter
from itda.api.tracking import PATHS

_REF = "#/components/schemas/{name}"
_ERRORS = {
    "400": "The body or a parameter is not what is asked for; `error` says what and how to mend it.",
    "401": "No key, or an unknown one.",
    "403": "The key lacks the scope that `error` names.",
    "413": "The body is over the limit.",
    "429": "Too many calls; come again after Retry-After seconds.",
    "503": "The database does not answer, or takes nothing more; come again after Retry-After seconds.",
}
_BEHIND = "The log is not processed so far; `position` says how far it is."
_SECURITY = {
    "basic": {"type": "http", "scheme": "basic", "description": "The key as user, no password."},
    "bearer": {"type": "http", "scheme": "bearer"},
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The document of these routes and of the tracking paths. `KeyError` names a route that nobody described."""
    paths: dict[str, dict[str, Any]] = {}
    asked: list[tuple[dict[str, Any], Operation, str | None]] = []
    for route in routes:
        for method in sorted((route.methods or set()) - {"HEAD"}):
            told = TOLD[f"{method} {route.path}"]
            written: dict[str, Any] = {}
            paths.setdefault(route.path, {})[method.lower()] = written
            asked.append((written, told, needed(route.endpoint)))
    for path, call in PATHS.items():
        written = {}
        paths[path] = {"post": written}
        asked.append((written, TOLD[f"TRACK {call}"], None))
    types = {one for _, told, _ in asked for one in (told.body, answer_of(told)) if one is not None}
    ordered = sorted(types, key=repr)
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REF)
    by_type = dict(zip(ordered, schemas, strict=True))
    components["Fault"] = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
    for (written, told, permission), number in zip(asked, range(len(asked)), strict=True):
        written.update(_operation(told, permission, by_type, number))
    for path, methods in paths.items():
        for written in methods.values():
            in_path = [_parameter(Parameter(name, "path")) for name in re.findall(r"\{(\w+)\}", path)]
            written["parameters"] = [*in_path, *written["parameters"]]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Itda", "version": version("itda"), "description": __doc__.partition("\n")[0]},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


def answer_of(told: Operation) -> Any:
    """The type of what is answered when all is well: its own, or what its question or command gives."""
    if told.asked is None:
        return told.answer
    function = getattr(told.asked, "answer", None) if not hasattr(told.asked, "carry_out") else told.asked.carry_out
    (given,) = get_args(get_type_hints(function)["return"])
    some = [one for one in get_args(given) if one is not type(None)]
    return some[0] if type(None) in get_args(given) else given


def _operation(told: Operation, permission: str | None, types: Mapping[Any, Any], number: int) -> dict[str, Any]:
    scope = scope_for(permission) if permission is not None else None
    needs = f" Needs the scope `{scope}`." if scope else ""
    success: dict[str, Any] = {"description": told.done}
    answer = answer_of(told)
    if answer is not None:
        success["content"] = {"application/json": {"schema": types[answer]}}
    fault: dict[str, Any] = {"application/json": {"schema": {"$ref": _REF.format(name="Fault")}}}
    if told.is_for_people:
        fault = {"text/plain": {}}
    errors = {code: {"description": text, "content": fault} for code, text in _ERRORS.items() if _may(told, code)}
    if told.is_read:
        errors["404"] = {"description": told.missing, "content": fault}
    if told.may_be_behind:
        errors["409"] = {"description": _BEHIND, "content": fault}
    found: dict[str, Any] = {
        "operationId": f"{re.sub('[^a-z]+', '_', told.summary.lower()).strip('_')}_{number}",
        "summary": told.summary,
        "description": told.summary + needs,
        "parameters": [_parameter(one) for one in told.parameters],
        "responses": {str(told.status): success, **errors},
        "security": [] if told.is_open else [{"basic": []}, {"bearer": []}],
    }
    if told.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": types[told.body]}}}
    return found


def _may(told: Operation, code: str) -> bool:
    if code in ("401", "403", "429"):
        return not told.is_open
    return code != "413" or told.body is not None


def _parameter(told: Parameter) -> dict[str, Any]:
    return {
        "name": told.name,
        "in": told.place,
        "required": told.place == "path",
        "description": told.meaning,
        "schema": dict(told.schema),
    }
