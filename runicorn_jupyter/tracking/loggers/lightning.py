"""Lightning: its logger, for ``lightning`` and ``pytorch_lightning``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.tracking.ending.endings import word_for
from runicorn_jupyter.tracking.loggers.guard import quiet
from runicorn_jupyter.tracking.loggers.hold import Holder
from runicorn_jupyter.tracking.loggers.lazy import framework, grown, no_attribute
from runicorn_jupyter.tracking.loggers.values import as_config
from runicorn_jupyter.tracking.noop import NoOpRun
from runicorn_jupyter.tracking.run import Run

_PACKAGES = ("lightning.pytorch", "pytorch_lightning")


class _RunicornLogger:
    """Record what ``self.log`` gives, under the names it gives, at the trainer's global step.

    Saved hyperparameters become the config; what a checkpoint or early stopping monitors is the primary metric. The run
    ends with each stage of the trainer (as failed or interrupted if it was) and goes on when the same logger is used in
    a next one, such as ``trainer.test``. Only the process of rank 0 records.

    Parameters
    ----------
    project, name : str, optional
        Where a run that this logger opens belongs.
    storage : path, optional
        As of `init`.
    save_dir : path
        Checkpoints go to ``<save_dir>/<project>/<run id>/checkpoints``, as Lightning does with every logger.
    """

    def __init__(
        self, project: str | None = None, name: str | None = None, *, storage: Any = None, save_dir: Any = "."
    ) -> None:
        super().__init__()
        self._hold = Holder("lightning", project, name, storage=storage)
        self._save_dir = str(save_dir)
        self._nothing: Run | None = None

    @property
    def experiment(self) -> Run:
        """The run, for ``self.logger.experiment.log_image(…)`` and the like; on other ranks one that does nothing."""
        run = self._run() if _first_process() else None
        if run is None:
            run = self._nothing = self._nothing or NoOpRun()
        return run

    @property
    def name(self) -> str:
        """The project."""
        run = self._hold.run
        return "" if run is None else run.project

    @property
    def version(self) -> str:
        """The run's id."""
        run = self._hold.run
        return "" if run is None else run.id

    @property
    def save_dir(self) -> str:
        """The folder that checkpoints are put in."""
        return self._save_dir

    @quiet
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Record one report of the trainer."""
        if _first_process():
            self._hold.open().log(metrics, step=step)

    @quiet
    def log_hyperparams(self, params: Any, metrics: Any = None, *_args: Any, **_kwargs: Any) -> None:
        """Add hyperparameters to the config, and to the summary the metrics that come with them."""
        if not _first_process():
            return
        run = self._hold.open(as_config(params))
        if metrics:
            run.summary(metrics)

    @quiet
    def log_graph(self, model: Any, input_array: Any = None) -> None:  # noqa: ARG002 - Lightning's call
        """Learn from the trainer which metric it monitors; graphs are not kept."""
        trainer = getattr(model, "trainer", None)
        if trainer is None or not _first_process():
            return
        watching = [*trainer.checkpoint_callbacks, *trainer.early_stopping_callbacks]
        for monitor, mode in ((callback.monitor, callback.mode) for callback in watching if callback.monitor):
            self._hold.open()
            self._hold.primary(monitor, mode)
            return

    @quiet
    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Note the best checkpoint so far, as a path below the folder of checkpoints."""
        best = getattr(checkpoint_callback, "best_model_path", "")
        if best and _first_process():
            from pathlib import Path

            self._hold.open().summary(best_checkpoint=Path(best).name)

    @quiet
    def finalize(self, status: str = "success") -> None:
        """Finish the run if it was opened here."""
        if _first_process():
            self._hold.finish(word_for(sys.exc_info()[1]) if status == "failed" else status)

    def save(self) -> None:
        """Do nothing: every point is in the kernel's hands already."""

    @quiet
    def _run(self) -> Run:
        return self._hold.open()


def _first_process() -> bool:
    rank_zero = framework("lightning_utilities.core.rank_zero", "lightning", asked_by="RunicornLogger")
    return int(getattr(rank_zero.rank_zero_only, "rank", None) or 0) == 0


def _bases() -> list[type]:
    """Return the logger class of either package that the script uses, of both if it has both."""
    used = [f"{package}.loggers" for package in _PACKAGES if package in sys.modules]
    if not used:
        try:
            used = [framework("lightning.pytorch.loggers", "lightning", asked_by="RunicornLogger").__name__]
        except ImportError:
            used = [framework("pytorch_lightning.loggers", "lightning", asked_by="RunicornLogger").__name__]
    return [framework(module, "lightning", asked_by="RunicornLogger").Logger for module in used]


if TYPE_CHECKING:
    RunicornLogger = _RunicornLogger
else:

    def __getattr__(name: str) -> Any:
        if name != "RunicornLogger":
            raise no_attribute(__name__, name)
        return grown(_RunicornLogger, _bases())
