"""Cursors: opaque, exact, bound to their order, and refused with a sentence when they are anything else."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.store.index.cursors import LONGEST, Cursor, read, write

_values = st.one_of(
    st.tuples(st.just(0), st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(1), st.text(st.characters(exclude_categories=["Cs"]), max_size=LONGEST)),
    st.tuples(st.just(2), st.none()),
)


@given(_values, st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 2**53))
def test_what_is_written_is_read(ranked, run_id, number):
    cursor = Cursor(*ranked, run_id, number)
    assert read(write(cursor, "lr ASC"), "lr ASC") == cursor


def test_a_cursor_fits_no_other_order():
    text = write(Cursor(0, 1.5, "a", 1), "lr ASC")
    for order in ("lr DESC", "acc ASC", "place ASC"):
        with pytest.raises(BadRequest, match="another order"):
            read(text, order)


def test_a_long_value_does_not_travel():
    cursor = Cursor(1, "x" * 1_000_000, "a", 1)
    text = write(cursor, "notes ASC")
    assert len(text) < 200
    assert read(text, "notes ASC") == Cursor(1, None, "a", 1, cut=True)


@given(st.text() | st.binary().map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_any_other_text_is_refused(text):
    with pytest.raises(BadRequest):
        read(text, "lr ASC")


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [0, 1.0, "a"],
        [0, "x", "a", 1, False],
        [1, 1.0, "a", 1, False],
        [3, None, "a", 1, False],
        [True, 1.0, "a", 1, False],
        [0, 1.0, "a", 2**70, False],
        [0, [], "a", 1, False],
        [[], 1.0, "a", 1, False],
        [0, 1.0, {}, 1, False],
    ],
)
def test_forged_fields_are_refused(fields):
    shape, mark, *_ = json.loads(base64.urlsafe_b64decode(write(Cursor(0, 1.0, "a", 1), "lr ASC") + "=="))
    forged = base64.urlsafe_b64encode(json.dumps([shape, mark, *fields]).encode()).rstrip(b"=").decode()
    with pytest.raises(BadRequest, match="none of ours"):
        read(forged, "lr ASC")
