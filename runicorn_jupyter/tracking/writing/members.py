"""What a config object holds: its fields by name, whatever library it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OPEN = frozenset({"Namespace", "SimpleNamespace"})


def members(value: Any) -> Mapping[Any, Any] | None:
    """Return the fields of a mapping, a dataclass, an attrs class, a pydantic model or a namespace; None for others.

    None of these libraries is imported. A field that was never set is left out.
    """
    if isinstance(value, Mapping):
        return value
    kind = type(value)
    names = getattr(kind, "__dataclass_fields__", None) or [
        field.name for field in getattr(kind, "__attrs_attrs__", ())
    ]
    if names:
        return {name: getattr(value, name) for name in names if hasattr(value, name)}
    if kind.__name__ in _OPEN or hasattr(kind, "model_fields"):
        return dict(vars(value))
    return None
