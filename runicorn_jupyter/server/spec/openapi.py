"""The API as OpenAPI 3.1 says it, made from the route table and what the verbs declare: nothing is written twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple

from runicorn_jupyter._version import __version__
from runicorn_jupyter.errors import (
    BadRequest,
    DiskFull,
    Forbidden,
    IdentityRequired,
    NotFound,
    RateLimited,
    RunicornError,
    Stopping,
    TooLarge,
    UnsupportedMediaType,
)
from runicorn_jupyter.server.gate import GateSocket
from runicorn_jupyter.server.request.fields import Answer, Field, answer_of, entries_of, fields_of
from runicorn_jupyter.server.routes import ROUTES, Handler
from runicorn_jupyter.server.spec.schemas import Schemas, first_sentence

VERBS = ("get", "post", "put", "patch", "delete")
_PLACE = re.compile(r"\{([a-z_]+)(?::([^}]*))?\}")
_ANY_VERB = (BadRequest, IdentityRequired, Forbidden, RateLimited, Stopping)
_WITH_BODY = (TooLarge, UnsupportedMediaType, DiskFull)
_PLACES = {
    "run_id": "Id of a run",
    "project": "Name of a project",
    "name": "A name",
    "path": "A path, with its slashes",
    "version": "Number of a version",
}
_ERROR = {
    "description": "What went wrong, in a sentence for a person and a word for a program.",
    "type": "object",
    "properties": {
        "detail": {"type": ["string", "object"]},
        "message": {"type": "string"},
        "error": {"type": "string"},
        "ok": {"const": False},
        "success": {"const": False},
    },
    "required": ["detail", "message", "error", "ok", "success"],
}


class Operation(NamedTuple):
    """One verb at one address, as it was declared."""

    address: str
    verb: str
    handler: Handler
    method: Callable[..., Any]

    @property
    def path(self) -> str:
        """The address as OpenAPI writes it."""
        return "/api" + _PLACE.sub(r"{\1}", self.address)

    @property
    def name(self) -> str:
        """A name of its own."""
        return "_".join([self.verb, *re.findall(r"[A-Za-z0-9]+", self.address)])


def operations(routes: Iterable[tuple[str, Handler]] = ROUTES) -> Iterator[Operation]:
    """Yield every verb of every route; a websocket is the GET that opens it."""
    for address, handler in routes:
        if issubclass(handler, GateSocket):
            yield Operation(address, "get", handler, handler.follow)
            continue
        for verb in VERBS:
            method = getattr(handler, verb)
            if answer_of(method) is not None:
                yield Operation(address, verb, handler, method)


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document, without ``servers``: those depend on where it is asked for."""
    schemas = Schemas()
    schemas.named["Error"] = _ERROR
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations():
        paths.setdefault(operation.path, {})[operation.verb] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Runicorn",
            "version": __version__,
            "description": "Experiments of one storage root. Addresses are the same in Jupyter and in the viewer.",
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas.named,
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token …` or `Bearer …`; your own programs on this machine need none.",
                }
            },
        },
        "security": [{"token": []}, {}],
    }


def _operation(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    fields = list(fields_of(operation.method))
    answer = answer_of(operation.method) or Answer((), HTTPStatus.SWITCHING_PROTOCOLS)
    found: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.address.split("/")[1]],
        "summary": first_sentence(operation.method),
        "description": first_sentence(operation.handler),
        "parameters": [
            *_places(operation.address),
            *(_parameter(name, field) for name, field in fields if _asked(field)),
        ],
        "responses": _responses(operation, answer, schemas),
    }
    members = [(name, field) for name, field in fields if not _asked(field)]
    entries = entries_of(operation.method)
    if answer.upload is not None:
        found["requestBody"] = _upload(answer.upload, members)
    elif members:
        required = any(field.required for _, field in members)
        found["requestBody"] = _json(_members(members), required=required)
    elif entries is not None:
        items = _members(list(fields_of(entries.make)))
        schema = {"type": "array", "description": entries.says, "maxItems": entries.most, "items": items}
        found["requestBody"] = _json(schema, required=True)
    return found


def _json(schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {"required": required, "content": {"application/json": {"schema": schema}}}


def _asked(field: Field) -> bool:
    return field.place == "query"


def _places(address: str) -> Iterator[dict[str, Any]]:
    for name, kind in _PLACE.findall(address):
        words = kind.split("|") if "|" in kind else None
        schema = {"type": "string", "enum": words} if words else {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "description": _PLACES.get(name, ""), "schema": schema}


def _parameter(name: str, field: Field) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": field.required,
        "description": field.says,
        "schema": dict(field.schema),
    }


def _members(members: list[tuple[str, Field]]) -> dict[str, Any]:
    properties = {name: {**field.schema, "description": field.says} for name, field in members}
    required = [name for name, field in members if field.required]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _upload(file: str, members: list[tuple[str, Field]]) -> dict[str, Any]:
    schema = _members(members)
    schema["properties"][file] = {"type": "string", "contentMediaType": "application/octet-stream"}
    schema["required"] = [*schema.get("required", []), file]
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def _responses(operation: Operation, answer: Answer, schemas: Schemas) -> dict[str, Any]:
    content = {}
    for kind in answer.kinds:
        media = kind if isinstance(kind, str) else "application/json"
        schema = {} if isinstance(kind, str) else {"schema": schemas.of(kind)}
        content[media] = schema
    success: dict[str, Any] = {"description": HTTPStatus(answer.status).phrase}
    if content:
        success["content"] = content
    if answer.headers:
        success["headers"] = {
            name: {"description": says, "schema": {"type": "string"}} for name, says in answer.headers.items()
        }
    missing = (NotFound,) if "{" in operation.address else ()
    errors = (*_ANY_VERB, *missing, *(() if operation.verb == "get" else _WITH_BODY), *answer.raises)
    also = {str(status): {"description": says} for status, says in answer.also.items()}
    return {str(answer.status): success, **also, **_errors(errors)}


def _errors(errors: Iterable[type[RunicornError]]) -> dict[str, Any]:
    codes: dict[int, list[str]] = {}
    for error in errors:
        codes.setdefault(error.status, []).append(f"`{error.code}`")
    return {
        str(status): {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(dict.fromkeys(words))}",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for status, words in sorted(codes.items())
    }
