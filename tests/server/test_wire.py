from __future__ import annotations

import json
import math
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from runicorn_jupyter.server.answer.wire import encode

anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


def strict(data: bytes) -> object:
    def refuse(token: str) -> None:
        raise AssertionError(token)

    return json.loads(data.decode("utf-8"), parse_constant=refuse)


@given(anything)
def test_i01_whatever_is_stored_leaves_as_strict_json(value: object) -> None:
    strict(encode(value))


def test_not_finite_is_null() -> None:
    assert strict(encode([math.nan, math.inf, -math.inf, 1.5])) == [None, None, None, 1.5]
    assert strict(encode([math.nan, 2**80])) == [None, 2**80]


def test_i02_a_lone_surrogate_does_not_cost_the_answer() -> None:
    assert strict(encode({"a\ud800": "\udfff", "你好": 1})) == {"a�": "�", "你好": 1}


def test_huge_integers_and_deep_nesting_are_bounded() -> None:
    assert strict(encode([10**30, 10**6000])) == [10**30, None]
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert len(encode(deep)) < 1000


def test_mappings_tuples_and_sets() -> None:
    assert strict(encode({"a": MappingProxyType({"b": (1, 2)}), "c": {2, 1}})) == {"a": {"b": [1, 2]}, "c": [1, 2]}
    assert strict(encode({"a": MappingProxyType({"b": 2**70}), "c": {1}})) == {"a": {"b": 2**70}, "c": [1]}
