"""JSON schemas of Python types: what a verb says it answers, as OpenAPI says it."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

_PLAIN = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_LISTS = (list, tuple, set, frozenset, Sequence, Collection)

Schema = dict[str, Any]


class Schemas:
    """Collects a named schema for every dataclass and TypedDict that it meets, under ``named``.

    A float may be null wherever a value that is not finite could stand (D3 of JSON: there is no word for it), so say
    ``float | None`` in such a place.
    """

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}
        self._types: dict[str, Any] = {}

    def of(self, kind: Any) -> Schema:
        """Return the schema of a type.

        Raises
        ------
        TypeError
            There is no schema for it, or two types have one name.
        """
        if kind is Any or kind is object:
            return {}
        if kind in _PLAIN:
            return {"type": _PLAIN[kind]}
        if is_typeddict(kind) or (is_dataclass(kind) and isinstance(kind, type)):
            return self._reference(kind)
        return self._composed(kind, get_origin(kind) or kind, get_args(kind))

    def _composed(self, kind: Any, origin: Any, args: tuple[Any, ...]) -> Schema:
        if origin is Literal:
            return {"enum": list(args), **({"type": "string"} if all(isinstance(one, str) for one in args) else {})}
        if origin in {Union, types.UnionType}:
            return _either([self.of(one) for one in args])
        if origin in {dict, Mapping}:
            return {"type": "object", **({"additionalProperties": self.of(args[1])} if args else {})}
        if origin is tuple and args and args[-1] is not Ellipsis:
            items = [self.of(one) for one in args]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        if origin in _LISTS:
            return {"type": "array", "items": self.of(args[0]) if args else {}}
        raise TypeError(f"There is no JSON schema for {kind!r}.")

    def _reference(self, kind: Any) -> Schema:
        name = kind.__name__.lstrip("_")
        if self._types.setdefault(name, kind) is not kind:
            raise TypeError(f"Two types are called {name}: {kind.__module__} and {self._types[name].__module__}.")
        if name not in self.named:
            self.named[name] = {}  # a type may hold itself
            self.named[name] = self._members(kind)
        return {"$ref": f"#/components/schemas/{name}"}

    def _members(self, kind: Any) -> Schema:
        hints = get_type_hints(kind, include_extras=True)
        optional = kind.__optional_keys__ if is_typeddict(kind) else set()
        members, required = {}, []
        for name in hints if is_typeddict(kind) else [one.name for one in fields(kind)]:
            hint = hints[name]
            missing = get_origin(hint) is NotRequired
            members[name] = self.of(get_args(hint)[0] if missing else hint)
            if not missing and name not in optional:
                required.append(name)
        schema: Schema = {"type": "object", "properties": members, "required": required}
        says = first_sentence(kind)
        return {"description": says, **schema} if says else schema


def first_sentence(thing: type | Callable[..., Any]) -> str:
    """Return the first line of a docstring; of a dataclass or TypedDict only one of its own."""
    text = thing.__doc__ if isinstance(thing, type) else inspect.getdoc(thing)
    line = (text or "").strip().split("\n", 1)[0]
    return "" if line.startswith(("dict(", f"{thing.__name__}(")) else line


def _either(options: list[Schema]) -> Schema:
    plain = [one["type"] for one in options if set(one) == {"type"} and isinstance(one["type"], str)]
    return {"type": plain} if len(plain) == len(options) else {"anyOf": options}
