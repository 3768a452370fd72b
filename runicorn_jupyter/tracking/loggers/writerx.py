"""tensorboardX: the same writer with that package's arguments."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Self

from runicorn_jupyter.tracking.loggers.writer import SummaryWriter as _SummaryWriter
from runicorn_jupyter.tracking.noop import NoOpRun
from runicorn_jupyter.tracking.run import Run


class SummaryWriter(_SummaryWriter):
    """Take the place of ``tensorboardX.SummaryWriter``; see the TensorBoard one for what it does.

    With ``write_to_disk=False`` nothing is recorded.
    """

    def __init__(
        self,
        logdir: str | None = None,
        comment: str | None = "",
        purge_step: int | None = None,
        max_queue: int | None = 10,
        flush_secs: int | None = 120,
        filename_suffix: str | None = "",
        write_to_disk: bool | None = True,
        log_dir: str | None = None,
        comet_config: Any = None,  # noqa: ARG002
        **_kwargs: Any,
    ) -> None:
        super().__init__(
            log_dir if log_dir is not None else logdir,
            comment or "",
            purge_step,
            max_queue or 10,
            flush_secs or 120,
            filename_suffix or "",
        )
        self._nothing = None if write_to_disk else NoOpRun()

    @contextlib.contextmanager
    def use_metadata(self, *, global_step: Any = None, walltime: float | None = None) -> Iterator[Self]:
        """Give the calls inside the block that name no step or time these."""
        before = self._default_step, self._default_time
        self._default_step, self._default_time = global_step, walltime
        try:
            yield self
        finally:
            self._default_step, self._default_time = before

    def add_scalar(  # type: ignore[override]  # other names after walltime
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        display_name: Any = "",  # noqa: ARG002
        summary_description: str | None = "",  # noqa: ARG002
    ) -> None:
        """Record one value."""
        super().add_scalar(tag, scalar_value, global_step, walltime)

    def add_hparams(  # type: ignore[override]  # tensorboardX has no hparam_domain_discrete
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        name: str | None = None,
        global_step: Any = None,
    ) -> None:
        """Add hyperparameters to the config, and record the metrics as points and in the summary."""
        super().add_hparams(hparam_dict, metric_dict, None, name, global_step)

    def _run(self, config: Mapping[str, Any] | None = None) -> Run:
        return self._nothing or super()._run(config)
