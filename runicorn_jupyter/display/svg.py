"""Pictures of curves as small SVG text, readable on a light and on a dark page, without script or outside parts."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from runicorn_jupyter.display import text
from runicorn_jupyter.display.palette import GREY, color
from runicorn_jupyter.display.thin import thin
from runicorn_jupyter.models import Curve

_PANEL_WIDTH, _PANEL_HEIGHT = 300, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 12, 24, 20
_POINT_BUDGET = {"card": 2400, "runs": 4800}
_FEWEST, _MOST = 8, 240


@dataclass(frozen=True, slots=True)
class _Window:
    """The data range of one panel."""

    x0: float
    x1: float
    y0: float
    y1: float

    def place(self, x: float, y: float) -> tuple[int, int]:
        """Return a point in tenths of a pixel."""
        across = (x / 2 - self.x0 / 2) / ((self.x1 / 2 - self.x0 / 2) or 1.0)
        up = (y / 2 - self.y0 / 2) / ((self.y1 / 2 - self.y0 / 2) or 1.0)
        if self.y0 == self.y1:
            up = 0.5
        return (
            round(10 * (_LEFT + across * (_PANEL_WIDTH - _LEFT - _RIGHT))),
            round(10 * (_PANEL_HEIGHT - _BOTTOM - up * (_PANEL_HEIGHT - _TOP - _BOTTOM))),
        )


def picture(
    curves: Sequence[Curve],
    *,
    metrics: Sequence[str] | None = None,
    colors: Mapping[str, str] | None = None,
    kind: str = "card",
    columns: int = 3,
) -> str:
    """Return one SVG with a panel for each metric and a line for each run; empty text when there is nothing to draw.

    Parameters
    ----------
    curves : sequence of Curve
        At most 40 lines are drawn in a panel.
    metrics : sequence of str, optional
        Which panels, in this order; by default every metric met, the first six.
    colors : mapping of str to str, optional
        Colour by run id; by default in the order met.
    kind : {"card", "runs"}
        The point budget: 30 kB or 55 kB in base64.
    columns : int
        Panels beside each other.
    """
    names = list(metrics if metrics is not None else dict.fromkeys(curve.metric for curve in curves))[:6]
    panels = {name: [curve for curve in curves if curve.metric == name][:40] for name in names}
    panels = {name: lines for name, lines in panels.items() if any(_finite(line) for line in lines)}
    if not panels:
        return ""
    shades = colors or {run: color(i) for i, run in enumerate(dict.fromkeys(curve.run for curve in curves))}
    points = _POINT_BUDGET[kind] // sum(map(len, panels.values()))
    points = max(_FEWEST, min(_MOST, points))
    across = min(columns, len(panels))
    parts = [
        f'<g transform="translate({i % across * _PANEL_WIDTH},{i // across * _PANEL_HEIGHT})">'
        f"{_panel(name, lines, shades, points)}</g>"
        for i, (name, lines) in enumerate(panels.items())
    ]
    width, height = across * _PANEL_WIDTH, math.ceil(len(panels) / across) * _PANEL_HEIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="system-ui,sans-serif" font-size="11" fill="{GREY}">{"".join(parts)}</svg>'
    )


def spark(curve: Curve, shade: str = color(0), width: int = 120, height: int = 28) -> str:
    """Return a curve without words in `width` by `height` pixels; empty text when it has no finite value."""
    if not _finite(curve):
        return ""
    window = _window([curve])
    path = _path(curve, window, 60)
    box = f"{10 * _LEFT - 10} {10 * _TOP - 10} {10 * (_PANEL_WIDTH - _LEFT - _RIGHT) + 20} "
    box += f"{10 * (_PANEL_HEIGHT - _TOP - _BOTTOM) + 20}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{width}" height="{height}"'
        f' preserveAspectRatio="none"><path d="{path}" fill="none" stroke="{shade}" stroke-width="1.5"'
        f' vector-effect="non-scaling-stroke"/></svg>'
    )


def data_url(svg: str) -> str:
    """Return the SVG as the source of an ``<img>``, where no page lets it run or load anything."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def _panel(name: str, lines: Sequence[Curve], shades: Mapping[str, str], points: int) -> str:
    window = _window(lines)
    x_low, x_high = _LEFT, _PANEL_WIDTH - _RIGHT
    y_low, y_high = _PANEL_HEIGHT - _BOTTOM, _TOP
    thick = "1.6" if len(lines) < 10 else "1"
    paths = "".join(
        f'<path d="{_path(line, window, points)}" stroke="{shades.get(line.run, GREY)}"/>'
        for line in lines
        if _finite(line)
    )
    words = [(x_low - 4, y_low, "end", window.y0), (x_low - 4, y_high + 8, "end", window.y1)]
    words += [(x_low, y_low + 14, "start", window.x0), (x_high, y_low + 14, "end", window.x1)]
    if window.y0 == window.y1:
        words.pop(0)
    labels = "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}">{_tick(value)}</text>' for x, y, anchor, value in words
    )
    middle = (y_low + y_high) / 2
    heading = escape(text.shorten(_printable(name), 40))
    return (
        f'<path d="M{x_low} {y_high}H{x_high}M{x_low} {middle:g}H{x_high}" stroke="{GREY}" stroke-opacity=".25"/>'
        f'<path d="M{x_low} {y_high}V{y_low}H{x_high}" fill="none" stroke="{GREY}" stroke-opacity=".7"/>'
        f'<text x="{x_low}" y="15" font-size="12" font-weight="600">{heading}</text>{labels}'
        f'<g transform="scale(.1)" fill="none" stroke-width="{float(thick) * 10:g}" stroke-linejoin="round">{paths}</g>'
    )


def _tick(value: float) -> str:
    """Return the value in at most eight characters, so that it fits beside its axis."""
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < 10**7 else f"{value:.3g}"


def _path(curve: Curve, window: _Window, points: int) -> str:
    """Return relative moves, one ``M`` after each gap; a lone point becomes a short dash."""
    xs, ys, _ = thin(curve.x, curve.y, points)
    parts: list[str] = []
    last: tuple[int, int] | None = None
    for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
        if not (math.isfinite(y) and math.isfinite(x)):
            last = None
            continue
        here = window.place(x, y)
        if last is None:
            parts.append(f"M{here[0]} {here[1]}h1")
            here = (here[0] + 1, here[1])
        else:
            parts.append(f"l{here[0] - last[0]} {here[1] - last[1]}")
        last = here
    return "".join(parts)


def _window(lines: Sequence[Curve]) -> _Window:
    xs = [x for line in lines for x in line.x if math.isfinite(x)]
    ys = [y for line in lines for y in line.y if math.isfinite(y)]
    return _Window(min(xs), max(xs), min(ys), max(ys))


def _finite(curve: Curve) -> bool:
    return any(math.isfinite(x) and math.isfinite(y) for x, y in zip(curve.x, curve.y, strict=True))


def _printable(name: str) -> str:
    """Return `name` without the characters that XML forbids even when escaped (controls, lone surrogates)."""
    return "".join(c for c in name if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff")
