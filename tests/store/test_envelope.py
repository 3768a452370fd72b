"""Fewer points, no spike lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runicorn_jupyter.store.envelope import envelope, ordered, window

finite = st.floats(-1e9, 1e9)


@given(st.lists(finite, min_size=1, max_size=400), st.integers(2, 60))
def test_extremes_ends_and_order_survive(values, width):
    y = np.array(values)
    x = np.arange(len(y), dtype=float)
    drawn_x, drawn_y, exact = envelope(x, y, width)
    assert len(drawn_x) <= 2 * width
    assert exact == (len(y) <= 2 * width)
    assert drawn_y.min() == y.min()
    assert drawn_y.max() == y.max()
    assert (drawn_x[0], drawn_x[-1]) == (x[0], x[-1])
    assert np.all(np.diff(drawn_x) > 0)
    assert np.array_equal(drawn_y, y[drawn_x.astype(int)])


@given(st.lists(finite, min_size=200, max_size=400), st.integers(10, 50))
def test_every_stretch_keeps_its_own_extremes(values, width):
    y = np.array(values)
    drawn_x, drawn_y, _ = envelope(np.arange(len(y), dtype=float), y, width)
    length = -(-len(y) // (width - 1))
    for start in range(0, len(y), length):
        part = y[start : start + length]
        kept = drawn_y[(drawn_x >= start) & (drawn_x < start + length)]
        assert kept.min() == part.min()
        assert kept.max() == part.max()


def test_a_gap_stays_a_gap_and_never_an_extreme():
    y = np.ones(1000)
    y[300:500] = np.nan
    y[600] = np.inf
    drawn_x, drawn_y, _ = envelope(np.arange(1000.0), y, 50)
    assert np.isnan(drawn_y[(drawn_x > 340) & (drawn_x < 460)]).all()
    assert np.isfinite(drawn_y[drawn_x > 700]).all()


def test_repeated_and_unordered_steps_are_sorted_last_wins():
    x, y = ordered(np.array([3.0, 1.0, 2.0, 1.0]), np.array([30.0, 10.0, 20.0, 11.0]))
    assert x.tolist() == [1.0, 2.0, 3.0]
    assert y.tolist() == [11.0, 20.0, 30.0]


def test_points_of_one_instant_all_stay_on_a_time_axis():
    x, y = ordered(np.array([2.0, 1.0, 1.0, np.nan]), np.array([20.0, 1.0, 99.0, 5.0]), distinct=False)
    assert (x.tolist(), y.tolist()) == ([1.0, 1.0, 2.0], [1.0, 99.0, 20.0])


def test_a_very_narrow_chart_still_shows_something():
    assert len(envelope(np.arange(100.0), np.arange(100.0), 1)[0]) <= 4


def test_a_window_reaches_one_point_beyond_its_edges():
    x = np.arange(10.0)
    assert x[window(x, 2.5, 5.5)].tolist() == [2.0, 3.0, 4.0, 5.0, 6.0]
    assert x[window(x, None, None)].tolist() == x.tolist()
    assert len(x[window(x, 20, 30)]) <= 1
