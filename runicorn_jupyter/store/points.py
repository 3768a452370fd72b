"""The points of runs by run id: what a workspace answers about numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.models import Curve, MetricRows, Stage
from runicorn_jupyter.store.store import Store

if TYPE_CHECKING:
    from runicorn_jupyter.store.curves import Axis
    from runicorn_jupyter.store.series.columns import EventTable


class RunPoints:
    """Reads the points of the runs of one store; RunNotFound and AmbiguousRun say why it cannot."""

    _store: Store

    @staticmethod
    def foresee() -> None:
        """Load what curves need, so that the first one does not wait for it; a second call does nothing."""
        import runicorn_jupyter.store.curves
        import runicorn_jupyter.store.rows  # noqa: F401

    def metric_rows(
        self,
        run_id: str,
        *,
        relative_time: bool = False,
        downsample: int | None = None,
        metrics: Sequence[str] | None = None,
        steps: tuple[int, int] | None = None,
    ) -> MetricRows:
        """Return the documented row form of a run's metrics (contract R7 with `relative_time`, else R8).

        With `steps`, only rows from one step to the other.
        """
        from runicorn_jupyter.store.rows import metric_rows

        rows = partial(metric_rows, relative_time=relative_time, downsample=downsample, metrics=metrics, steps=steps)
        return self._store.read(run_id, rows)

    def frame_columns(self, run_id: str, *, raw: bool = False, rank: int | None = None) -> dict[str, list[Any]]:
        """Return every point of a run in columns: ``step``, ``time`` in seconds, the metrics (None where absent).

        One entry a step, the last value of each metric; one entry an event, in the order of the file, when `raw`. Of a
        run that several processes wrote there is an entry for each step of each rank, and a column ``rank`` behind
        ``step``; with `rank` only that one.
        """
        from runicorn_jupyter.store.ranked import ranked_columns
        from runicorn_jupyter.store.rows import every_point

        ranks = self._store.ranks(run_id) if rank is None else [rank]
        if len(ranks) == 1:
            return self._store.read(run_id, lambda table: every_point(table, raw=raw), ranks[0])
        parts: dict[int, dict[str, list[Any]]] = {}
        begins: dict[int, float] = {}

        def take(table: EventTable, one: int) -> None:
            parts[one] = every_point(table, raw=raw)
            if table.progress.start is not None:
                begins[one] = table.progress.start

        for one in ranks:
            self._store.read(run_id, partial(take, one=one), one)
        return ranked_columns(parts, begins, raw=raw)

    def curves(
        self,
        run_ids: Sequence[str],
        metrics: Sequence[str] | None = None,
        *,
        x: Axis = "step",
        x0: float | None = None,
        x1: float | None = None,
        width: int = 1000,
        rank: int = 0,
    ) -> list[Curve]:
        """Return curves of several runs, at most 2 × `width` points each, no spike lost.

        Parameters
        ----------
        run_ids : sequence of str
            Which runs.
        metrics : sequence of str, optional
            Which metrics; without it all of each run.
        x : str
            The x axis: ``step``, ``time`` (seconds since the run's first event), ``wall`` (Unix seconds), or
            ``metric:NAME``: the points at whose step NAME was logged too, sorted by its value.
        x0, x1 : float, optional
            The window on that axis.
        width : int
            About the pixels the curve will be drawn on.
        rank : int
            Which of the processes of a run that several wrote.
        """
        return self._store.curves(run_ids, metrics, x, (x0, x1), width, rank)

    def stages(self, run_ids: Sequence[str], *, x: Axis = "step", rank: int = 0) -> dict[str, list[Stage]]:
        """Return where on the axis each run was in which ``stage``, for the runs that logged any."""
        return self._store.stages(run_ids, x, rank)
