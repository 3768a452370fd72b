from __future__ import annotations

import pytest
import regex

from runicorn_jupyter.store.patterns import compile_pattern


@pytest.mark.parametrize(
    "bomb", ["((a{1000}){1000}){1000}", "(a{3,200}){200,}", "(a{ 200 }){200}", "a{99999999999}", "(?:[ab]{101}){100}"]
)
def test_counted_repeats_cannot_fill_the_memory(bomb):
    with pytest.raises(regex.error, match="more than 10,000"):
        compile_pattern(bomb)


@pytest.mark.parametrize("text", ["(a{1,100}){2}-[0-9]{8}_[0-9]{6}", "^a+$", regex.escape("{123456} of {99999}"), "{}"])
def test_usual_ones_are_compiled(text):
    assert compile_pattern(text).pattern == text


def test_flags_and_time_limit():
    assert compile_pattern("ABC", regex.IGNORECASE).search("xabc")
    with pytest.raises(TimeoutError):
        compile_pattern("^(a|a|aa)+$").search("a" * 60 + "!", timeout=0.01)
