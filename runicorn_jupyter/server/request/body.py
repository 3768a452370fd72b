"""The JSON body of a request, and its members as fields for the signature of a verb (see `server.fields`)."""

# mypy: disable-error-code="no-any-return"
# A field is declared as the value that the verb will see in its place: `server.fields` puts it there.

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, Self, TypeVar, cast, overload

import orjson

from runicorn_jupyter.errors import BadRequest, TooLarge
from runicorn_jupyter.server.request.fields import Entries, Field

_Word = TypeVar("_Word", bound=str)
_Entry = TypeVar("_Entry")

_TEXT_LIMIT = 65_536
_LARGEST = 4 * 1024 * 1024


class Body:
    """One JSON object, or a list of them.

    Parameters
    ----------
    found : object
        What the JSON says.
    what : str
        What a complaint calls it.
    """

    def __init__(self, found: Any, what: str = "The body") -> None:
        self._found = found
        self._what = what

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the body that came as `data`; nothing at all is an empty object.

        Raises
        ------
        BadRequest
            It is no JSON.
        TooLarge
            It is larger than 4 MiB: no verb needs that much.
        """
        if len(data) > _LARGEST:
            raise TooLarge(f"The body is larger than {_LARGEST // 1024**2} MiB.")
        try:
            return cls(orjson.loads(data) if data.strip() else {})
        except orjson.JSONDecodeError as error:
            raise BadRequest(f"The body is not valid JSON: {error.msg} at character {error.pos}.") from None

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The members of the object.

        Raises
        ------
        BadRequest
            It is no object.
        """
        if not isinstance(self._found, dict):
            raise BadRequest(f"{self._what} must be a JSON object, in braces.")
        return self._found

    def entries(self, most: int) -> list[Self]:
        """Return the entries of a list, each a body of its own.

        Raises
        ------
        BadRequest
            It is no list, or one of more than `most` entries.
        """
        if not isinstance(self._found, list):
            raise BadRequest(f"{self._what} must be a JSON list, in brackets.")
        if len(self._found) > most:
            raise BadRequest(f"{self._what} must be a list of at most {most} entries.")
        return [type(self)(one, "it") for one in self._found]

    def member(self, name: str, allowed: Callable[[Any], bool], what: str, default: Any) -> Any:
        """Return a member that is `allowed`, `default` when it is absent (or null, if that is the default).

        Raises
        ------
        BadRequest
            It is absent and `default` is `NEEDED`, or not allowed; the sentence says it must be `what`.
        """
        value = self.fields.get(name)
        if name not in self.fields or (value is None and (default is None or default is NEEDED)):
            if default is NEEDED:
                raise BadRequest(f"{name} is required and must be {what}.")
            return default
        if not allowed(value):
            raise BadRequest(f"{name} must be {what}.")
        return value


NEEDED: Any = object()
"""The default of a member that has to be there."""


@overload
def text(says: str, *, default: None, name: str = ...) -> str | None: ...
@overload
def text(says: str, *, default: str = ..., name: str = ...) -> str: ...
def text(says: str, *, default: str | None = NEEDED, name: str = "") -> Any:
    """Declare a text of at most 65,536 characters; without a `default` it must be there."""
    schema = {"type": "string", "maxLength": _TEXT_LIMIT}
    what = f"a text of at most {_TEXT_LIMIT} characters"
    return _field(schema, says, lambda value: isinstance(value, str) and len(value) <= _TEXT_LIMIT, what, default, name)


def choice(allowed: Collection[_Word], says: str, *, default: _Word = NEEDED, name: str = "") -> _Word:
    """Declare one of the `allowed` words."""
    schema = {"type": "string", "enum": list(allowed)}
    what = f"one of {', '.join(allowed)}"
    return _field(schema, says, lambda value: isinstance(value, str) and value in allowed, what, default, name)


@overload
def integer(low: int, high: int, says: str, *, default: None, name: str = ...) -> int | None: ...
@overload
def integer(low: int, high: int, says: str, *, default: int = ..., name: str = ...) -> int: ...
def integer(low: int, high: int, says: str, *, default: int | None = NEEDED, name: str = "") -> Any:
    """Declare a whole number from `low` to `high`."""
    schema = {"type": "integer", "minimum": low, "maximum": high}

    def allowed(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return _field(schema, says, allowed, f"a whole number from {low} to {high}", default, name)


@overload
def number(says: str, *, default: None, name: str = ...) -> float | None: ...
@overload
def number(says: str, *, default: float = ..., name: str = ...) -> float: ...
def number(says: str, *, default: float | None = NEEDED, name: str = "") -> Any:
    """Declare a number."""

    def allowed(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

    return _field({"type": "number"}, says, allowed, "a number", default, name)


def flag(says: str, *, default: bool = False, name: str = "") -> bool:
    """Declare true or false; a text or a number is neither."""
    return _field({"type": "boolean"}, says, lambda value: isinstance(value, bool), "true or false", default, name)


@overload
def texts(says: str, *, default: None, name: str = ...) -> list[str] | None: ...
@overload
def texts(says: str, *, default: Collection[str] = ..., name: str = ...) -> list[str]: ...
def texts(says: str, *, default: Collection[str] | None = NEEDED, name: str = "") -> Any:
    """Declare a list of texts."""

    def allowed(value: Any) -> bool:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)

    schema = {"type": "array", "items": {"type": "string"}}
    return _field(schema, says, allowed, "a list of texts", default, name)


@overload
def mapping(says: str, *, default: None, name: str = ...) -> dict[str, Any] | None: ...
@overload
def mapping(says: str, *, default: Mapping[str, Any] = ..., name: str = ...) -> dict[str, Any]: ...
def mapping(says: str, *, default: Mapping[str, Any] | None = NEEDED, name: str = "") -> Any:
    """Declare an object."""
    return _field({"type": "object"}, says, lambda value: isinstance(value, dict), "an object", default, name)


def entries(make: Callable[..., _Entry], most: int, says: str) -> list[_Entry]:
    """Declare a body that is a list: each of at most `most` entries is an object with the fields of `make`."""
    return cast("list[_Entry]", Entries(make, most, says))


def value(schema: Mapping[str, Any], says: str, *, required: bool = False, name: str = "") -> Any:
    """Declare a member that is handed over as it came: who receives it has words of its own about what is wrong."""
    return Field("body", schema, says, lambda body, key: body.fields.get(key), required, name)


def _field(
    schema: dict[str, Any], says: str, allowed: Callable[[Any], bool], what: str, default: Any, name: str
) -> Any:
    required = default is NEEDED
    if not required:
        kinds = schema["type"] if default is not None else [schema["type"], "null"]
        schema = {**schema, "type": kinds, **({"default": default} if default is not None else {})}

    def read(body: Body, key: str) -> Any:
        return body.member(key, allowed, what, default)

    return Field("body", schema, says, read, required, name)
