"""The SQL of queries: equal to plain Python for any tree and run, within SQLite's limits, quick by an index."""

from __future__ import annotations

import sqlite3
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from query_reference import holds
from query_table import Table
from query_trees import RUNS, TREES, written

from runicorn_jupyter.errors import QueryError, QueryTooSlow
from runicorn_jupyter.store.query import compile_query, expression, functions, parse, parse_key, register, time_limit

NOW = 1795176500.0
RUN = {
    **dict.fromkeys(("id", "project", "name", "status", "state"), "r"),
    **dict.fromkeys(("best_metric_name", "best_metric_mode")),
    "created_at": 1.0,
    "config": {},
    "summary": {},
    "metrics": {},
    "tags": [],
}


@given(TREES, st.lists(RUNS, min_size=1, max_size=4))
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_the_sql_finds_what_plain_python_finds(tree, runs):
    runs = [{**run, "id": f"r{at}"} for at, run in enumerate(runs)]
    table = Table(runs)
    try:
        assert table.ids(written(tree), NOW) == [run["id"] for run in runs if holds(tree, run, NOW)]
    finally:
        table.close()


@pytest.mark.parametrize(
    "text",
    [
        "b and (a or " * 49 + "lr < 1" + ")" * 49,
        "(a or b and " * 49 + "lr < 1" + ")" * 49,
        "not (a and " * 25 + "lr < 1" + ")" * 25,
        " or ".join(f"a{n} and b.c.max > {n}" for n in range(100)),
        " and ".join(["`q\"`.max ~ 'é'"] * 200),
        "a in (" + ", ".join("1" * 1300) + ")",
    ],
)
def test_the_deepest_and_longest_queries_fit_into_sqlite(text):
    table = Table([RUN])
    try:
        assert table.ids(text) == (["r"] if holds(parse(text), RUN, NOW) else [])
    finally:
        table.close()


def plan(query: str, indexed: str) -> str:
    table = Table([{**RUN, "config": {"lr": n / 100, "optimizer": f"o{n}"}} for n in range(100)])
    try:
        table.connection.execute(f"CREATE INDEX by_key ON run({expression(parse_key(indexed))})")
        table.connection.execute("ANALYZE")
        compiled = compile_query(query)
        steps = table.connection.execute(f"EXPLAIN QUERY PLAN SELECT id FROM run WHERE {compiled.sql}", compiled.values)
        return " ".join(step[-1] for step in steps)
    finally:
        table.close()


@pytest.mark.parametrize(
    ("query", "indexed"),
    [
        ("lr < 1e-2", "lr"),
        ("lr > 0.9", "lr"),
        ("0.1 <= lr < 0.12", "lr"),
        ("lr == 0.5 and acc.max > 0.9", "lr"),
        ("acc.max > 0.9 and status == finished", "acc.max"),
        ('optimizer == "adam"', "optimizer"),
        ("acc.best > 0.9", "acc.best"),
        ("config.lr in (0.1, 0.2)", "config.lr"),
        ('`q"x`.y >= 3', '`q"x`.y'),
    ],
)
def test_an_index_on_the_expression_serves_the_query(query, indexed):
    assert "USING INDEX by_key" in plan(query, indexed)
    assert parse_key(indexed) in compile_query(query).keys


def test_below_not_no_key_is_worth_an_index():
    assert compile_query("not (lr < 1)").keys == ()
    assert [key.text for key in compile_query("not (not (lr < 1))").keys] == ["lr"]


def test_nothing_of_the_text_but_quoted_names_gets_into_the_sql():
    compiled = compile_query("name == \"x' OR 1=1 --\" and `a'); DROP TABLE run; --` < 12345")
    assert "12345" not in compiled.sql
    assert "OR 1=1" not in compiled.sql
    assert set(compiled.values) == {"x' OR 1=1 --", 12345}
    assert Table([RUN]).ids("`a'); DROP TABLE run; --` is null and `x'--` is null") == ["r"]


def test_a_regular_expression_without_end_is_stopped_soon():
    table = Table([{**RUN, "name": "a" * 40 + "!"}])
    before = time.process_time()
    with pytest.raises(QueryTooSlow, match="regular expression"):
        table.ids(r'name =~ "^(a|a|aa)+$"')
    assert time.process_time() - before < 2
    assert table.ids('name =~ "^a+!$"') == ["r"]


@pytest.mark.parametrize("bomb", ["((a{1000}){1000}){1000}", "(a{3,200}){200,}", "(a{ 200 }){200}", "a{99999999999}"])
def test_counted_repeats_cannot_fill_the_memory(bomb):
    with pytest.raises(QueryError, match="regular expression"):
        compile_query(f'name =~ "{bomb}"')
    assert compile_query('name =~ "(a{1,100}){2}-[0-9]{8}_[0-9]{6}"').sql


def test_many_slow_matches_are_stopped_together(monkeypatch):
    monkeypatch.setattr(functions, "MATCHING_SECONDS", 0.0)
    table = Table([RUN])
    with pytest.raises(QueryTooSlow, match="regular expression"):
        table.ids('name =~ "r"')
    monkeypatch.undo()
    assert table.ids('name =~ "r"') == ["r"]


def test_a_query_over_its_time_is_interrupted_and_the_connection_lives_on():
    connection = sqlite3.connect(":memory:")
    register(connection)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    with pytest.raises(QueryTooSlow, match="stopped"), time_limit(connection, 0.05):
        connection.execute(endless).fetchall()
    assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_other_faults_of_sqlite_keep_their_own_words():
    connection = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.OperationalError, match="no such table"), time_limit(connection):
        connection.execute("SELECT * FROM nowhere")


def test_a_tree_of_one_leaf_is_not_wrapped():
    assert str(parse("lr < 1")).startswith("Compare")
