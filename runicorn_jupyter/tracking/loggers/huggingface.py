"""Hugging Face Transformers: what the Trainer logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runicorn_jupyter.tracking.loggers.callback import FitCallback
from runicorn_jupyter.tracking.loggers.guard import quiet
from runicorn_jupyter.tracking.loggers.lazy import framework, grown, no_attribute
from runicorn_jupyter.tracking.loggers.values import as_name, numbers

_TOTALS = frozenset({"train_runtime", "train_samples_per_second", "train_steps_per_second", "train_loss", "total_flos"})


class _TransformersCallback(FitCallback):
    """Record what the Trainer logs, as ``train/loss``, ``eval/loss`` and so on, at the Trainer's global step.

    The training arguments and the model's config become the run's config, ``metric_for_best_model`` its primary metric,
    the totals at the end of the training its summary. Only the first process of a distributed training records.
    """

    kind = "transformers"

    @quiet
    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_more: Any) -> None:  # noqa: ARG002
        """Open the run of this training."""
        if not state.is_world_process_zero:
            return
        self._hold.begin()
        self._open(args, model)
        metric = args.metric_for_best_model
        if metric:
            grows = args.greater_is_better
            better = grows if grows is not None else not metric.endswith("loss")
            self._hold.primary(_renamed(metric if metric.startswith("eval_") else f"eval_{metric}"), _mode(better))

    @quiet
    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, model: Any = None, **_more: Any) -> None:  # noqa: ARG002
        """Record one report of the Trainer."""
        if not state.is_world_process_zero:
            return
        values = numbers(logs)
        during = self._hold.is_open
        run = self._open(args, model) if not during else self._hold.open()
        if "train_runtime" in values:
            run.summary({key: values.pop(key) for key in _TOTALS & values.keys()})
        run.log({_renamed(key): value for key, value in values.items()}, step=state.global_step)
        if not during:
            self._hold.finish()

    @quiet
    def on_predict(self, args: Any, state: Any, control: Any, metrics: Any = None, **_more: Any) -> None:  # noqa: ARG002
        """Record the metrics of a prediction, under the prefix that the Trainer gave them."""
        if not state.is_world_process_zero or not metrics:
            return
        during = self._hold.is_open
        run = self._open(args, None) if not during else self._hold.open()
        run.log({_renamed(key): value for key, value in numbers(metrics).items()}, step=state.global_step)
        if not during:
            self._hold.finish()

    @quiet
    def on_train_end(self, args: Any, state: Any, control: Any, **_more: Any) -> None:  # noqa: ARG002
        """Finish the run."""
        if state.best_metric is not None and self._hold.is_open:
            self._hold.open().summary(best_metric=state.best_metric)
        self._hold.finish()

    def _open(self, args: Any, model: Any) -> Any:
        known = self._hold.run is not None
        return self._hold.open(None if known else _config(args, model), name=as_name(args.run_name or "") or None)


def _config(args: Any, model: Any) -> dict[str, Any]:
    config: dict[str, Any] = dict(args.to_sanitized_dict())
    described: Any = getattr(model, "config", None)
    if hasattr(described, "to_dict"):
        config["model"] = described.to_dict()
    return config


def _mode(grows: bool) -> str:
    return "max" if grows else "min"


def _renamed(key: str) -> str:
    """Return the name that every Trainer integration gives it: ``eval_loss`` becomes ``eval/loss``, the rest train/."""
    for prefix in ("eval", "test"):
        if key.startswith(f"{prefix}_"):
            return f"{prefix}/{key[len(prefix) + 1 :]}"
    return f"train/{key}"


if TYPE_CHECKING:
    TransformersCallback = _TransformersCallback
else:

    def __getattr__(name: str) -> Any:
        if name != "TransformersCallback":
            raise no_attribute(__name__, name)
        return grown(_TransformersCallback, [framework("transformers", "transformers", asked_by=name).TrainerCallback])
