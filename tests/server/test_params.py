from __future__ import annotations

import pytest

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.server.request.params import Params


def params(**arguments: str | list[str]) -> Params:
    return Params({name: [v.encode() for v in ([value] if isinstance(value, str) else value)]
                   for name, value in arguments.items()})  # fmt: skip


def test_a_list_may_be_given_any_way() -> None:
    assert params(runs=["a,b", "c", "a,,"]).words("runs") == ["a", "b", "c"]
    assert params().words("runs") == []


def test_absent_and_empty_are_the_same() -> None:
    assert params().text("project") is params(project="").text("project") is None
    assert params(limit="").integer("limit", 1, 9, 4) == 4


def test_twice_is_an_error_that_names_the_parameter() -> None:
    with pytest.raises(BadRequest, match="project is given 2 times"):
        params(project=["a", "b"]).text("project")


@pytest.mark.parametrize("text", ["0", "10", "5.0", " 5", "+5", "0x5", "٥", "--5", "9" * 6000])
def test_whole_numbers_are_read_strictly(text: str) -> None:
    with pytest.raises(BadRequest, match=r"n (must be a whole number from 1 to 9|is longer)"):
        params(n=text).integer("n", 1, 9)
    assert params(n="-3").integer("n", -5, 5) == -3


def test_numbers_are_finite() -> None:
    assert params(x="1e-3").number("x") == 0.001
    for text in ("nan", "inf", "-inf", "1e999", "one"):
        with pytest.raises(BadRequest):
            params(x=text).number("x")


def test_choices_name_what_is_allowed() -> None:
    with pytest.raises(BadRequest, match="x must be one of step, time"):
        params(x="mass").choice("x", ("step", "time"), "step")
    with pytest.raises(BadRequest, match="columns may hold config"):
        params(columns="config,secret").choices("columns", ("config",))


def test_a_parameter_that_is_no_text() -> None:
    with pytest.raises(BadRequest, match="UTF-8"):
        Params({"text": [b"\xff"]}).text("text")
