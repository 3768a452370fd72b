"""What was seen as tables: on the terminal, and in docs/benchmarks.md between markers, so that prose stands beside."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import psutil

from benchmarks.figures import CPU, OURS, SIZE, WALL, Figure, Verdict, judge
from benchmarks.rows import ROWS, Row
from benchmarks.venvs import wanted

_FIRST = (WALL, CPU, SIZE)
_MARKS = "<!-- measured: {name} -->", "<!-- end: {name} -->"


def machine(seconds: float, load: float) -> str:
    """Return what the figures were seen on, without any name of the place."""
    memory = psutil.virtual_memory().total / 2**30
    peers = ", ".join(requirement for requirements in wanted().values() for requirement in requirements)
    seen_on = (
        f"Seen on {time.strftime('%-d %B %Y')}: {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}; load {load:.1f} at the start, "
        f"{seconds / 60:.0f} minutes for all rows."
    )
    return f"{seen_on}\n\nPeers: {peers}."


def section(row: Row, figures: Sequence[Figure]) -> str:
    """Return the tables of one row in Markdown."""
    mine = [figure for figure in figures if figure.row in row.names]
    if not mine:
        return "Not measured."
    return "\n\n".join(filter(None, (_figures(mine), _targets(verdicts(row, figures)))))


def verdicts(row: Row, figures: Sequence[Figure]) -> list[Verdict]:
    """Return what the figures say of each target of a row."""
    mine = [figure for figure in figures if figure.row in row.names]
    return [judge(target, mine) for target in row.targets]


def sentence(verdict: Verdict) -> str:
    """Say a target and whether it is reached."""
    target, seen = verdict.target, verdict.seen
    other = target.against if target.against != OURS else target.other_call
    wanted_words = {
        "at most": f"≤ {target.limit:g} {target.measure}",
        "times less": f"≥ {target.limit:g} × less {target.measure} than {other}",
        "times as much": f"≤ {target.limit:g} × the {target.measure} of {other}",
    }[target.rule]
    if seen is None:
        return f"{target.call}: {wanted_words}: not measured"
    shown = _number(seen) + ("" if target.rule == "at most" else " ×")
    return f"{target.call}: {wanted_words}: **{'reached' if verdict.reached else 'missed'}** ({shown})"


def write(document: Path, figures: Sequence[Figure], seen_on: str, names: Collection[str] = ROWS) -> None:
    """Put the tables of the rows `names` between their markers; what a person wrote around them stays.

    A row that was run by itself says below its table where and when; the head of the page speaks for a whole run.

    Raises
    ------
    ValueError
        The document lacks a marker: a table that appears nowhere would not be missed.
    """
    text = document.read_text()
    whole = set(names) >= set(ROWS)
    parts = {name: section(ROWS[name], figures) + ("" if whole else f"\n\n{seen_on}") for name in names}
    if whole:
        parts["machine"] = seen_on
    for name, body in parts.items():
        begin, end = (mark.format(name=name) for mark in _MARKS)
        if begin not in text or end not in text:
            raise ValueError(f"{document.name} has no place for {name}: add the lines {begin} and {end}.")
        pattern = f"{re.escape(begin)}.*?{re.escape(end)}"
        text = re.sub(pattern, lambda _, b=begin, t=body, e=end: f"{b}\n{t}\n{e}", text, flags=re.DOTALL)  # type: ignore[misc]
    document.write_text(text)


def _figures(figures: Sequence[Figure]) -> str:
    units = _units(figures)
    lines = [["what", "who", *units, "ours is"]]
    for figure in sorted(figures, key=lambda one: (_order(figures, one.call), one.who != OURS)):
        shown = [_number(figure.measures[unit]) if unit in figure.measures else "" for unit in units]
        lines.append([f"{figure.call}{_note(figure)}", figure.who, *shown, _ratio(figure, figures)])
    return _table(lines)


def _note(figure: Figure) -> str:
    if figure.problem:
        return f" (no figure: {_safe(figure.problem)})"
    return f" ({figure.note})" if figure.note else ""


def _units(figures: Iterable[Figure]) -> list[str]:
    found = list(dict.fromkeys(name for figure in figures for name in figure.measures))
    return [*(unit for unit in _FIRST if unit in found), *(unit for unit in found if unit not in _FIRST)]


def _order(figures: Sequence[Figure], call: str) -> int:
    return next(at for at, figure in enumerate(figures) if figure.call == call)


def _ratio(figure: Figure, figures: Sequence[Figure]) -> str:
    """Say how many times less CPU (or, without, wall time) ours took for the same work."""
    if figure.who == OURS or figure.problem:
        return ""
    ours = _counterpart(figure, figures)
    unit = next((unit for unit in (CPU, WALL) if ours and unit in figure.measures and unit in ours.measures), None)
    if ours is None or unit is None or min(ours.measures[unit], figure.measures[unit]) <= 0:
        return ""
    times = figure.measures[unit] / ours.measures[unit]
    return f"{_number(times)} × less" if times >= 1 else f"{_number(1 / times)} × more"


def _counterpart(figure: Figure, figures: Sequence[Figure]) -> Figure | None:
    """Return our figure of the same call or, when theirs is called otherwise, of the same stage of the row."""
    ours = [one for one in figures if one.who == OURS and one.row == figure.row and not one.problem]
    same = [one for one in ours if one.call == figure.call]
    cold = figure.call.startswith("cold")
    return next(iter(same or [one for one in ours if one.call.startswith("cold") == cold]), None)


def _targets(judged: Sequence[Verdict]) -> str:
    return "\n".join(f"- {sentence(verdict)}" for verdict in judged)


def _table(lines: list[list[str]]) -> str:
    head, *body = lines
    rule = ["---", "---", *("---:" for _ in head[2:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body))


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _safe(text: str) -> str:
    """Return a problem without what would say where it was seen, or break the table."""
    return re.sub(r"(?:/[\w.~-]+){2,}", "…", text).replace("|", "/")
