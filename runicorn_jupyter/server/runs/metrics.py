"""Points of runs: the documented rows, and curves thinned for a screen."""

from __future__ import annotations

from typing import Any, NamedTuple, NotRequired, TypedDict

from runicorn_jupyter.errors import NotInstalled
from runicorn_jupyter.models import MetricRows, Stage
from runicorn_jupyter.server.answer.columnar import ARROW_TYPE, FORMATS, arrow, columns
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import query
from runicorn_jupyter.server.request.fields import RUN_ERRORS, answers, made_by

_DOWNSAMPLE = (100, 50_000)
_WIDTH = (1, 20_000)
_EVERYTHING = 2**40
_HIGHEST_RANK = 10**9 - 1


class MetricRowsBody(TypedDict):
    """One row a step; every row holds every column."""

    columns: list[str]
    rows: list[dict[str, Any]]
    total: int
    sampled: int
    clipped: NotRequired[list[str]]


class Points(TypedDict):
    """Points of one metric; `kinds` says where a null of `y` stands for nan, inf or -inf."""

    x: list[float | None]
    y: list[float | None]
    kinds: dict[str, list[int]]
    total: int
    exact: bool


class MetricColumns(TypedDict):
    """The metrics of a run, each by itself."""

    x: str
    metrics: dict[str, Points]


class CurveBody(TypedDict):
    """Points of one metric of one run; `exact` says that every point of the window is here."""

    run: str
    metric: str
    x: list[float | None]
    y: list[float | None]
    total: int
    exact: bool
    kinds: NotRequired[dict[str, list[int]]]


class Curves(TypedDict):
    """Curves of some runs, and where on the axis each was in which stage."""

    version: int
    curves: list[CurveBody]
    stages: dict[str, list[Stage]]


_ROW_HEADERS = {
    "X-Row-Count": "How many rows there are here",
    "X-Total-Count": "How many rows there are",
    "X-Last-Step": "The step of the last row, where there is one",
}


class _Window(NamedTuple):
    run_ids: list[str]
    metrics: list[str] | None
    x: str
    x0: float | None
    x1: float | None
    width: int
    rank: int


def _window(
    *,
    runs: list[str] = query.words("Run ids", required=True),
    metrics: list[str] = query.words("Only these metrics"),
    x: str = query.text("The axis: `step`, `time`, or the name of a metric", default="step"),
    x0: float | None = query.number("Where the window begins"),
    x1: float | None = query.number("Where it ends"),
    width: int = query.integer(*_WIDTH, "Pixels to draw on", default=1000),
    rank: int = query.integer(0, _HIGHEST_RANK, "Which process of a run of many", default=0),
) -> _Window:
    return _Window(runs, metrics or None, x, x0, x1, width, rank)


class StepRowsHandler(Gate):
    """R8: rows keyed by ``global_step``."""

    relative_time = False

    @answers(MetricRowsBody | MetricColumns, ARROW_TYPE, raises=(*RUN_ERRORS, NotInstalled), headers=_ROW_HEADERS)
    async def get(
        self,
        run_id: str,
        *,
        downsample: int | None = query.integer(*_DOWNSAMPLE, "How many rows at most"),
        metrics: list[str] = query.words("Only these metrics"),
        form: str = query.choice(("rows", "columns", "arrow"), "How to write them", default="rows", name="format"),
    ) -> None:
        """List the points of one run, thinned to `downsample` rows when there are more."""
        if form != "rows":
            await self._reply_columns(run_id, metrics or None, downsample, form)
            return
        rows = await self.ask(
            lambda hall: hall.metric_rows(
                run_id, relative_time=self.relative_time, downsample=downsample, metrics=metrics or None
            )
        )
        await self._reply_rows(rows)

    async def _reply_rows(self, rows: MetricRows) -> None:
        self.set_header("X-Row-Count", str(len(rows.rows)))
        self.set_header("X-Total-Count", str(rows.total))
        if rows.last_step is not None and rows.rows:
            self.set_header("X-Last-Step", str(rows.last_step))
        clipped = {"clipped": list(rows.clipped)} if rows.clipped else {}
        await self.reply(
            {
                "columns": list(rows.columns),
                "rows": list(rows.rows),
                "total": rows.total,
                "sampled": len(rows.rows),
                **clipped,
            }
        )

    async def _reply_columns(self, run_id: str, metrics: list[str] | None, downsample: int | None, form: str) -> None:
        """Send each metric by itself, thinned to `downsample` points of its own."""
        axis = "time" if self.relative_time else "step"
        width = downsample // 2 if downsample else _EVERYTHING
        curves = await self.ask(lambda hall: hall.curves([run_id], metrics, x=axis, width=width))
        if form == "columns":
            await self.reply({"x": axis, "metrics": columns(curves)})
        else:
            await self.reply_bytes(lambda: arrow(curves), ARROW_TYPE)


class TimeRowsHandler(StepRowsHandler):
    """R7 as D10 has it: ``time`` first, in seconds since the run's first event."""

    relative_time = True


class CurvesHandler(Gate):
    """Curves of several runs at once, at most two points for each pixel of `width`."""

    @answers(Curves, ARROW_TYPE, raises=(*RUN_ERRORS, NotInstalled))
    async def get(
        self,
        *,
        wanted: _Window = made_by(_window),
        form: str = query.choice(FORMATS, "How to write them", default="json", name="format"),
    ) -> None:
        """Return the curves of `runs`, and the stages of those that logged any."""
        if form == "arrow":
            curves = await self.ask(lambda hall: hall.curves(**wanted._asdict()))
            await self.reply_bytes(lambda: arrow(curves), ARROW_TYPE)
            return
        found = await self.ask(
            lambda hall: {
                "version": hall.version(),
                "curves": [curve.wire(kinds=form == "columns") for curve in hall.curves(**wanted._asdict())],
                "stages": {
                    run: [stage.wire() for stage in stages]
                    for run, stages in hall.stages(wanted.run_ids, x=wanted.x, rank=wanted.rank).items()
                },
            }
        )
        await self.reply(found)
