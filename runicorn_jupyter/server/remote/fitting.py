"""Whether the JSON of another host has the form that our own OpenAPI says it has (G13).

The page draws these answers with our own code, which reads a number where a number was promised; a host that sends
something else gets an error shown, not a page that breaks half-way.

Checking is affordable: a schema becomes plain Python once, 7 ms an address, and then a small answer costs 1 µs and a
run of a list 10 µs, half of it for parsing. The hundred runs of a page are 1 ms; 10,000 in one answer, which a page
asks for once and then by its tag, are 0.1 s of a thread. So every item is checked, not a sample.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import fastjsonschema
import orjson

from runicorn_jupyter.errors import AnswerRefused
from runicorn_jupyter.server.remote.passages import Passage
from runicorn_jupyter.server.spec.openapi import document

JSON_LIMIT = 32 * 1024 * 1024
"""Bytes of an answer that is looked through before it passes."""

_DRAFT = "http://json-schema.org/draft-07/schema#"
_GZIP = 16 + zlib.MAX_WBITS


def check(passage: Passage, body: bytes, *, failed: bool, packed: bool = False) -> None:
    """Check the body of an answer; CPU work, so call it in a thread when the body is large.

    Parameters
    ----------
    passage : Passage
        Where it was asked for.
    body : bytes
        The JSON.
    failed : bool
        Whether it tells an error, by the status of the answer.
    packed : bool
        Whether it is gzip.

    Raises
    ------
    AnswerRefused
        It is no JSON, or not of the promised form.
    """
    if packed:
        body = _unpacked(body)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise AnswerRefused("The viewer on the other host answered with broken JSON.") from None
    try:
        (_error_check() if failed else _check_of(passage))(value)
    except fastjsonschema.JsonSchemaValueException as error:
        place = "".join(f"[{one}]" if one.isdigit() else f".{one}" for one in map(str, error.path[1:]))
        raise AnswerRefused(
            f"The viewer on the other host answered {passage.operation.address} in another form than ours has"
            f"{f' at {place[:100]!r}' if place else ''}. Is it of another version?"
        ) from None


def _unpacked(body: bytes) -> bytes:
    """Return the JSON inside gzip; a bomb is given up at the limit."""
    machine = zlib.decompressobj(_GZIP)
    try:
        found = machine.decompress(body, JSON_LIMIT + 1)
    except zlib.error:
        raise AnswerRefused("The viewer on the other host answered with damaged gzip.") from None
    if len(found) > JSON_LIMIT:
        raise too_long()
    if not machine.eof or machine.unused_data:
        raise AnswerRefused("The viewer on the other host answered with damaged gzip.")
    return found


def too_long() -> AnswerRefused:
    """Return the error of an answer over the limit."""
    return AnswerRefused(
        f"The answer from the other host is longer than {JSON_LIMIT >> 20} MiB; ask for a part of it, with limit or "
        "count."
    )


@cache
def _check_of(passage: Passage) -> Callable[[Any], Any]:
    return _compiled(passage.schema)


@cache
def _error_check() -> Callable[[Any], Any]:
    return _compiled({"$ref": "#/components/schemas/Error"})


def _compiled(schema: Any) -> Callable[[Any], Any]:
    components = _draft_07(document()["components"]["schemas"])
    whole = {"$schema": _DRAFT, "components": {"schemas": components}, "allOf": [_draft_07(schema)]}
    return fastjsonschema.compile(whole, use_default=False)


def _draft_07(schema: Any) -> Any:
    """Return a schema as the compiler knows it: tuples were written otherwise before 2020."""
    if isinstance(schema, list):
        return [_draft_07(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _draft_07(one) for name, one in schema.items()}
    if isinstance(found.get("prefixItems"), list):
        found["items"], found["additionalItems"] = found.pop("prefixItems"), False
    return found
