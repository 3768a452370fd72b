"""Sorted in pieces, points are what they would be sorted at once."""

from __future__ import annotations

from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runicorn_jupyter.store.series import sorting
from runicorn_jupyter.store.series.envelope import ordered
from runicorn_jupyter.store.series.groups import CELL
from runicorn_jupyter.store.series.sorting import Halves, SortedPoints


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 120), st.sampled_from([1, 0, -1])), min_size=1, max_size=8),
    st.booleans(),
    st.sampled_from([1, 30, 1000]),
)
def test_pieces_in_any_order_give_one_sorted_curve_and_old_views_stay(pieces, distinct, rest):
    points = SortedPoints(distinct=distinct)
    taken_x, taken_y, views = [], [], []
    with mock.patch.object(sorting, "_REST", rest):
        for number, (first, size, stride) in enumerate(pieces):
            x = first + stride * np.arange(size, dtype=float)
            if size > 3:
                x[3] = np.nan
            y = number * 1000.0 + np.arange(size)
            points.take(x, y)
            taken_x.append(x)
            taken_y.append(y)
            expected = ordered(np.concatenate(taken_x), np.concatenate(taken_y), distinct=distinct)
            views.append((points.view(), expected))
    for (x, y, groups), (wanted_x, wanted_y) in views:
        assert x.cut(0, x.size).tolist() == wanted_x.tolist()
        assert y.cut(0, y.size).tolist() == wanted_y.tolist()
        assert groups.starts.tolist() == list(range(0, y.size, CELL))
        lows = [min(wanted_y[start : start + CELL]) for start in range(0, y.size, CELL)]
        assert groups.low.tolist() == lows


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(0, 40), st.data())
def test_two_pieces_answer_as_one_array(values, middle, data):
    whole = np.array(sorted(values), dtype=float)
    halves = Halves(whole[:middle], whole[middle:])
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, len(whole)))
    assert halves.cut(start, stop).tolist() == whole[start:stop].tolist()
    points = np.array(
        data.draw(st.lists(st.integers(0, max(len(whole) - 1, 0)), max_size=9)) if len(whole) else [], int
    )
    assert halves.take(points).tolist() == whole[points].tolist()
    asked = np.arange(-1.0, 52.0, 0.5)
    for side in ("left", "right"):
        assert halves.place(asked, side).tolist() == np.searchsorted(whole, asked, side).tolist()
