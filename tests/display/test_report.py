"""A report about a run: all that is known of it, nothing of this machine, nothing that runs."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import pytest

from runicorn_jupyter.display.report import report
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import REPORT_FORMATS, Curve, MetricSummary, RunRecord

EVIL = "<img src=x onerror=alert(1)>|**b** [a](javascript:1) `c` $x$\n# head"


def record(**more: object) -> RunRecord:
    given = {
        "config": {"lr": 0.1, "deep": {"a": [1, 2]}},
        "summary": {"best": 1 / 3},
        "metrics": {"loss": MetricSummary(0.5, 0.25, 1.0, 1.0, 10, 0.6)},
        "state": "finished",
        "hostname": "node17",
        "problems": ("meta.json is not valid JSON in somewhere/secret/run on node17",),
    }
    return RunRecord("r1", "demo", "first", "somewhere/secret/run", **(given | more))  # type: ignore[arg-type]


def curve(metric: str = "loss") -> Curve:
    return Curve(run="r1", metric=metric, x=[0.0, 1.0, 2.0], y=[1.0, 0.5, 0.25], total=3, exact=True)


def tags(told: str) -> list[str]:
    """Return every tag of `told`, and every attribute that would run something."""

    class Tags(HTMLParser):
        found: ClassVar[list[str]] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found.extend([tag, *(name for name, _ in attrs if name.startswith("on"))])

    Tags.found.clear()
    Tags().feed(told)
    return Tags.found


@pytest.mark.parametrize("form", REPORT_FORMATS)
def test_everything_known_is_in_it_and_nothing_is_rounded(form: str) -> None:
    told = report(record(), [curve()], form)
    for word in ("demo / first", "r1", "finished", "lr", "0.1", repr(1 / 3), "loss", "0.25", "10", "deep"):
        assert word in told, word


@pytest.mark.parametrize("form", REPORT_FORMATS)
def test_nothing_of_this_machine_is_in_it(form: str) -> None:
    told = report(record(notes="mine"), [curve()], form)
    assert "secret" not in told
    assert "node17" not in told
    assert str(Path.home()) not in told


@pytest.mark.parametrize("form", REPORT_FORMATS)
def test_j01_what_was_logged_is_text_and_nothing_else(form: str) -> None:
    metrics = {EVIL: MetricSummary(1.0)}
    evil = RunRecord("r1", EVIL, EVIL, "", notes=EVIL, tags=(EVIL,), config={EVIL: EVIL}, metrics=metrics)
    told = report(evil, [curve(EVIL)], form)
    found = tags(told)
    if form == "markdown":
        assert found == []
        assert not re.search(r"(?<!\\)[*\[\]`$]", told)
        assert told.count("\n# ") == 0
        lines = told.splitlines()
        assert {line.count("|") - line.count("\\|") for line in lines if line.startswith("| \\")} <= {3, 8}
    else:
        assert set(found) <= {
            *("html", "head", "meta", "title", "style", "body", "h1", "h2", "table", "thead", "tbody"),
            *("tr", "th", "td", "p", "img"),
        }
        assert all(src.startswith("data:image/svg+xml;base64,") for src in re.findall(r'<img [^>]*src="([^"]*)"', told))


def test_the_picture_has_every_metric() -> None:
    names = [f"metric{at}" for at in range(14)]
    told = report(record(), [curve(name) for name in names], "html")
    pictures = [base64.b64decode(one).decode() for one in re.findall(r"base64,([^\"]+)", told)]
    assert len(pictures) == 3
    assert all(any(f">{name}<" in picture for picture in pictures) for name in names)


def test_a_run_of_which_nothing_is_known_has_a_report_too() -> None:
    bare = RunRecord("r1", "demo", "first", "")
    assert "# demo / first" in report(bare, [], "markdown")
    assert "<h1>demo / first</h1>" in report(bare, [], "html")


def test_another_form_is_refused() -> None:
    with pytest.raises(BadRequest, match="markdown, html"):
        report(record(), [], "pdf")
