"""Keras: the metrics of every epoch, and of batches if asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runicorn_jupyter.tracking.loggers.callback import FitCallback
from runicorn_jupyter.tracking.loggers.guard import quiet
from runicorn_jupyter.tracking.loggers.lazy import framework, grown, no_attribute
from runicorn_jupyter.tracking.loggers.values import as_name, number, numbers


class _KerasCallback(FitCallback):
    """Record what Keras reports under its own names (``loss``, ``val_loss``); the step is the epoch as Keras counts it.

    Parameters
    ----------
    project, name, storage
        Where the run belongs; without a name, the model's.
    monitor : str
        The metric that tells how good the run is.
    mode : {"auto", "min", "max"}
        ``auto`` as in Keras's own callbacks: metrics with ``acc`` or ``auc`` in their name shall grow.
    every : int, optional
        Record every so many batches too, as ``batch/loss``; the step is then the optimizer's, for epochs as well.
    """

    kind = "keras"

    def __init__(
        self,
        project: str | None = None,
        name: str | None = None,
        *,
        storage: Any = None,
        monitor: str = "val_loss",
        mode: str = "auto",
        every: int | None = None,
    ) -> None:
        super().__init__(project, name, storage=storage)
        if mode not in {"auto", "min", "max"}:
            raise ValueError(f"mode must be 'auto', 'min' or 'max', not {mode!r}.")
        self._monitor, self._mode, self._every = monitor, mode, every

    @quiet
    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's call
        """Open the run of this fit."""
        self._hold.begin()
        model: Any = getattr(self, "model", None)
        self._hold.open(_config(model, getattr(self, "params", None)), name=as_name(getattr(model, "name", "")))
        grows = any(word in self._monitor for word in ("acc", "auc"))
        self._hold.primary(self._monitor, self._mode if self._mode != "auto" else "max" if grows else "min")

    @quiet
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Record a batch if asked to."""
        if self._every and (batch + 1) % self._every == 0 and self._hold.is_open:
            values = {f"batch/{key}": value for key, value in numbers(logs).items()}
            self._hold.open().log(values, step=self._optimizer_step())

    @quiet
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Record an epoch."""
        values = numbers(logs)
        if self._every:
            self._hold.open().log({**values, "epoch": epoch}, step=self._optimizer_step())
        else:
            self._hold.open().log(values, step=epoch)

    @quiet
    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's call
        """Finish the run."""
        self._hold.finish()

    def _optimizer_step(self) -> int | None:
        step = number(getattr(getattr(getattr(self, "model", None), "optimizer", None), "iterations", None))
        return None if step is None else int(step)


def _config(model: Any, params: Any) -> dict[str, Any]:
    found = {"epochs": (params or {}).get("epochs"), "steps_per_epoch": (params or {}).get("steps")}
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        found["optimizer"] = optimizer.get_config()
    loss = getattr(model, "loss", None)
    found["loss"] = loss if isinstance(loss, str) else getattr(loss, "name", None) or type(loss).__name__
    found["parameters"] = model.count_params() if model is not None and model.built else None
    return {key: value for key, value in found.items() if value is not None}


if TYPE_CHECKING:
    KerasCallback = _KerasCallback
else:

    def __getattr__(name: str) -> Any:
        if name != "KerasCallback":
            raise no_attribute(__name__, name)
        return grown(_KerasCallback, [framework("keras.callbacks", "keras", asked_by=name).Callback])
