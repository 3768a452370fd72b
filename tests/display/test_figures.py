"""plotly figures: plain, escaped, the page's colours."""

from __future__ import annotations

import math

import plotly.graph_objects as go
import pytest
from sweeps import sweep

from runicorn_jupyter.display.figures import metrics_figure, smooth
from runicorn_jupyter.display.palette import COLORS
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import Curve


def test_a_line_a_run_in_a_panel_a_metric():
    _, curves = sweep(2, 20, ["loss", "acc"])
    figure = metrics_figure(curves, labels={curves[0].run: "<b>first"})
    assert type(figure) is go.Figure
    assert [list(trace.y) for trace in figure.data] == [curve.y for curve in curves]
    assert {trace.line.color for trace in figure.data} == set(COLORS[:2])
    assert [trace.showlegend for trace in figure.data] == [True, False, True, False]
    assert figure.data[0].name == "&lt;b&gt;first"
    assert [note.text for note in figure.layout.annotations] == ["loss", "acc"]


def test_log_axis_and_smoothing():
    _, curves = sweep(1, 20)
    figure = metrics_figure(curves, log_y=True, smoothing=0.9)
    assert figure.layout.yaxis.type == "log"
    assert len(figure.data) == 2
    assert list(figure.data[1].y) == smooth(curves[0].y, 0.9)


def test_smoothing_is_a_mean_that_skips_gaps():
    assert smooth([2.0, 2.0, 2.0], 0.9) == pytest.approx([2.0, 2.0, 2.0])
    assert smooth([1.0, math.nan, 3.0], 0.5)[2] == pytest.approx((0.25 * 1.0 + 0.5 * 3.0) / 0.75)
    assert math.isnan(smooth([math.nan], 0.5)[0])


def test_wall_time_is_dates():
    figure = metrics_figure([Curve("r", "m", [1.79e9, 1.79e9 + 1], [1.0, 2.0], 2, exact=True)], x="wall")
    assert figure.data[0].x[0].year == 2026


def test_nothing_gives_an_empty_figure():
    assert len(metrics_figure([]).data) == 0


@pytest.mark.parametrize("wrong", [{"smoothing": 1.0}, {"smoothing": -0.1}, {"x": "epoch"}])
def test_wrong_options_are_refused(wrong):
    with pytest.raises(BadRequest):
        metrics_figure([], **wrong)
