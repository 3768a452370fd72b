"""What a script hands to ``log`` becomes one line of events.jsonl."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import orjson

PLAIN = frozenset({float, int, str, bool, type(None)})
"""Types that go into a line as they are."""

RESERVED = frozenset({"step", "global_step", "stage"})
DEEPEST = 16
INTEGER_LIMIT = 2**63
"""Integers from here on become floats, or text: no reader of JSON can be relied on to hold them."""

TEXT_LIMIT = 65_536
"""Characters of one text value; the reader refuses lines over 16 MiB, so a dumped tensor must not become one."""

_LINE_LIMIT = 1 << 20
_APPEND_NEWLINE = orjson.OPT_APPEND_NEWLINE
_dumps = orjson.dumps

Note = Callable[[str, str], None]
"""Receives the kind of a fault and its sentence."""


def encode(ts: float, kind: str, data: dict[str, Any], note: Note) -> bytes:
    """Return one event as a full line of UTF-8 JSON with its newline.

    Parameters
    ----------
    ts : float
        Unix seconds.
    kind : str
        The event type: ``metrics``, ``image``, ``file``.
    data : dict
        Only plain values (see `flatten`). NaN and infinities become the bare words ``NaN``, ``Infinity``,
        ``-Infinity``, as upstream writes them. An integer that is too large is replaced in it.
    note : callable
        Told of every such integer.
    """
    try:
        line = _dumps({"ts": ts, "type": kind, "data": data}, option=_APPEND_NEWLINE)
    except TypeError:
        return _encode_slowly(ts, kind, data, note)
    # orjson writes null for a value that is not finite: looking for the word costs less than testing every value.
    if b"null" in line or len(line) > _LINE_LIMIT:
        return _encode_slowly(ts, kind, data, note)
    return line


def flatten(values: Mapping[Any, Any], note: Note) -> dict[str, Any]:
    """Return `values` as one level of plain values: nested mappings joined by ``/``, scalars of libraries unwrapped.

    Parameters
    ----------
    values : mapping
        What the script logged.
    note : callable
        Told of every value that had to become text.
    """
    flat: dict[str, Any] = {}
    _flatten_into(flat, "", values, note, ())
    return flat


def plain(value: Any, note: Note) -> Any:
    """Return `value` as float, int, str, bool or None; what is none of these becomes its text, and is noted."""
    found = value if type(value) in PLAIN else _scalar(value)
    if type(found) is int and not -INTEGER_LIMIT <= found < INTEGER_LIMIT:
        return _bounded(found, note)
    if found is not None or value is None:
        return found
    note("value", f"a value of type {type(value).__name__} was logged as text; log numbers, texts or nested dicts.")
    return text_of(value)


def text_of(value: Any) -> str:
    """Return ``str(value)``, cut to a sane length, whatever its ``__str__`` does."""
    try:
        return str(value)[:TEXT_LIMIT]
    except Exception:  # noqa: BLE001 - somebody's __str__ may raise anything
        return f"<{type(value).__name__}>"


def as_pairs(data: Any) -> dict[Any, Any]:
    """Return what was logged as a new dict.

    Raises
    ------
    TypeError
        `data` is no mapping.
    """
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise TypeError(f"log() takes a dict of values, not {type(data).__name__}")
    return dict(data)


def without_reserved(values: dict[str, Any], stage: Any) -> Any:
    """Take the keys that `log` writes itself out of `values`; return the stage that counts."""
    values.pop("step", None)
    values.pop("global_step", None)
    own = values.pop("stage", None)
    return own if stage is None else stage


def _flatten_into(
    flat: dict[str, Any], prefix: str, values: Mapping[Any, Any], note: Note, above: tuple[int, ...]
) -> None:
    for key, value in values.items():
        name = prefix + (key if type(key) is str else text_of(key))
        if not isinstance(value, Mapping):
            flat[name] = plain(value, note)
        elif id(value) in above or len(above) >= DEEPEST:
            note("value", f"{name!r} holds itself or is nested too deep and was logged as text.")
            flat[name] = f"<{type(value).__name__}>"
        else:
            _flatten_into(flat, f"{name}/", value, note, (*above, id(value)))


def _scalar(value: Any) -> float | int | str | bool | None:
    """Unwrap numpy, torch, Decimal and the like by what they can do, so that none of them is imported."""
    if isinstance(value, str):
        return str.__str__(value)
    for name in ("item", "__index__", "__float__"):
        convert = getattr(value, name, None)
        if convert is None or isinstance(value, type):
            continue
        try:
            found = convert()
        except Exception:  # noqa: BLE001, S112 - an array of many elements, a tensor on a lost device: the next way, or text
            continue
        if type(found) in PLAIN and found is not None:
            return found  # type: ignore[no-any-return]
    return None


def _bounded(value: int, note: Note) -> float | str:
    try:
        number = float(value)
    except OverflowError:
        # str() of it may be refused, and takes the square of its length in time.
        text = f"<int of {value.bit_length()} bits>"
        note("value", f"an integer of {value.bit_length()} bits was logged as text; log a float instead.")
        return text
    note("value", "an integer over 64 bits was logged as a float.")
    return number


def _encode_slowly(ts: float, kind: str, data: dict[str, Any], note: Note) -> bytes:
    for key, value in data.items():
        if type(value) is int:
            data[key] = plain(value, note)
    kept = {
        (key if type(key) is str else text_of(key)): value[:TEXT_LIMIT] if type(value) is str else value
        for key, value in data.items()
    }
    text = json.dumps({"ts": ts, "type": kind, "data": kept}, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"
