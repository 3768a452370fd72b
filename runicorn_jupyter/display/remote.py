"""Viewers on other hosts in words and in a table: by label, never by host, user or path."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from runicorn_jupyter.display import text
from runicorn_jupyter.models.remoteseen import SeenSession

_ROWS = 50
_NOBODY = "No viewers on other hosts."


def remote_text(sessions: Sequence[SeenSession]) -> str:
    """Return one line for each viewer, below how many there are."""
    if not sessions:
        return _NOBODY
    lines = [f"  {one.label} ({one.environment}) {one.state}" for one in sessions[:_ROWS]]
    return "\n".join([_count(sessions), *lines])


def remote_html(sessions: Sequence[SeenSession]) -> str:
    """Return the same as a table without scripts."""
    if not sessions:
        return f"<p>{_NOBODY}</p>"
    head = "".join(f'<th style="text-align:left">{name}</th>' for name in ("runs", "environment", "state", "since"))
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _cells(one))}</tr>" for one in sessions[:_ROWS]
    )
    return f"<p>{_count(sessions)}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cells(one: SeenSession) -> tuple[str, ...]:
    return one.label, one.environment, one.state, text.moment(one.since)


def _count(sessions: Sequence[SeenSession]) -> str:
    running = sum(one.state == "running" for one in sessions)
    viewers = "1 viewer on another host" if len(sessions) == 1 else f"{len(sessions)} viewers on other hosts"
    return f"{viewers}, {running} running"
