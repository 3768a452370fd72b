"""The script-free twin of a live output: words, a table and a picture that GitHub, nbviewer and nbconvert show.

Every name and value is escaped; the styles set no background and no text colour, so that any theme can be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from runicorn_jupyter.display import svg, text
from runicorn_jupyter.display.palette import GREY, color, state_color
from runicorn_jupyter.models import Curve, RunRecord

_ROWS = 50
_CELL = "text-align:left"
_PICTURES = 30_000


def run_html(record: RunRecord, curves: Sequence[Curve], images: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return one run: heading, metrics, config, the curve of each metric, and the images that carry a ``src``."""
    words = [_state(record), escape(text.duration(text.lasted(record))), escape(text.moment(record.created_at))]
    heading = (
        f"<p><strong>{_text(text.title(record))}</strong> · {' · '.join(words)} · <code>{_text(record.id)}</code></p>"
    )
    rows = [
        [
            _text(name),
            *(_text(text.number(value)) for value in (metric.last, metric.min, metric.max)),
            str(metric.count),
        ]
        for name, metric in sorted(record.metrics.items())[:40]
    ]
    parts = [heading, _table(["metric", "last", "min", "max", "points"], rows) if rows else "<p>No metrics logged.</p>"]
    parts += [_values("config", record.config), _values("summary", record.summary)]
    parts += [f"<p>⚠ {_text(text.shorten(problem, 300))}</p>" for problem in record.problems[:5]]
    chart = svg.picture(curves, kind="card")
    parts.append(_image(svg.data_url(chart), _alt(curves), "") if chart else "")
    parts.append(_pictures(images))
    return _frame(parts)


def runs_html(
    records: Sequence[RunRecord], curves: Sequence[Curve], total: int | None = None, title: str = "", source: str = ""
) -> str:
    """Return a list of runs: how many, a table with what differs, and the curves of the two leading metrics."""
    whole = len(records) if total is None else total
    count = f"{whole} run{'' if whole == 1 else 's'}" + (f" in {_text(source)}" if source else "")
    parts = [f"<p><strong>{_text(title)}</strong> · {count}</p>" if title else f"<p>{count}</p>"]
    shown = records[:_ROWS]
    if shown:
        parts.append(_runs_table(shown))
    if whole > len(shown):
        parts.append(f"<p>… and {whole - len(shown)} more</p>")
    metrics = text.leading_metrics(records, 2)
    shades = {record.id: color(i) for i, record in enumerate(records)}
    chart = svg.picture(curves, metrics=metrics, colors=shades, kind="runs", columns=2)
    parts.append(_image(svg.data_url(chart), _alt(curves), "") if chart else "")
    return _frame(parts)


def page(body: str, title: str) -> str:
    """Return a whole HTML document around `body`, for a file of its own."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{_text(title)}</title><style>body{{font-family:system-ui,sans-serif;margin:2em}}</style></head>"
        f"<body>{body}</body></html>\n"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of plain texts."""
    return _table([_text(cell) for cell in head], [[_text(cell) for cell in row] for row in rows])


def escaped(value: str) -> str:
    """Return a plain text as it may stand in HTML, in an attribute too."""
    return _text(value)


def _runs_table(records: Sequence[RunRecord]) -> str:
    metrics, keys = text.leading_metrics(records, 4), text.varying(records, 4)
    rows = [
        [
            f'<span style="color:{color(i)}">●</span> <code>{_text(record.id)}</code>',
            _text(text.title(record)),
            _state(record),
            escape(text.duration(text.lasted(record))),
            *(_text(text.number(record.config.get(key))) for key in keys),
            *(_text(text.number(record.metrics[name].last if name in record.metrics else None)) for name in metrics),
        ]
        for i, record in enumerate(records)
    ]
    return _table(["run", "project / name", "state", "duration", *map(_text, keys), *map(_text, metrics)], rows)


def _values(label: str, values: Mapping[str, Any]) -> str:
    kept = [(key, value) for key, value in values.items() if not key.startswith("best_metric_")][:40]
    if not kept:
        return ""
    return (
        f"<p>{label}: "
        + ", ".join(f"<code>{_text(key)}={_text(text.number(value))}</code>" for key, value in kept)
        + "</p>"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of cells that are escaped already."""
    top = "".join(f'<th style="{_CELL}">{cell}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>" for row in rows)
    style = "border-collapse:collapse;margin:4px 0"
    return f'<table cellpadding="4" style="{style}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def _pictures(images: Sequence[Mapping[str, Any]]) -> str:
    parts, used = [], 0
    for image in images:
        source = str(image.get("src") or "")
        if not source or used + len(source) > _PICTURES:
            continue
        used += len(source)
        words = f"{image['key']}, step {text.number(image.get('step'))}"
        caption = f"{words}: {image['caption']}" if image.get("caption") else words
        parts.append(_image(source, caption, "max-height:240px;") + f"<br><small>{_text(caption)}</small>")
    return f"<p>{'<br>'.join(parts)}</p>" if parts else ""


def _image(source: str, alt: str, style: str) -> str:
    return f'<img alt="{_text(alt)}" src="{escape(source)}" style="{style}max-width:100%">'


def _alt(curves: Sequence[Curve]) -> str:
    names = list(dict.fromkeys(curve.metric for curve in curves))
    runs = len({curve.run for curve in curves})
    return text.shorten(f"Curves of {', '.join(names[:6])} for {runs} run{'' if runs == 1 else 's'}", 200)


def _state(record: RunRecord) -> str:
    shade = state_color(record.state)
    return f'<span style="color:{shade}">{_text(record.state)}</span>' if shade != GREY else _text(record.state)


def _frame(parts: Sequence[str]) -> str:
    return f'<div style="overflow-x:auto">{"".join(parts)}</div>'


def _text(value: str) -> str:
    """Return `value` escaped, lone surrogates replaced: they cannot be written to a notebook."""
    return escape(value.encode("utf-8", "replace").decode("utf-8"))
