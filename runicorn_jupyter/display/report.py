"""A run as a page that can be printed, sent or kept: Markdown for a README, HTML with a picture of the curves.

Nothing of this machine is in it, nothing in it runs, and every name and value is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runicorn_jupyter.display import html, svg, text
from runicorn_jupyter.display.public import public
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import REPORT_FORMATS, Curve, MetricSummary, RunRecord

WIDTH = 240
"""The points of each curve that a report has use for."""

_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~$])")
_LONGEST = 1000
_FIGURES = tuple(MetricSummary.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading and a table below it; a section without rows is left out."""

    heading: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def report(record: RunRecord, curves: Sequence[Curve], form: str) -> str:
    """Return a report about a run.

    Parameters
    ----------
    record : RunRecord
        The run.
    curves : sequence of Curve
        Its curves, about `WIDTH` points each; the picture of an HTML report.
    form : {"markdown", "html"}
        What to write.

    Raises
    ------
    BadRequest
        The form is unknown.
    """
    if form not in REPORT_FORMATS:
        raise BadRequest(f"format must be one of {', '.join(REPORT_FORMATS)}, not {form[:40]!r}.")
    shown = public(record)
    sections = [section for section in _sections(shown) if section.rows]
    return _markdown(shown, sections) if form == "markdown" else _html(shown, sections, curves)


def _sections(record: RunRecord) -> Iterator[_Section]:
    best = "" if record.best_metric_name is None else f"{record.best_metric_name} = {_value(record.best_metric_value)}"
    facts = {
        "run": record.id,
        "state": record.state,
        "begun": text.moment(record.created_at),
        "took": text.duration(text.lasted(record)),
        "last step": _value(record.last_step),
        "best": best,
        "tags": ", ".join(record.tags),
        "notes": record.notes,
    }
    yield _Section("Run", ("", ""), [(name, value) for name, value in facts.items() if value])
    yield _Section("Config", ("setting", "value"), _pairs(record.config))
    yield _Section("Summary", ("name", "value"), _pairs(record.summary))
    rows = [(name, *(_value(getattr(one, figure)) for figure in _FIGURES)) for name, one in record.metrics.items()]
    yield _Section("Metrics", ("metric", *_FIGURES), sorted(rows))
    yield _Section("Problems", ("what is wrong",), [(problem,) for problem in record.problems])


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key, _value(value)) for key, value in values.items()]


def _value(value: Any) -> str:
    """Return a value whole, as far as a page has room: a report rounds nothing but the digits no float has."""
    if value is None:
        return text.NO_VALUE
    told = repr(value) if isinstance(value, float) else str(value)
    return told if len(told) <= _LONGEST else told[: _LONGEST - 1] + "…"


def _markdown(record: RunRecord, sections: Sequence[_Section]) -> str:
    parts = [f"# {_marked(text.title(record))}"]
    for section in sections:
        parts.append(f"## {section.heading}" if section.heading != "Run" else "")
        rows = [section.head, ["---"] * len(section.head), *([_marked(cell) for cell in row] for row in section.rows)]
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
    return "\n\n".join(part for part in parts if part) + "\n"


def _marked(value: str) -> str:
    """Return `value` on one line, as text to Markdown and to the HTML that Markdown lets pass."""
    line = " ".join(value.encode("utf-8", "replace").decode().split())
    return _MARKS.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def _html(record: RunRecord, sections: Sequence[_Section], curves: Sequence[Curve]) -> str:
    title = text.title(record)
    parts = [f"<h1>{html.escaped(title)}</h1>"]
    for section in sections:
        parts.append(f"<h2>{section.heading}</h2>" if section.heading != "Run" else "")
        parts.append(html.table(section.head, section.rows))
        if section.heading == "Metrics":
            parts += _pictures(curves)
    return html.page("".join(parts), f"{title} {record.id}")


def _pictures(curves: Sequence[Curve]) -> Iterator[str]:
    """Yield a picture of every six metrics, so that none is left out."""
    names = list(dict.fromkeys(curve.metric for curve in curves))
    for begin in range(0, len(names), 6):
        if drawn := svg.picture(curves, metrics=names[begin : begin + 6]):
            alt = html.escaped(f"Curves of {', '.join(names[begin : begin + 6])}")
            yield f'<p><img alt="{alt}" src="{svg.data_url(drawn)}" style="max-width:100%"></p>'
