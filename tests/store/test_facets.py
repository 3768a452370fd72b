"""Facets against plain Python: every run is counted once, wherever it is counted."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from indexrows import make_row
from test_listing import ALL, PATIENT, Opened, rows_of, value_of
from test_listing import _runs as runs_drawn

from runicorn_jupyter.models import Facet, RunFilter


def facet_of(lists, key, limit=20, where=ALL):
    [found] = lists.facets(where, [key], limit).facets
    return found


@PATIENT
@given(
    runs=runs_drawn,
    key=st.sampled_from(["k", "status", "project", "loss.min", "created_at"]),
    limit=st.integers(1, 6),
    indexed=st.booleans(),
)
def test_counts_are_those_of_plain_python_and_add_up(runs, key, limit, indexed):
    with Opened(rows_of(runs), indexed=indexed) as lists:
        facets = lists.facets(ALL, [key], limit)
        [found] = facets.facets
    values = Counter(value_of(run, key) for run in runs)
    missing = values.pop(None, 0)
    numbers = [value for value in values if not isinstance(value, str)]
    assert facets.total == len(runs)
    assert sum(count for _, count in found.values) + found.rest + found.missing == len(runs)
    assert found.missing == missing
    assert (found.low, found.high) == (min(numbers, default=None), max(numbers, default=None))
    assert all(values[value] == count for value, count in found.values)
    assert len(found.values) <= limit
    counts = [count for _, count in found.values]
    assert counts == sorted(counts, reverse=True)
    shown = {value for value in values if isinstance(value, str) or len(numbers) <= limit}
    assert {value for value, _ in found.values} <= shown
    assert found.more == len(shown) - len(found.values)
    assert counts == sorted((values[value] for value in shown), reverse=True)[:limit]


@PATIENT
@given(runs=runs_drawn, indexed=st.booleans())
def test_a_run_counts_for_each_of_its_tags_once(runs, indexed):
    with Opened(rows_of(runs), indexed=indexed) as lists:
        found = facet_of(lists, "tags")
    assert dict(found.values) == Counter(tag for run in runs for tag in set(run.get("tags", ())))
    assert found.missing == sum(not run.get("tags") for run in runs)


def test_many_numbers_are_a_range():
    rows = [make_row(f"r{at:02d}", config={"lr": at / 7}) for at in range(30)]
    rows += [make_row("text", config={"lr": "auto"}), make_row("none")]
    with Opened(rows) as lists:
        assert facet_of(lists, "lr") == Facet("lr", (("auto", 1),), 0, 30, 1, 0.0, 29 / 7)
        assert len(facet_of(lists, "lr", limit=40).values) == 31


def test_facets_follow_the_filter():
    rows = [make_row(f"r{at}", status="failed" if at % 3 else "finished", config={"k": at}) for at in range(9)]
    with Opened(rows) as lists:
        where = RunFilter(query="k > 4")
        facets = lists.facets(where, ["status", "k"], 20)
        assert facets.total == 4
        assert facets.facets[0].values == (("failed", 3), ("finished", 1))
        assert [value for value, _ in facets.facets[1].values] == [5, 6, 7, 8]


def test_an_empty_list_has_empty_facets():
    with Opened([]) as lists:
        facets = lists.facets(ALL, ["k", "status", "tags"], 20)
        assert facets.facets == (Facet("k", ()), Facet("status", ()), Facet("tags", ()))
