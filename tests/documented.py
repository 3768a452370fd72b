"""The examples of the reference documents about other hosts, as blocks of tests/data/remote-examples.md."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from places import DATA


class Example(NamedTuple):
    """One block of code and the headings above it."""

    title: str
    language: str
    text: str


def examples() -> list[Example]:
    blocks = re.findall(
        r"^### (.*?)\n+```(\w+)\n(.*?)^```$", (DATA / "remote-examples.md").read_text(), re.MULTILINE | re.DOTALL
    )
    return [Example(*block) for block in blocks]


def titled(language: str, *, ending: str = "") -> list[Any]:
    """Return the examples in a language as parameters that are called by their titles."""
    found = [one for one in examples() if one.language == language and one.title.endswith(ending)]
    assert found
    return [pytest.param(one, id=one.title.replace("/api/remote/", "")) for one in found]


def code_of(title: str) -> str:
    (found,) = (one.text for one in examples() if one.title.endswith(title))
    return found


def alike(documented: Any, told: Any, at: str = "") -> None:
    """Assert that every member that is documented is there, and of its kind."""
    if isinstance(documented, dict):
        assert isinstance(told, dict), at
        for name, value in documented.items():
            assert name in told, f"{at}.{name}"
            alike(value, told[name], f"{at}.{name}")
    elif isinstance(documented, list):
        assert isinstance(told, list), at
        named = [one for one in told if isinstance(one, dict) and one.get("name", 0) == documented[0].get("name")]
        assert told, at
        alike(documented[0], (named or told)[0], at)
    elif isinstance(documented, int) and not isinstance(documented, bool):
        assert isinstance(told, int | float), (at, told)
    else:
        assert isinstance(told, type(documented)), (at, told)
