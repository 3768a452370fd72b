"""The vectors that the SQL, the reference and the page's own evaluator are all held to, and the documentation."""

from __future__ import annotations

import json
import re

import pytest
from places import DATA, REPOSITORY
from query_reference import holds
from query_table import Table

from runicorn_jupyter.errors import QueryError
from runicorn_jupyter.store.query import compile_query, is_query, parse

VECTORS = json.loads((DATA / "query-vectors.json").read_text())
NOW = VECTORS["now"]


@pytest.fixture(scope="module")
def table():
    made = Table(VECTORS["runs"])
    yield made
    made.close()


@pytest.mark.parametrize("vector", VECTORS["queries"], ids=lambda vector: vector["query"])
def test_the_right_runs_are_found(table, vector):
    assert table.ids(vector["query"], NOW) == vector["ids"]


@pytest.mark.parametrize("vector", VECTORS["queries"], ids=lambda vector: vector["query"])
def test_the_reference_agrees(vector):
    tree = parse(vector["query"])
    assert [run["id"] for run in VECTORS["runs"] if tree is None or holds(tree, run, NOW)] == vector["ids"]


@pytest.mark.parametrize("vector", VECTORS["errors"], ids=lambda vector: vector["query"])
def test_an_error_points_at_the_characters(vector):
    with pytest.raises(QueryError) as caught:
        compile_query(vector["query"])
    assert (caught.value.position, caught.value.length) == (vector["position"], vector["length"])
    assert re.fullmatch(r".{10,}[.?]", str(caught.value))


@pytest.mark.parametrize("vector", VECTORS["meant"], ids=lambda vector: vector["text"])
def test_queries_are_told_from_words(vector):
    assert is_query(vector["text"]) is vector["query"]


def documented(language: str) -> list[str]:
    page = (REPOSITORY / "docs" / "query.md").read_text()
    blocks = re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_every_documented_query_is_a_vector():
    examples = documented("query")
    assert len(set(examples)) >= 30
    assert set(examples) <= {vector["query"] for vector in VECTORS["queries"]}


def test_every_documented_mistake_is_a_vector():
    mistakes = documented("query-error")
    assert mistakes
    assert set(mistakes) <= {vector["query"] for vector in VECTORS["errors"]}


def test_every_field_is_documented():
    from runicorn_jupyter.store.query.keys import FIELDS, STATS

    page = (REPOSITORY / "docs" / "query.md").read_text()
    assert [name for name in (*FIELDS, *STATS) if f"`{name}`" not in page] == []
