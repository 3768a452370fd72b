"""Fewer points, no spike lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runicorn_jupyter.store.series.envelope import bucket_length, ordered, picked
from runicorn_jupyter.store.series.groups import CELL, chained, extremes_of_groups, extremes_of_values, grouped

finite = st.floats(-1e9, 1e9)
any_value = st.floats() | st.sampled_from([0.0, -0.0, 1.0, float("nan")])


class Shown:
    """Values in memory, and their summaries in groups cut anywhere."""

    def __init__(self, values, cuts=()):
        self.values = np.array(values, dtype=float)
        self.count = len(self.values)
        bounds = sorted({0, self.count, *(cut for cut in cuts if cut < self.count)})
        pieces = [grouped(self.values[a:b], a) for a, b in pairwise(bounds)]
        self.groups = chained(pieces) if pieces else None

    def cut(self, start, stop):
        return self.values[start:stop]


@given(st.lists(finite, min_size=1, max_size=400), st.integers(2, 60))
def test_extremes_ends_and_order_survive(values, width):
    at, y, exact = picked(Shown(values), 0, len(values), width)
    assert len(at) <= 2 * width
    assert exact == (len(values) <= 2 * width)
    assert (y.min(), y.max()) == (min(values), max(values))
    assert (at[0], at[-1]) == (0, len(values) - 1)
    assert np.all(np.diff(at) > 0)
    assert np.array_equal(y, np.array(values)[at])


@given(st.lists(any_value, min_size=1, max_size=700), st.lists(st.integers(1, 700), max_size=5), st.data())
def test_groups_cut_anywhere_know_what_their_points_know(values, cuts, data):
    """Buckets that begin at cells have the same extremes from summaries as from the points, and the first of equals."""
    shown = Shown(values, cuts)
    length = CELL * data.draw(st.integers(1, 4))
    edges = np.arange(0, len(values), length)
    told = extremes_of_groups(shown.groups, edges)
    plain = extremes_of_values(shown.values, 0, edges)
    for mine, theirs in zip(told, plain, strict=True):
        assert mine.tobytes() == theirs.tobytes()


@given(st.integers(1, 10**9), st.integers(1, 20_000), st.integers(0, 10**9))
def test_no_window_touches_more_buckets_than_there_is_room_for(count, buckets, start):
    length = bucket_length(count, buckets)
    if buckets > 1:
        assert (start + count - 1) // length - start // length + 1 <= buckets


def test_the_picks_of_a_growing_curve_stay():
    values = np.random.default_rng(1).normal(size=200_010)
    before, _, _ = picked(Shown(values[:200_000]), 0, 200_000, 500)
    after, _, _ = picked(Shown(values), 0, 200_010, 500)
    assert set(before[:-3].tolist()) <= set(after.tolist())


def test_a_gap_stays_a_gap_and_never_an_extreme():
    y = np.ones(1000)
    y[300:500] = np.nan
    y[600] = np.inf
    at, drawn, _ = picked(Shown(y), 0, 1000, 50)
    assert np.isnan(drawn[(at > 340) & (at < 460)]).all()
    assert ((at > 340) & (at < 460)).any()
    assert np.isfinite(drawn[at > 700]).all()


def test_a_bucket_of_infinities_keeps_their_kind():
    y = np.concatenate((np.zeros(500), np.full(500, -np.inf)))
    _, drawn, _ = picked(Shown(y), 0, 1000, 10)
    assert set(drawn.tolist()) == {0.0, -np.inf}


def test_repeated_and_unordered_steps_are_sorted_last_wins():
    x, y = ordered(np.array([3.0, 1.0, 2.0, 1.0]), np.array([30.0, 10.0, 20.0, 11.0]))
    assert x.tolist() == [1.0, 2.0, 3.0]
    assert y.tolist() == [11.0, 20.0, 30.0]


def test_points_of_one_instant_all_stay_on_a_time_axis():
    x, y = ordered(np.array([2.0, 1.0, 1.0, np.nan]), np.array([20.0, 1.0, 99.0, 5.0]), distinct=False)
    assert (x.tolist(), y.tolist()) == ([1.0, 1.0, 2.0], [1.0, 99.0, 20.0])


def test_a_very_narrow_chart_still_shows_something():
    assert 1 < len(picked(Shown(np.arange(100.0)), 0, 100, 1)[0]) <= 4
