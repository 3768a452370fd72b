"""The packed curves: what comes out is what went in, to half a quantum, whatever went in."""

from __future__ import annotations

import base64
import json
import math
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeps import sweep

from runicorn_jupyter.display.packed import ENCODING, GAP, pack, pack_within, unpack
from runicorn_jupyter.display.weight import weight
from runicorn_jupyter.models import Curve

FLOATS = st.floats(allow_nan=True, allow_infinity=True)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def curves(draw):
    made = []
    for i in range(draw(st.integers(0, 4))):
        y = draw(st.lists(FLOATS | st.just(1.5), max_size=60))
        x = sorted(draw(st.lists(FINITE, min_size=len(y), max_size=len(y))))
        if draw(st.booleans()):
            x = [float(step) for step in range(3, 3 + len(y))]
        made.append(Curve(f"run{i}", draw(st.text(max_size=8)), x, y, len(y), exact=True))
    return made


def close(got, wanted):
    """Half a quantum of the range, and what float64 itself cannot hold apart."""
    finite = [value for value in wanted if math.isfinite(value)]
    if not finite:
        return all(math.isnan(value) for value in got)
    span = max(finite) / 65534 - min(finite) / 65534
    room = span * 0.51 + 4 * math.ulp(max(map(abs, finite)))
    return all(
        math.isnan(a) if not math.isfinite(b) else abs(a / 2 - b / 2) <= room for a, b in zip(got, wanted, strict=True)
    )


@given(curves())
def test_round_trip(given_curves):
    packed = json.loads(json.dumps(pack(given_curves, 1000), allow_nan=False))
    back = unpack(packed)
    assert [(c.run, c.metric, c.total, c.exact) for c in back] == [
        (c.run, c.metric, c.total, c.exact) for c in given_curves
    ]
    for got, wanted in zip(back, given_curves, strict=True):
        assert close(got.y, wanted.y)
        assert close(got.x, wanted.x)


def test_regular_steps_are_exact_and_take_no_bytes():
    curve = Curve("a", "loss", range(7, 7 + 50 * 1000, 50), [0.0] * 1000, 1000, exact=True)
    packed = pack([curve])
    assert packed["series"][0]["x"] == {"start": 7, "step": 50}
    assert unpack(packed)[0].x == [float(x) for x in curve.x]
    assert len(zlib.decompress(base64.b64decode(packed["data"]))) == 2 * 1000


def test_a_constant_is_kept_exactly():
    value = 0.1 + 0.2
    back = unpack(pack([Curve("a", "m", [1, 2, 4], [value] * 3, 3, exact=True)]))[0]
    assert back.y == [value] * 3


def test_the_ends_of_the_range_are_kept_exactly():
    back = unpack(pack([Curve("a", "m", [1, 2, 4], [0.1, 0.7, 0.30000000000000004], 3, exact=True)]))[0]
    assert (back.y[0], back.y[1]) == (0.1, 0.7)


def test_bytes_are_those_of_the_wire_description():
    """One irregular series decoded by hand, as the page does it."""
    curve = Curve("a", "m", [0, 1, 10], [0.0, math.nan, 65534.0], 3, exact=True)
    packed = pack([curve])
    assert packed["encoding"] == ENCODING == "u16-delta-zlib-1"
    raw = zlib.decompress(base64.b64decode(packed["data"]))
    half = len(raw) // 2
    words = [low | high << 8 for low, high in zip(raw[:half], raw[half:], strict=True)]
    values = []
    for begin in (0, 3):
        level = 0
        for word in words[begin : begin + 3]:
            delta = (word >> 1) ^ -(word & 1)
            level = (level + delta) & 0xFFFF
            values.append(level)
    assert values == [0, round(1 / 10 * 65534), 65534, 0, GAP, 65534]


def test_empty():
    packed = pack([])
    assert (packed["data"], packed["series"]) == ("", [])
    assert unpack(packed) == []


def test_cut_data_is_refused():
    packed = pack([Curve("a", "m", [1, 2], [1.0, 2.0], 2, exact=True)])
    packed["data"] = base64.b64encode(zlib.compress(struct.pack("<B", 1) * 2)).decode()
    with pytest.raises(ValueError, match="cut short"):
        unpack(packed)


def test_thinning_keeps_every_spike_and_says_so():
    y = np.zeros(100_000)
    y[54_321], y[77_777] = 9.0, -9.0
    back = unpack(pack([Curve("a", "m", range(100_000), y, 100_000, exact=True)], 500))[0]
    assert (max(back.y), min(back.y)) == (9.0, -9.0)
    assert len(back.y) <= 500
    assert not back.exact
    assert back.total == 100_000


def test_a_budget_is_kept_by_thinning_first():
    _, lines = sweep(30, 3000)
    packed = pack_within(lines, 60_000)
    assert weight(packed) <= 60_000
    assert len(packed["series"]) == 30
    assert packed["series"][0]["n"] > 400


def test_a_budget_no_series_fits_in_leaves_curves_out():
    _, lines = sweep(200, 5)
    packed = pack_within(lines, 4_000)
    assert 0 < len(packed["series"]) < 40


def test_thirty_runs_of_a_thousand_points_are_small():
    _, lines = sweep(30, 1000)
    assert len(pack(lines)["data"]) < 75_000
