"""XGBoost: the evaluation of every round."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.tracking.loggers.callback import FitCallback
from runicorn_jupyter.tracking.loggers.guard import quiet
from runicorn_jupyter.tracking.loggers.lazy import framework, grown, no_attribute

_GROWING = ("auc", "pre", "map", "ndcg")
"""Beginnings of the metrics that XGBoost itself takes as better when larger; ``mape`` is none of them."""


class _XGBoostCallback(FitCallback):
    """Record ``<data set>/<metric>`` of every boosting round, at the round as XGBoost counts it.

    The booster's parameters become the config. The last metric of the last data set is the primary one, as it is for
    XGBoost's own early stopping; where that stopped, ``best_iteration`` and ``best_score`` are in the summary.
    ``xgboost.cv`` gives the mean under the same name and the deviation as ``<data set>/<metric>-std``.
    """

    kind = "xgboost"

    def before_training(self, model: Any) -> Any:
        """Open the run of this training."""
        self._begin(model)
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 - XGBoost's call
        """Record one round; never asks XGBoost to stop."""
        self._record(epoch, evals_log)
        return False

    def after_training(self, model: Any) -> Any:
        """Finish the run."""
        self._end(model)
        return model

    @quiet
    def _begin(self, model: Any) -> None:
        self._hold.begin()
        self._chosen = False
        if _first_process():
            self._hold.open(_config(model))

    @quiet
    def _record(self, epoch: int, evals_log: Mapping[str, Mapping[str, list[Any]]]) -> None:
        if not _first_process():
            return
        values: dict[str, float] = {}
        last = ""
        for data, metrics in evals_log.items():
            for metric, history in metrics.items():
                last = f"{data}/{metric}"
                score = history[-1]
                if isinstance(score, tuple):
                    score, values[f"{last}-std"] = score
                values[last] = score
        run = self._hold.open()
        if last and not self._chosen:
            self._chosen = True
            metric = last.split("/", 1)[1]
            self._hold.primary(last, "max" if metric.startswith(_GROWING) and metric != "mape" else "min")
        if values:
            run.log(values, step=epoch)

    @quiet
    def _end(self, model: Any) -> None:
        if not self._hold.is_open:
            return
        found = {}
        attribute = getattr(model, "attr", lambda _name: None)
        for name, kind in (("best_iteration", int), ("best_score", float)):
            text = attribute(name)
            if text is not None:
                found[name] = kind(text)
        self._hold.open().summary(found)
        self._hold.finish()


def _first_process() -> bool:
    return int(framework("xgboost.collective", "xgboost", asked_by="XGBoostCallback").get_rank()) == 0


def _config(model: Any) -> dict[str, Any]:
    booster = model.cvfolds[0].bst if hasattr(model, "cvfolds") else model
    return dict(_leaves(json.loads(booster.save_config()), parameters=False))


def _leaves(node: Mapping[str, Any], *, parameters: bool) -> Iterator[tuple[str, Any]]:
    """Give every name and value below the ``*_param`` groups of a booster's config, numbers as numbers."""
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, parameters=key.endswith("_param"))
        elif parameters or key in {"booster", "objective"}:
            yield key, _number_or_text(value)


def _number_or_text(value: Any) -> Any:
    for kind in (int, float):
        try:
            return kind(value)
        except (TypeError, ValueError):
            continue
    return value


if TYPE_CHECKING:
    XGBoostCallback = _XGBoostCallback
else:

    def __getattr__(name: str) -> Any:
        if name != "XGBoostCallback":
            raise no_attribute(__name__, name)
        return grown(_XGBoostCallback, [framework("xgboost.callback", "xgboost", asked_by=name).TrainingCallback])
