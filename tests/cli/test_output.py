from __future__ import annotations

import io
import json
import math

import pytest

from runicorn_jupyter.cli.output import Progress, listed, say, say_json, size, table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_drawn_on_a_terminal_and_taken_away():
    stream = Terminal()
    with Progress("reading", unit="B", stream=stream) as progress:
        progress(500, 1000)
        progress(1000, 1000)
        assert stream.getvalue().count(" 50%  500 B of 1.0 kB") == 1
        assert "100%" not in stream.getvalue()  # too soon after
    assert stream.getvalue().endswith("\r\x1b[K")


def test_elsewhere_nothing_is_drawn():
    stream = io.StringIO()
    with Progress("reading", stream=stream) as progress:
        progress(1, 1)
    assert stream.getvalue() == ""


def test_work_of_unknown_length():
    stream = Terminal()
    with Progress("reading", stream=stream) as progress:
        progress(17)
    assert "reading 17" in stream.getvalue()


def test_json_takes_what_json_has_no_word_for(capsys):
    say_json({"a": math.nan, "b": [math.inf, 1.5, ("x",)], "c": "\ud800é"})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [None, 1.5, ["x"]], "c": "\ud800é"}


def test_text_cannot_steer_the_terminal(capsys):
    say("a\x1b[2Jb\rc\nd\ud800")
    assert capsys.readouterr().out == "a?[2Jb?c\nd?\n"


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (4_200_000, "4.2 MB")])
def test_sizes(count, text):
    assert size(count) == text


def test_columns_and_lists():
    assert table([("A", "BB"), ("long", "x")]) == "A     BB\nlong  x"
    assert listed("abcdefg", 5) == "a, b, c, d, e and 2 more"
