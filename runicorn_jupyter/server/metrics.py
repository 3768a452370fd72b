"""Points of runs: the documented rows, and curves thinned for a screen."""

from __future__ import annotations

from typing import Literal, cast

from runicorn_jupyter.errors import BadRequest, NotYet
from runicorn_jupyter.models import MetricRows
from runicorn_jupyter.server.gate import Gate

_DOWNSAMPLE = (100, 50_000)
_WIDTH = (1, 20_000)
_AXES = ("step", "time", "wall")


class StepRowsHandler(Gate):
    """R8: rows keyed by ``global_step``."""

    relative_time = False

    async def get(self, run_id: str) -> None:
        """List the points of one run, thinned to `downsample` rows when there are more."""
        if self.params.choice("format", ("rows", "columns", "arrow"), "rows") != "rows":
            raise NotYet("This version gives metrics as rows only; leave out the parameter format.")
        downsample = self.params.integer("downsample", *_DOWNSAMPLE)
        metrics = self.params.words("metrics") or None
        rows = await self.ask(
            lambda hall: hall.metric_rows(
                run_id, relative_time=self.relative_time, downsample=downsample, metrics=metrics
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


class TimeRowsHandler(StepRowsHandler):
    """R7 as D10 has it: ``time`` first, in seconds since the run's first event."""

    relative_time = True


class CurvesHandler(Gate):
    """Curves of several runs at once, at most two points for each pixel of `width`."""

    async def get(self) -> None:
        """Return the curves of `runs`."""
        params = self.params
        runs = params.words("runs")
        if not runs:
            raise BadRequest("runs is missing: give one or more run ids, separated by commas.")
        metrics = params.words("metrics") or None
        axis = cast("Literal['step', 'time', 'wall']", params.choice("x", _AXES, "step"))
        x0, x1 = params.number("x0"), params.number("x1")
        width = params.integer("width", *_WIDTH, 1000)
        found = await self.ask(
            lambda hall: {
                "version": hall.runs(limit=0).version,
                "curves": [curve.wire() for curve in hall.curves(runs, metrics, x=axis, x0=x0, x1=x1, width=width)],
            }
        )
        await self.reply(found)
