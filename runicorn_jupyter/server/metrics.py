"""Points of runs: the documented rows, and curves thinned for a screen."""

from __future__ import annotations

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import MetricRows
from runicorn_jupyter.server.columnar import ARROW_TYPE, FORMATS, arrow, columns
from runicorn_jupyter.server.gate import Gate

_DOWNSAMPLE = (100, 50_000)
_WIDTH = (1, 20_000)
_EVERYTHING = 2**40
_HIGHEST_RANK = 10**9 - 1


class StepRowsHandler(Gate):
    """R8: rows keyed by ``global_step``."""

    relative_time = False

    async def get(self, run_id: str) -> None:
        """List the points of one run, thinned to `downsample` rows when there are more."""
        form = self.params.choice("format", ("rows", "columns", "arrow"), "rows")
        downsample = self.params.integer("downsample", *_DOWNSAMPLE)
        metrics = self.params.words("metrics") or None
        if form != "rows":
            await self._reply_columns(run_id, metrics, downsample, form)
            return
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

    async def get(self) -> None:
        """Return the curves of `runs`, and the stages of those that logged any."""
        params = self.params
        runs = params.words("runs")
        if not runs:
            raise BadRequest("runs is missing: give one or more run ids, separated by commas.")
        metrics = params.words("metrics") or None
        axis = params.text("x") or "step"
        x0, x1 = params.number("x0"), params.number("x1")
        width = params.integer("width", *_WIDTH, 1000)
        rank = params.integer("rank", 0, _HIGHEST_RANK, 0)
        form = params.choice("format", FORMATS, "json")
        if form == "arrow":
            curves = await self.ask(
                lambda hall: hall.curves(runs, metrics, x=axis, x0=x0, x1=x1, width=width, rank=rank)
            )
            await self.reply_bytes(lambda: arrow(curves), ARROW_TYPE)
            return
        found = await self.ask(
            lambda hall: {
                "version": hall.version(),
                "curves": [
                    curve.wire(kinds=form == "columns")
                    for curve in hall.curves(runs, metrics, x=axis, x0=x0, x1=x1, width=width, rank=rank)
                ],
                "stages": {
                    run: [stage.wire() for stage in stages]
                    for run, stages in hall.stages(runs, x=axis, rank=rank).items()
                },
            }
        )
        await self.reply(found)
