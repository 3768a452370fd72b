"""Rows of the curve cache give back what went into them, bit by bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runicorn_jupyter.store.series.batch import Batch, Objects, Points
from runicorn_jupyter.store.series.chunks import (
    StoredColumn,
    cut,
    decode_objects,
    encode_objects,
    encode_points,
    part_events,
)
from runicorn_jupyter.store.series.column import Column
from runicorn_jupyter.store.series.groups import grouped
from runicorn_jupyter.store.series.packed import PackedBatch, pack

any_value = st.floats() | st.sampled_from([0.0, -0.0, 1.0, 2.0])
shapes = st.sampled_from(["any", "even", "same"])
nested = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(2**53, 2**70), lambda inner: st.lists(inner, max_size=3)
)


@st.composite
def stretches(draw):
    """Return (events in the stretch, event numbers, values) of some stretches of one metric."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        size = draw(st.integers(1, 300))
        shape = draw(shapes)
        if shape == "any":
            events = sorted(draw(st.sets(st.integers(0, size - 1), min_size=1)))
        else:
            events = list(range(draw(st.integers(0, size - 1)), size, draw(st.integers(1, 3))))
        rng = np.random.default_rng(draw(st.integers(0, 2**32)))
        values = rng.normal(size=len(events))
        if shape == "even":
            values = draw(st.integers(-5, 5)) + draw(st.integers(-2, 2)) * np.arange(len(events), dtype=float)
        elif shape == "same":
            values = np.full(len(events), draw(any_value))
        found.append((size, np.array(events), values))
    return found


def column_of(found):
    """Return the column, and its events and values as they should be."""
    chunks, parts, total, start = [], [], 0, 0
    origin, events, values = [0], [], []
    for number, (size, at, held) in enumerate(found):
        part = encode_points(number, at, held, start)
        if isinstance(part.raw, bytes):
            chunks.append(part.raw)
            part = part._replace(raw=len(chunks) - 1)
        parts.append(part)
        events.append(total + at)
        values.append(held)
        start += len(held)
        total += size
        origin.append(total)
    half = len(parts) // 2
    first = StoredColumn(parts[:half], half) if half else None
    stored = StoredColumn(parts[half:], len(parts), first)
    nothing = np.empty(0)
    column = Column(stored, nothing.astype(int), nothing, np.array(origin), lambda ids: [chunks[one] for one in ids])
    return column, np.concatenate(events), np.concatenate(values)


@given(stretches(), st.data())
def test_a_stored_column_answers_as_its_arrays_would(found, data):
    column, events, values = column_of(found)
    count = len(values)
    assert column.count == count
    assert column.cut(0, count).tobytes() == values.tobytes()
    start = data.draw(st.integers(0, count))
    stop = data.draw(st.integers(start, count))
    assert column.cut(start, stop).tobytes() == values[start:stop].tobytes()
    assert column.all_events().tolist() == events.tolist()
    for _ in range(2):  # the second time from what is remembered
        points = np.array(sorted(data.draw(st.sets(st.integers(0, count - 1)))), dtype=int)
        assert column.take(points).tobytes() == values[points].tobytes()
    asked = np.arange(-1, sum(size for size, *_ in found) + 2)
    assert column.before(asked).tolist() == np.searchsorted(events, asked).tolist()
    told, known = column.at(asked)
    assert known.tolist() == np.isin(asked, events).tolist()
    assert told[known].tobytes() == values.tobytes()


@given(stretches())
def test_summaries_of_stretches_join_to_those_of_the_whole(found):
    """A cell that two stretches share has two groups; together they say what one would."""
    column, _, values = column_of(found)
    whole, groups = grouped(values, 0), column.groups
    index = np.searchsorted(groups.starts, whole.starts)
    assert np.minimum.reduceat(groups.low, index).tolist() == whole.low.tolist()
    assert np.maximum.reduceat(groups.high, index).tolist() == whole.high.tolist()
    assert set(whole.starts.tolist()) <= set(groups.starts.tolist())


@given(st.lists(nested, min_size=1, max_size=50), st.integers(1, 3), st.integers(0, 100))
def test_texts_and_the_like_come_back(values, stride, first):
    events = [first + stride * at for at in range(len(values))]
    back = decode_objects(encode_objects(0, events, values))
    assert back == Objects(events, values)
    assert [type(value) for value in back.values] == [type(value) for value in values]


def test_evenly_rising_values_take_no_chunk():
    part = encode_points(0, np.arange(4096), np.arange(4096) * 0.5, 0)
    assert part.raw is None
    assert part_events(part).tolist() == list(range(4096))
    assert encode_points(0, np.arange(4096), np.sin(np.arange(4096)), 0).raw is not None


@given(st.integers(1, 20_000))
def test_stretches_are_whole_and_short_enough(size):
    bounds = cut(Batch(np.zeros(size, int), np.zeros(size)))
    assert [start for start, _ in bounds[1:]] == [stop for _, stop in bounds[:-1]]
    assert (bounds[0][0], bounds[-1][1]) == (0, size)
    assert all(0 < stop - start <= 4096 for start, stop in bounds)


def test_one_metric_is_cut_out_of_a_packed_run_without_the_others():
    batch = Batch(np.arange(20), np.arange(20.0))
    for number in range(1500):
        batch.numbers[f"m{number}"] = Points(None, np.arange(20.0) * number, integers=False)
    batch.numbers["sparse"] = Points(np.array([3, 4, 19]), np.array([1.0, np.nan, -np.inf]), integers=False)
    batch.objects["note"] = Objects([2], ["text"])
    batch.images = [{"path": "media/a.png"}]
    header, body = pack(batch, b"state")
    asked = []

    def read(offset, size):
        asked.append(size)
        return body[offset : offset + size]

    packed = PackedBatch(header, read)
    assert packed.points("m1499").values.tolist() == (np.arange(20.0) * 1499).tolist()
    assert asked == [160]
    sparse = packed.points("sparse")
    assert (sparse.events.tolist(), repr(sparse.values.tolist())) == ([3, 4, 19], "[1.0, nan, -inf]")
    assert packed.points("none") is None
    assert (packed.state, packed.texts("note"), packed.images) == (b"state", batch.objects["note"], batch.images)
    whole = packed.whole()
    assert list(whole.numbers) == list(batch.numbers)
    assert whole.steps.tolist() == batch.steps.tolist()
    assert whole.times.tolist() == batch.times.tolist()
