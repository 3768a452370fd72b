"""Lists against plain Python: every order, filter and way of paging, with indexes on keys and without."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indexrows import make_row

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.store.index import connections, keyindexes, listing
from runicorn_jupyter.store.index.index import Index
from runicorn_jupyter.store.index.listing import Asked, Listing

PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ALL = RunFilter()

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([-1.5, 0.25, 2.0, 1e300, 2**60, -(2**62)]),
    st.sampled_from(["", "a", "B", "é", "Z", "0", "\x01", "it's", 'a"b']),
)
_runs = st.lists(
    st.fixed_dictionaries(
        {"config": st.just({}) | st.fixed_dictionaries({"k": _scalars, 'odd "key"': _scalars})},
        optional={
            "project": st.sampled_from(["a", "B", "Ä", "ä b"]),
            "name": st.sampled_from(["x", "Y"]),
            "status": st.sampled_from(["finished", "failed", "running"]),
            "created_at": st.floats(0, 1e9, width=32),
            "tags": st.lists(st.sampled_from(["t", "u"]), max_size=2).map(tuple),
            "metrics": st.fixed_dictionaries({"loss": st.floats(-4, 4, width=16)}),
            "notes": st.sampled_from(["", "n" * 400, "n" * 400 + "m"]),
        },
    ),
    max_size=14,
)


def asked(where=ALL, order="documented", *, descending=False, limit=None, offset=0, cursor=None):
    return Asked(where, order, descending, limit, offset, cursor)


class Opened:
    """An index with some runs in it, in a folder of its own."""

    def __init__(self, rows, *, indexed=True):
        self.folder = TemporaryDirectory()
        self.small, keyindexes.SMALL = keyindexes.SMALL, 0 if indexed else 10**9
        self.index = Index(Path(self.folder.name) / "x.sqlite")
        self.index.apply(rows, complete=True)
        self.listing = Listing(self.index)

    def __enter__(self):
        return self.listing

    def __exit__(self, *_):
        self.index.close()
        keyindexes.SMALL = self.small
        self.folder.cleanup()


def rows_of(runs):
    return [make_row(f"r{at:02d}", folder_mtime=float(at % 5), **run) for at, run in enumerate(runs)]


def value_of(run, order):
    record = {"project": "demo", "name": "first", "status": "finished", "notes": "", "created_at": None, **run}
    if order in record:
        return record[order]
    if order == "loss.min":
        return run.get("metrics", {}).get("loss")
    return run["config"].get(order.strip("`"))


def in_order(runs, order, descending):
    """Sort as the docstring of ordering.py says, in the slowest and plainest way."""
    groups = [[], [], []]
    for at, run in enumerate(runs):
        value = value_of(run, order)
        rank = 2 if value is None else 1 if isinstance(value, str) else 0
        key = value.encode() if isinstance(value, str) else value
        groups[rank].append((() if rank == 2 else (key,), f"r{at:02d}"))
    return [run_id for group in groups for _, run_id in sorted(group, reverse=descending)]


def documented(runs):
    def key(at):
        project, name = runs[at].get("project", "demo"), runs[at].get("name", "first")
        return project.lower(), project, name, -float(at % 5), f"r{at:02d}"

    return [f"r{at:02d}" for at in sorted(range(len(runs)), key=key)]


ORDERS = ("k", '`odd "key"`', "loss.min", "created_at", "project", "status", "notes")


@PATIENT
@given(
    runs=_runs, order=st.sampled_from(ORDERS), descending=st.booleans(), size=st.integers(1, 5), indexed=st.booleans()
)
def test_pages_joined_are_the_list_and_the_list_is_sorted(runs, order, descending, size, indexed):
    wanted = in_order(runs, order, descending)
    with Opened(rows_of(runs), indexed=indexed) as lists:
        whole = lists.runs(asked(order=order, descending=descending))
        assert [run.id for run in whole.runs] == wanted
        assert whole.cursor is None
        assert whole.total == len(runs)
        paged, cursor = [], None
        for _ in range(len(runs) + 1):
            page = lists.runs(asked(order=order, descending=descending, limit=size, cursor=cursor))
            paged += [run.id for run in page.runs]
            cursor = page.cursor
            if cursor is None:
                break
        assert paged == wanted
        for offset in range(0, len(runs) + 1, 3):
            page = lists.runs(asked(order=order, descending=descending, limit=size, offset=offset))
            assert [run.id for run in page.runs] == wanted[offset : offset + size]


@PATIENT
@given(runs=_runs, size=st.integers(1, 4))
def test_the_documented_order(runs, size):
    with Opened(rows_of(runs)) as lists:
        assert [run.id for run in lists.runs(asked()).runs] == documented(runs)
        first = lists.runs(asked(limit=size))
        rest = lists.runs(asked(cursor=first.cursor)) if first.cursor else None
        assert [run.id for run in first.runs + (rest.runs if rest else ())] == documented(runs)


@PATIENT
@given(
    runs=_runs,
    project=st.none() | st.sampled_from(["a", "B", "demo"]),
    status=st.none() | st.sampled_from(["failed", "running, failed"]),
    text=st.none() | st.sampled_from(["T", "Ä", "r0", "no such"]),
    ids=st.none() | st.lists(st.sampled_from(["r00", "r03", "none", "'"]), max_size=3).map(tuple),
    query=st.none() | st.sampled_from(["k > 0", 'k == "a" or loss.min < 0', "k is null"]),
    order=st.sampled_from(("documented", "k", "loss.min")),
    indexed=st.booleans(),
)
def test_filters_are_brute_force(runs, project, status, text, ids, query, order, indexed):
    def kept(at, run):
        words = [f"r{at:02d}", run.get("project", "demo"), run.get("name", "first"), *run.get("tags", ())]
        k, loss = run["config"].get("k"), run.get("metrics", {}).get("loss")
        number = isinstance(k, int | float)
        return (
            (project is None or run.get("project", "demo") == project)
            and (status is None or run.get("status", "finished") in status.split(", "))
            and (text is None or any(text.casefold() in word.casefold() for word in words))
            and (ids is None or f"r{at:02d}" in ids)
            and {
                None: True,
                "k > 0": number and k > 0,
                'k == "a" or loss.min < 0': k == "a" or (loss is not None and loss < 0),
                "k is null": k is None,
            }[query]
        )

    wanted = {f"r{at:02d}" for at, run in enumerate(runs) if kept(at, run)}
    ordered = documented(runs) if order == "documented" else in_order(runs, order, descending=False)
    where = RunFilter(project, None, status, text, ids, query)
    with Opened(rows_of(runs), indexed=indexed) as lists:
        page = lists.runs(asked(where, order))
        assert [run.id for run in page.runs] == [run_id for run_id in ordered if run_id in wanted]
        assert page.total == len(wanted)
        some = lists.runs(asked(where, order, limit=2))
        assert (some.runs, some.total) == (page.runs[:2], page.total)


@PATIENT
@given(runs=_runs, columns=st.lists(st.sampled_from(listing.WIDE), unique=True), size=st.none() | st.integers(1, 5))
def test_ready_texts_say_what_the_records_say(runs, columns, size):
    with Opened(rows_of(runs)) as lists:
        page = lists.items(asked(order="k", limit=size), columns)
        records = lists.runs(asked(order="k", limit=size))
        assert json.loads(page.body()) == [run.item(columns) for run in records.runs]
        assert [list(item) for item in json.loads(page.body())] == [list(run.item(columns)) for run in records.runs]
        assert (page.total, page.version, page.complete, page.pending, page.cursor) == (
            records.total,
            records.version,
            records.complete,
            records.pending,
            records.cursor,
        )


def test_deleted_runs_are_in_no_list():
    with Opened([make_row("here", config={"k": 1}), make_row("gone", deleted=True, config={"k": 2})]) as lists:
        for order in ("documented", "k", "id"):
            page = lists.runs(asked(order=order))
            assert ([run.id for run in page.runs], page.total) == (["here"], 1)
        assert lists.facets(ALL, ["k"], 5).facets[0].values == ((1, 1),)


def test_runs_of_one_id_and_value_are_paged_one_by_one():
    rows = [make_row("twin", name=f"n{at}", config={"k": 1}) for at in range(7)]
    for indexed in (True, False):
        with Opened(rows, indexed=indexed) as lists:
            for order in ("k", "documented", "id", "alias"):
                seen, cursor = [], None
                while True:
                    page = lists.runs(asked(order=order, limit=2, cursor=cursor))
                    seen += [run.name for run in page.runs]
                    cursor = page.cursor
                    if cursor is None:
                        break
                assert sorted(seen) == [f"n{at}" for at in range(7)]


def test_a_cursor_holds_while_runs_come_and_go():
    rows = [make_row(f"r{at}", config={"k": at}) for at in range(6)]
    opened = Opened(rows)
    with opened as lists:
        first = lists.runs(asked(order="k", limit=3))
        opened.index.apply([make_row("new", config={"k": -1}), make_row("r9", config={"k": 9})], [rows[2].directory])
        rest = lists.runs(asked(order="k", limit=10, cursor=first.cursor))
        assert [run.id for run in rest.runs] == ["r3", "r4", "r5", "r9"]


def test_a_long_value_is_looked_up_again_or_said_to_be_gone():
    rows = [make_row(f"r{at}", notes="n" * 5000 + str(at)) for at in range(3)]
    opened = Opened(rows)
    with opened as lists:
        first = lists.runs(asked(order="notes", limit=1))
        assert len(first.cursor) < 200
        rest = lists.runs(asked(order="notes", cursor=first.cursor))
        assert [run.id for run in rest.runs] == ["r1", "r2"]
        opened.index.apply((), [rows[0].directory])
        with pytest.raises(BadRequest, match="is gone"):
            lists.runs(asked(order="notes", cursor=first.cursor))


def test_a_filtered_total_is_capped_and_a_whole_list_is_not(monkeypatch):
    monkeypatch.setattr(listing, "COUNTED", 4)
    rows = [make_row(f"r{at}", config={"k": at}) for at in range(8)]
    some, few = RunFilter(query="k > 0"), RunFilter(query="k > 3")
    with Opened(rows) as lists:
        page = lists.runs(asked(some, limit=2))
        assert (page.total, page.total_is_capped) == (5, True)
        page = lists.runs(asked(few, limit=2))
        assert (page.total, page.total_is_capped) == (4, False)
        for at_once in (lists.runs(asked(some)), lists.items(asked(some))):
            assert (at_once.total, at_once.total_is_capped) == (7, False)
        page = lists.runs(asked(limit=2))
        assert (page.total, page.total_is_capped) == (8, False)


def test_a_total_is_counted_again_when_something_changed():
    opened = Opened([make_row("a", config={"k": 1})])
    where = RunFilter(query="k == 1")
    with opened as lists:
        assert lists.runs(asked(where, limit=1)).total == 1
        opened.index.apply([make_row("b", config={"k": 1})])
        assert lists.runs(asked(where, limit=1)).total == 2


@pytest.mark.parametrize("order", ["", "a b", "k; DROP TABLE run", "1", "k >", "(k)", "k,project"])
def test_what_is_no_key_is_no_order(order):
    with Opened([make_row()]) as lists, pytest.raises(BadRequest, match="cannot be sorted by"):
        lists.runs(asked(order=order))


def test_other_columns_are_refused():
    with Opened([make_row()]) as lists, pytest.raises(BadRequest, match="config, summary, metrics"):
        lists.items(asked(), ["signature"])


@pytest.fixture
def traced(monkeypatch):
    """Return every statement that reads runs, as SQLite ran it."""
    seen, real = [], connections.connect

    def connect(*args, **options):
        connection = real(*args, **options)
        connection.set_trace_callback(seen.append)
        return connection

    monkeypatch.setattr(connections, "connect", connect)
    return seen


def plan_of(opened, statement):
    found = opened.index.select(f"EXPLAIN QUERY PLAN {statement}")
    return " / ".join(row[3] for row in found)


def plans(opened, traced, work):
    del traced[:]
    work()
    return [plan_of(opened, one) for one in list(traced) if "FROM run" in one]


def test_a_sorted_page_is_read_from_an_index(traced):
    """The promise behind the figures: nothing is sorted, and no more runs are read than shown."""
    rows = [make_row(f"r{at:04d}", config={"lr": at % 7}, metrics={"acc": at / 100}) for at in range(1000)]
    opened = Opened(rows)
    with opened as lists:
        cases = {
            "documented": asked(limit=50),
            "metric": asked(order="acc.max", descending=True, limit=50),
            "metric, filtered": asked(RunFilter(query="acc.max > 5"), order="acc.max", limit=50),
            "metric, another filter": asked(RunFilter(status="finished"), order="acc.max", limit=50),
            "config": asked(order="lr", limit=50),
            "field": asked(order="created_at", limit=50),
        }
        for name, case in cases.items():
            cursor = lists.runs(case).cursor
            for asking in (case, case._replace(cursor=cursor)):
                page = plans(opened, traced, lambda asking=asking: lists.runs(asking))[-1]
                assert "TEMP B-TREE" not in page, (name, page)
                assert "SCAN run" not in page, (name, page)
                assert re.search("USING (COVERING )?INDEX (key_|run_by_place)", page), (name, page)


def test_a_page_after_many_equal_values_is_entered_at_its_run(traced):
    rows = [make_row(f"r{at:04d}", config={"same": 1}) for at in range(1000)]
    opened = Opened(rows)
    with opened as lists:
        for order in ("same", "nowhere"):
            first = asked(order=order, limit=50)
            after = first._replace(cursor=lists.runs(first).cursor)
            assert "AND id>?" in plans(opened, traced, lambda after=after: lists.runs(after))[-1]


def test_counts_and_searches_are_read_from_covering_indexes(traced):
    opened = Opened([make_row(f"r{at:04d}", metrics={"acc": at / 100}) for at in range(1000)])
    with opened as lists:
        for where in (RunFilter(text="r00"), RunFilter(status="failed"), RunFilter(project="demo", name="first")):
            count, *_ = plans(opened, traced, lambda where=where: lists.runs(asked(where, limit=1)))
            assert "COVERING INDEX" in count, (where, count)


def test_few_matches_are_found_first_and_then_sorted(traced):
    """One run in a thousand: walking through the order to find it would read all of them."""
    opened = Opened([make_row(f"r{at:04d}", metrics={"acc": at / 100}) for at in range(1000)])
    where = RunFilter(ids=("r0007",))
    with opened as lists:
        page = plans(opened, traced, lambda: lists.runs(asked(where, order="acc.max", limit=50)))[-1]
        assert "run_by_id" in page
        assert "SCAN run" not in page


def test_keys_get_indexes_of_which_the_least_used_goes(monkeypatch):
    monkeypatch.setattr(keyindexes, "LIMIT", 3)
    opened = Opened([make_row("a", config={f"k{at}": at for at in range(6)})])
    with opened as lists:
        for at in range(6):
            lists.runs(asked(order=f"k{at}"))
        kept = opened.index.select("SELECT expression FROM key_index ORDER BY used")
        assert [at for at in range(6) if any(f"k{at}" in expression for (expression,) in kept)] == [3, 4, 5]
        made = opened.index.select("SELECT count(*) FROM sqlite_master WHERE name GLOB 'key_*' AND tbl_name = 'run'")
        assert made == [(3,)]


def test_a_busy_index_answers_without_a_new_key_index():
    opened = Opened([make_row("a", config={"k": 1}), make_row("b", config={"k": 2})])
    with opened as lists, sqlite3.connect(opened.index.path, isolation_level=None) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert [run.id for run in lists.runs(asked(order="k", descending=True)).runs] == ["b", "a"]
        holder.execute("ROLLBACK")
        assert opened.index.select("SELECT count(*) FROM key_index") == [(0,)]


def test_a_small_list_makes_no_index():
    opened = Opened([make_row("a", config={"k": 1})], indexed=False)
    with opened as lists:
        lists.runs(asked(order="k"))
        assert opened.index.select("SELECT count(*) FROM key_index") == [(0,)]
