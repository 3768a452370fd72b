"""JSON as it leaves us: strict, whatever a training script wrote."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
_DEPTH_LIMIT = 200
_BITS_LIMIT = 4096
_TEXT_FRAME = 0x81
_SHORT = 126
_SURROGATE = re.compile("[\ud800-\udfff]")


def encode(value: Any) -> bytes:
    """Return `value` as JSON that any parser takes: not-finite numbers are null, lone surrogates become U+FFFD.

    Integers of 65 to 4,096 bits keep all their digits, longer ones are null. Nesting deeper than
    200 levels is cut to null.
    """
    try:
        return orjson.dumps(value, default=_plain, option=_OPTIONS)
    except orjson.JSONEncodeError:
        # orjson refuses what 0.01 % of files hold: integers over 64 bits, lone surrogates, deep nesting.
        return json.dumps(_cleaned(value, 0), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def frames(lines: Sequence[str]) -> bytes:
    """Return text frames of a websocket, one a line, blank ones left out: made once, sent to any number of clients."""
    found = bytearray()
    for line in lines:
        if line.strip():
            data = line.encode("utf-8", "replace")
            size = len(data)
            if size < _SHORT:
                found += struct.pack("!BB", _TEXT_FRAME, size)
            elif size <= 0xFFFF:
                found += struct.pack("!BBH", _TEXT_FRAME, 126, size)
            else:
                found += struct.pack("!BBQ", _TEXT_FRAME, 127, size)
            found += data
    return bytes(found)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    raise TypeError(type(value).__name__)


def _cleaned(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, int):
        # int → text is quadratic, and Python refuses it over 4,300 digits.
        return value if value.bit_length() <= _BITS_LIMIT else None
    if value is None:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= _DEPTH_LIMIT:
        return None
    if isinstance(value, Mapping):
        return {_cleaned(str(key), 0): _cleaned(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_cleaned(item, depth + 1) for item in value]
    return str(value)
