"""Fields of the query of an address, for the signature of a verb (see `server.fields`)."""

# mypy: disable-error-code="no-any-return"
# A field is declared as the value that the verb will see in its place: `server.fields` puts it there.

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar, cast, overload

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.server.request.fields import Field
from runicorn_jupyter.server.request.params import TEXT_LIMIT, Params

_FLAGS = ("false", "true", "0", "1")
_Word = TypeVar("_Word", bound=str)


@overload
def text(says: str, *, name: str = ..., default: str) -> str: ...
@overload
def text(says: str, *, name: str = ..., default: None = ...) -> str | None: ...
def text(says: str, *, name: str = "", default: str | None = None) -> Any:
    """Declare a text of at most 4,096 characters."""
    return _field(
        {"type": "string", "maxLength": TEXT_LIMIT},
        says,
        lambda params, key: params.text(key) or default,
        name,
        default,
    )


def required(says: str, *, name: str = "") -> str:
    """Declare a text that must be there and not be empty."""

    def read(params: Params, key: str) -> str:
        value = params.text(key)
        if value is None:
            raise BadRequest(f"{key} is missing: {says[:1].lower()}{says[1:].rstrip('.')}.")
        return value

    schema = {"type": "string", "minLength": 1, "maxLength": TEXT_LIMIT}
    return cast("str", Field("query", schema, says, read, required=True, name=name))


def words(says: str, *, name: str = "", required: bool = False) -> list[str]:
    """Declare a list of texts, given separated by commas, repeated, or both; at least one where it is required."""

    def read(params: Params, key: str) -> list[str]:
        found = params.words(key)
        if required and not found:
            raise BadRequest(f"{key} is missing: give one or more, separated by commas.")
        return found

    schema = {**_several({"type": "string"}), **({"minItems": 1} if required else {})}
    return cast("list[str]", Field("query", schema, says, read, required=required, name=name))


def choices(allowed: Collection[str], says: str, *, name: str = "") -> list[str]:
    """Declare a list of some of the `allowed` words."""
    items = {"type": "string", "enum": list(allowed)}
    return _field(_several(items), says, lambda params, key: params.choices(key, allowed), name)


@overload
def integer(low: int, high: int, says: str, *, default: int, name: str = ...) -> int: ...
@overload
def integer(low: int, high: int, says: str, *, default: None = ..., name: str = ...) -> int | None: ...
def integer(low: int, high: int, says: str, *, default: int | None = None, name: str = "") -> Any:
    """Declare a whole number from `low` to `high`."""
    schema = {"type": "integer", "minimum": low, "maximum": high}

    def read(params: Params, key: str) -> int | None:
        value = params.integer(key, low, high)
        return default if value is None else value

    return _field(schema, says, read, name, default)


def number(says: str, *, name: str = "") -> float | None:
    """Declare a finite number."""
    return _field({"type": "number"}, says, Params.number, name)


def choice(allowed: Collection[_Word], says: str, *, default: _Word, name: str = "") -> _Word:
    """Declare one of the `allowed` words."""
    schema = {"type": "string", "enum": list(allowed)}
    return _field(schema, says, lambda params, key: params.choice(key, allowed, default), name, default)


def flag(says: str, *, default: bool = False, name: str = "") -> bool:
    """Declare true or false, also written 1 or 0."""
    word = "true" if default else "false"
    return _field(
        {"type": "string", "enum": list(_FLAGS)},
        says,
        lambda params, key: params.choice(key, _FLAGS, word) in {"true", "1"},
        name,
        word,
    )


def _several(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _field(schema: dict[str, Any], says: str, read: Any, name: str, default: Any = None) -> Any:
    if default is not None:
        schema = {**schema, "default": default}
    return Field("query", schema, says, read, name=name)
