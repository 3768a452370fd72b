"""Curves in a few bytes a point: the ``u16-delta-zlib-1`` encoding of the saved document.

Each series is quantised to 65,535 levels of its own range, delta coded, zigzag coded, split in low and high bytes and
deflated; 30 curves of 1,000 points take about 65 kB where JSON lists take 544.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.display.thin import thin
from runicorn_jupyter.display.weight import weight
from runicorn_jupyter.models import Curve

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Words = NDArray[np.uint16]

ENCODING = "u16-delta-zlib-1"
LEVELS = 65534
GAP = 65535
_FEWEST = 64


def pack(curves: Iterable[Curve], points: int = 2000) -> dict[str, Any]:
    """Return the PACKED form of `curves`, each with at most `points` points.

    Returns
    -------
    dict
        ``encoding``, ``data`` (base64), ``quantum`` and ``series``; a decoded value differs from the true one by at
        most half a quantum of its curve's range. A value that is not finite is a gap.
    """
    import numpy as np

    series: list[dict[str, Any]] = []
    words: list[Words] = []
    for curve in curves:
        x, y, whole = thin(curve.x, curve.y, points)
        y_range = _bounds(y)
        entry: dict[str, Any] = {
            "run": curve.run,
            "metric": curve.metric,
            "n": len(x),
            "total": curve.total,
            "exact": bool(curve.exact and whole),
            "x": _regular(x) or _bounds(x),
            "y": y_range,
        }
        series.append(entry)
        if "min" in entry["x"]:
            words.append(_delta(_quantise(x, entry["x"])))
        words.append(_delta(_quantise(y, y_range)))
    data = b""
    if words:
        flat = np.concatenate(words)
        data = zlib.compress((flat & 0xFF).astype(np.uint8).tobytes() + (flat >> 8).astype(np.uint8).tobytes(), 9)
    return {
        "encoding": ENCODING,
        "data": base64.b64encode(data).decode("ascii"),
        "quantum": "1/65534 of each curve's range",
        "series": series,
    }


def pack_within(curves: Iterable[Curve], size: int, points: int = 2000) -> dict[str, Any]:
    """Return the PACKED form of `curves` in at most `size` bytes of a notebook file.

    Points are thinned evenly first; when even 64 a curve are too many, the last curves are left out.
    """
    kept = list(curves)
    while True:
        packed = pack(kept, points)
        used = weight(packed)
        if used <= size or not kept:
            return packed
        if points > _FEWEST:
            points = max(_FEWEST, min(points - 1, int(points * size / used * 0.95)))
        else:
            kept = kept[: min(len(kept) - 1, int(len(kept) * size / used * 0.95))]


def unpack(packed: Mapping[str, Any]) -> list[Curve]:
    """Return the curves of a PACKED document; a gap becomes ``nan``.

    Raises
    ------
    ValueError
        The encoding is not ours or the data has another length than the series say.
    """
    import numpy as np

    if packed["encoding"] != ENCODING:
        raise ValueError(f"unknown encoding of curves: {packed['encoding']!r}")
    raw = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])) if packed["data"] else b"", dtype=np.uint8)
    half = len(raw) // 2
    words: Words = (raw[:half] + (raw[half:].astype(np.uint16) << np.uint16(8))).astype(np.uint16)
    if len(words) != sum(entry["n"] * (2 if "min" in entry["x"] else 1) for entry in packed["series"]):
        raise ValueError("the packed curves are cut short")
    at, curves = 0, []
    for entry in packed["series"]:
        n, axis = entry["n"], entry["x"]
        if "min" in axis:
            x, at = _restore(words[at : at + n], axis), at + n
        else:
            x = axis["start"] + axis["step"] * np.arange(n, dtype=np.float64)
        y, at = _restore(words[at : at + n], entry["y"]), at + n
        curves.append(Curve(entry["run"], entry["metric"], x.tolist(), y.tolist(), entry["total"], entry["exact"]))
    return curves


def _bounds(values: Floats) -> dict[str, float]:
    import numpy as np

    finite = values[np.isfinite(values)]
    return {"min": float(finite.min()), "max": float(finite.max())} if len(finite) else {"min": 0.0, "max": 0.0}


def _regular(x: Floats) -> dict[str, float] | None:
    """Return start and stride when they give every x exactly."""
    import numpy as np

    if len(x) == 0 or not np.isfinite(x).all():
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        start, step = float(x[0]), float(x[1] - x[0]) if len(x) > 1 else 1.0
        if not np.array_equal(start + step * np.arange(len(x), dtype=np.float64), x):
            return None
    return {"start": _whole(start), "step": _whole(step)}


def _whole(value: float) -> float:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _quantise(values: Floats, bounds: Mapping[str, float]) -> Words:
    import numpy as np

    low, high = bounds["min"], bounds["max"]
    finite = np.isfinite(values)
    out = np.full(len(values), GAP, dtype=np.uint16)
    # Halves, because the range of ±1e308 overflows; tiny ranges lose nothing by it.
    span = high / 2 - low / 2
    if span > 0:
        out[finite] = np.rint(np.clip((values[finite] / 2 - low / 2) / span, 0.0, 1.0) * LEVELS).astype(np.uint16)
    else:
        out[finite] = 0
    return out


def _restore(words: Words, bounds: Mapping[str, float]) -> Floats:
    import numpy as np

    folded = words.astype(np.int32)
    deltas = (folded >> 1) ^ -(folded & 1)
    levels = (np.cumsum(deltas) & 0xFFFF).astype(np.uint16)
    part = levels.astype(np.float64) / LEVELS
    values = np.asarray(bounds["min"] * (1.0 - part) + bounds["max"] * part)
    values[levels == 0] = bounds["min"]
    values[levels == GAP] = np.nan
    return values


def _delta(words: Words) -> Words:
    import numpy as np

    previous = np.concatenate((np.zeros(1, dtype=np.uint16), words[:-1]))
    deltas = (words - previous).astype(np.int16)
    return ((deltas << 1) ^ (deltas >> 15)).astype(np.uint16)
