"""What is a query at all: round trips, limits, and that no text in the world does more than be refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from query_trees import KEYS, TREES, written

from runicorn_jupyter.errors import QueryError
from runicorn_jupyter.store.query import compile_query, is_query, parse, parse_key
from runicorn_jupyter.store.query.keys import Key
from runicorn_jupyter.store.query.tree import Compare, Either, Every

PIECES = [
    *("lr", "and", "or", "not", "in", "is", "null", "(", ")", "[", "]", ",", "==", "=", "!=", "<", "<=", ">", ">="),
    *(
        "~",
        "!~",
        "=~",
        '"a"',
        "'",
        '"',
        "`",
        "`x y`",
        ".",
        ".max",
        "1e-2",
        "-3",
        "2d",
        "now",
        "-",
        "tags",
        "created_at",
    ),
    *("\\", "😀", " ", "\n", "true", "&&", "!", "acc.best", "null", "(" * 60, "not " * 60, "a or " * 210),
]


@given(TREES)
def test_a_printed_tree_is_read_as_the_same_tree(tree):
    assert parse(written(tree)) == tree


@given(KEYS)
def test_a_printed_key_is_read_as_the_same_key(key):
    assert parse_key(key.text) == key


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=400)
def test_no_text_raises_anything_but_a_query_error(text):
    error = refusal(text)
    if error is not None:
        assert 0 <= error.position <= len(text)
        assert 0 <= error.length <= len(text) - error.position
        assert error.pointer(text).splitlines()[1].strip("^ ") == ""
    assert is_query(text) in {True, False}


def refusal(text: str) -> QueryError | None:
    try:
        compile_query(text)
    except QueryError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("lr =< 0.1", "lr =< 0.1\n   ^^"),
        ("lr <\n", "lr < \n     ^"),
        ('"学😀" in tags x', '"学😀" in tags x\n               ^'),
    ],
)
def test_carets_stand_under_the_characters_of_a_terminal(text, drawn):
    error = refusal(text)
    assert error is not None
    assert error.pointer(text) == drawn
    assert error.__notes__ == [drawn]


def test_and_binds_closer_than_or():
    tree = parse("a == 1 or b == 2 and c == 3")
    assert isinstance(tree, Either)
    assert [type(term) for term in tree.terms] == [Compare, Every]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("a" * 4097, 4096),
        ("(" * 51 + "a" + ")" * 51, 50),
        ("not " * 51 + "a", 200),
        (" or ".join(["a"] * 201), 1000),
    ],
)
def test_limits_are_told_where_they_are_passed(text, position):
    with pytest.raises(QueryError, match="at most") as caught:
        parse(text)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("lr", Key("any", ("lr",))),
        ("created", Key("field", ("created_at",))),
        ("config.name", Key("config", ("name",))),
        ("metric.acc.max", Key("metrics", ("acc", "max"))),
        ("`x.y`.max", Key("any", ("x.y", "max"))),
        ("train/loss.min", Key("any", ("train/loss", "min"))),
    ],
)
def test_a_name_is_read_as_a_key(text, key):
    assert parse_key(text) == key


@pytest.mark.parametrize("text", ["", "a b", "1", '"a"', "a.", "a; drop table run"])
def test_what_is_no_name_is_refused_as_a_key(text):
    with pytest.raises(QueryError):
        parse_key(text)
