"""plotly figures to restyle, print and publish; never a FigureWidget, which puts 5 MB into a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.display.palette import color
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import Curve

if TYPE_CHECKING:
    import plotly.graph_objects as go

_AXES = {"step": "step", "time": "seconds since start", "wall": "time"}


def metrics_figure(
    curves: Sequence[Curve],
    *,
    log_y: bool = False,
    smoothing: float = 0.0,
    x: str = "step",
    labels: Mapping[str, str] | None = None,
) -> go.Figure:
    """Return a plotly figure with a panel for each metric and a line for each run.

    Parameters
    ----------
    curves : sequence of Curve
        Runs keep one colour in all panels.
    log_y : bool
        Logarithmic y axes.
    smoothing : float
        Weight of the past in an exponential mean, 0 (none) up to below 1; the raw line then stays as a faint one.
    x : {"step", "time", "wall"}
        What the x values are.
    labels : mapping, optional
        What to call a run; its id by default.

    Raises
    ------
    BadRequest
        `smoothing` or `x` is out of range.
    """
    from plotly.subplots import make_subplots

    if not 0.0 <= smoothing < 1.0:
        raise BadRequest("smoothing must be at least 0 and below 1.")
    if x not in _AXES:
        raise BadRequest(f"x must be one of {', '.join(_AXES)}, not {x!r}.")
    metrics = list(dict.fromkeys(curve.metric for curve in curves))
    runs = list(dict.fromkeys(curve.run for curve in curves))
    across = min(3, max(1, len(metrics)))
    down = max(1, -(-len(metrics) // across))
    figure = make_subplots(rows=down, cols=across, subplot_titles=[_plain(name) for name in metrics])
    for curve in curves:
        row, col = divmod(metrics.index(curve.metric), across)
        first = curve is next(line for line in curves if line.run == curve.run)
        for trace in _traces(
            curve, color(runs.index(curve.run)), (labels or {}).get(curve.run, curve.run), smoothing, x
        ):
            trace.showlegend = bool(trace.showlegend) and first
            figure.add_trace(trace, row=row + 1, col=col + 1)
    figure.update_xaxes(title_text=_AXES[x])
    figure.update_yaxes(type="log" if log_y else "linear")
    figure.update_layout(height=320 * down, template="plotly_white", legend_title_text="run", margin={"t": 40})
    return figure


def smooth(y: Sequence[float], weight: float) -> list[float]:
    """Return the exponential mean of `y`, corrected for its start; gaps stay gaps and do not count."""
    result: list[float] = []
    mean, norm = 0.0, 0.0
    for value in y:
        if value - value != 0.0:
            result.append(float("nan"))
            continue
        mean = weight * mean + (1.0 - weight) * value
        norm = weight * norm + (1.0 - weight)
        result.append(mean / norm)
    return result


def _traces(curve: Curve, shade: str, label: str, weight: float, x: str) -> list[Any]:
    import plotly.graph_objects as go

    xs: Any = list(curve.x)
    if x == "wall":
        import pandas as pd

        xs = pd.to_datetime(xs, unit="s", utc=True)
    common = {"x": xs, "mode": "lines", "legendgroup": curve.run, "name": _plain(label)}
    line = go.Scatter(y=list(curve.y), line={"color": shade, "width": 1.5}, showlegend=True, **common)
    if weight == 0.0:
        return [line]
    faint = go.Scatter(
        y=list(curve.y), line={"color": shade, "width": 1}, opacity=0.25, showlegend=False, hoverinfo="skip", **common
    )
    line.y = smooth(curve.y, weight)
    return [faint, line]


def _plain(text: str) -> str:
    """Return `text` with the characters plotly reads as markup escaped (security G12)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
