"""LightGBM: the evaluation of every iteration."""

from __future__ import annotations

import weakref
from typing import Any

from runicorn_jupyter.tracking.loggers.callback import FitCallback
from runicorn_jupyter.tracking.loggers.guard import quiet
from runicorn_jupyter.tracking.loggers.values import number


class LightGBMCallback(FitCallback):
    """Record ``<data set>/<metric>`` of every iteration, at the iteration as LightGBM counts it.

    The parameters become the config; the first metric of the first validation set is the primary one, in the direction
    that LightGBM knows. LightGBM calls nobody when early stopping ends a training: the run ends when this callback is
    let go of, or at the end of the ``with`` block it is used in; ``best_iteration`` is in the summary then.
    """

    kind = "lightgbm"
    before_iteration = False

    def __init__(self, project: str | None = None, name: str | None = None, *, storage: Any = None) -> None:
        super().__init__(project, name, storage=storage)
        # Before LightGBM's early stopping (30), which would keep the last iteration from us. On the instance, for
        # LightGBM does not look at the class.
        self.order = 25
        self._model: Any = None
        self._hold.at_cell_end = weakref.WeakMethod(self._settle)

    @quiet
    def __call__(self, env: Any) -> None:
        """Record one iteration."""
        if env.iteration == env.begin_iteration or self._hold.run is None:
            self.finish()
            self._hold.begin()
        run = self._hold.open(env.params if self._model is None else None)
        results = [_parts(result) for result in env.evaluation_result_list or ()]
        if self._model is None:
            validated = [result for result in results if result[0] not in {"training", "train"}]
            for data, metric, _value, grows, _deviation in validated[:1]:
                self._hold.primary(f"{data}/{metric}", "max" if grows else "min")
        self._model = env.model
        values = {f"{data}/{metric}": value for data, metric, value, _grows, _deviation in results}
        spread = {f"{data}/{metric}-std": item for data, metric, _v, _g, item in results if item is not None}
        if values:
            run.log({**values, **spread}, step=env.iteration)
        if env.iteration + 1 == env.end_iteration:
            self.finish()

    @quiet
    def finish(self, status: str = "finished") -> None:
        """End the run if this callback opened it, and note where early stopping found the best iteration."""
        model, self._model = self._model, None
        best = number(getattr(model, "best_iteration", None))
        if best is not None and best > 0 and self._hold.is_open:
            self._hold.open().summary(best_iteration=int(best))
        self._hold.finish(status)

    def __del__(self) -> None:
        self._settle()

    def _settle(self) -> None:
        """Finish a run that is still open although the training is over."""
        model = getattr(self, "_model", None)
        if model is not None:
            # Only a training that early stopping ended has a best iteration; any other that is still open was cut off.
            stopped = number(getattr(model, "best_iteration", None))
            self.finish("finished" if stopped is not None and stopped > 0 else "failed")


def _parts(result: Any) -> tuple[str, str, float, bool, float | None]:
    """Return (data set, metric, value, whether it shall grow, deviation); only newer versions always say the last."""
    data, metric, value, grows = result[:4]
    return data, metric, value, grows, result[4] if len(result) > 4 else None
