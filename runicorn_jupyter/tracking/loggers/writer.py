"""TensorBoard: a ``SummaryWriter`` that writes into a run."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from runicorn_jupyter.tracking.ending.endings import word_for
from runicorn_jupyter.tracking.loggers.guard import quiet, tell_once
from runicorn_jupyter.tracking.loggers.sessions import Session
from runicorn_jupyter.tracking.loggers.values import as_config, number, numbers
from runicorn_jupyter.tracking.run import Run

_NOT_KEPT = frozenset(
    {
        "add_audio",
        "add_custom_scalars",
        "add_custom_scalars_marginchart",
        "add_custom_scalars_multilinechart",
        "add_embedding",
        "add_event",
        "add_graph",
        "add_histogram_raw",
        "add_image_with_boxes",
        "add_mesh",
        "add_onnx_graph",
        "add_openvino_graph",
        "add_pr_curve",
        "add_pr_curve_raw",
        "add_summary",
        "add_tensor",
        "add_video",
        "export_scalars_to_json",
    }
)


class SummaryWriter:
    """Take the place of ``torch.utils.tensorboard.SummaryWriter``; tags become metrics, steps stay what they are.

    The active run is written to, and left open by `close`. If there is none a run is opened by the first call that adds
    something: ``runs/mnist/lr0.1`` gives project ``mnist`` and name ``lr0.1``. Writers whose folder ends in ``train``,
    ``val``, ``valid``, ``validation``, ``test`` or ``eval`` share the run of the folder above, and their tags get that
    prefix. Nothing here raises into the training, wrong values included.

    Parameters
    ----------
    log_dir : str, optional
        Made, because scripts keep other files there; no event file is written into it.
    comment : str
        Becomes the notes of the run when there is no `log_dir`, and part of the folder's name.
    purge_step : int, optional
        Kept as an attribute. Points logged again at the same steps take the place of the earlier ones anyway.
    max_queue, flush_secs, filename_suffix
        Kept as attributes: every point is in the kernel's hands when a call returns.
    """

    def __init__(
        self,
        log_dir: str | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        self.purge_step, self.max_queue, self.flush_secs = purge_step, max_queue, flush_secs
        self.filename_suffix = filename_suffix
        self._default_step: Any = None
        self._default_time: Any = None
        self._session = Session.of(log_dir, comment)
        self._token = object()
        self._session.enter(self._token)
        # A writer that is let go of without close() must not keep its run open.
        self._leave = weakref.finalize(self, self._session.leave, self._token)
        self._leave.atexit = False
        if log_dir:
            self._make_folder()

    @property
    def log_dir(self) -> str:
        """The folder as given, or the one TensorBoard would have chosen; it exists once it was asked for."""
        self._make_folder()
        return self._session.folder

    @property
    def logdir(self) -> str:
        """The name that tensorboardX has for it."""
        return self.log_dir

    def get_logdir(self) -> str:
        """Return the folder."""
        return self.log_dir

    @property
    def run(self) -> Run | None:
        """The run that is written to; None before the first point."""
        return self._session.run

    @quiet
    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,  # noqa: ARG002
        double_precision: bool = False,  # noqa: ARG002 - always
    ) -> None:
        """Record one value, of the time `walltime` in Unix seconds if that is given."""
        run = self._run()
        self._log(run, {self._tag(tag): _scalar(scalar_value)}, global_step, walltime)

    @quiet
    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Record several values as ``main_tag/tag``."""
        run = self._run()
        values = {self._tag(f"{main_tag}/{tag}"): _scalar(value) for tag, value in tag_scalar_dict.items()}
        self._log(run, values, global_step, walltime)

    @quiet
    def add_text(self, tag: str, text_string: Any, global_step: Any = None, walltime: float | None = None) -> None:  # noqa: ARG002
        """Append a text to the run's log, its tag and step before it."""
        step = self._step(global_step)
        self._run().log_text(f"[{self._tag(tag)}{'' if step is None else f' @ {step}'}] {text_string}")

    @quiet
    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,  # noqa: ARG002
        dataformats: str = "CHW",
    ) -> None:
        """Store a picture, ``uint8`` or floats from 0 to 1."""
        from runicorn_jupyter.tracking.loggers.arrays import picture

        self._run().log_image(self._tag(tag), picture(img_tensor, dataformats), step=self._step(global_step))

    @quiet
    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,  # noqa: ARG002
        dataformats: str = "NCHW",
    ) -> None:
        """Store several pictures as one grid, eight in a row."""
        from runicorn_jupyter.tracking.loggers.arrays import grid

        self._run().log_image(self._tag(tag), grid(img_tensor, dataformats), step=self._step(global_step))

    @quiet
    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: Any = None,
        close: bool = True,
        walltime: float | None = None,  # noqa: ARG002
    ) -> None:
        """Store a matplotlib figure, or each of several, and close it."""
        run = self._run()
        for one in figure if isinstance(figure, list | tuple) else [figure]:
            run.log_image(self._tag(tag), one, step=self._step(global_step))
            if close:
                import matplotlib.pyplot as plt

                plt.close(one)

    @quiet
    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",  # noqa: ARG002
        walltime: float | None = None,
        max_bins: int | None = None,  # noqa: ARG002
    ) -> None:
        """Record minimum, maximum, mean and five percentiles as ``tag/min``, ``tag/p05`` and so on."""
        from runicorn_jupyter.tracking.loggers.arrays import percentiles

        run = self._run()
        found = {self._tag(f"{tag}/{key}"): value for key, value in percentiles(values).items()}
        if found:
            self._log(run, found, global_step, walltime)

    @quiet
    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Any = None,  # noqa: ARG002
        run_name: str | None = None,  # noqa: ARG002 - the run is this one
        global_step: Any = None,
    ) -> None:
        """Add hyperparameters to the config, and record the metrics as points and in the summary."""
        run = self._run(as_config(hparam_dict))
        metrics = {self._tag(key): value for key, value in numbers(metric_dict).items()}
        if metrics:
            run.log(metrics, step=self._step(global_step))
            run.summary(metrics)

    def flush(self) -> None:
        """Do nothing: every point is in the kernel's hands already."""

    @quiet
    def close(self) -> None:
        """Finish the run if this writer opened it and no other writer of it is open; a later call goes on with it."""
        self._session.leave(self._token)

    def reopen(self) -> None:
        """Do nothing: the next call goes on with the run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        with contextlib.suppress(Exception):
            self._session.leave(self._token, word_for(error))

    def __getattr__(self, name: str) -> Any:
        if name not in _NOT_KEPT:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

        def not_kept(*_args: Any, **_kwargs: Any) -> None:
            tell_once(name, f"{name} has no counterpart in a run; what it was given is not kept.")

        return not_kept

    def _run(self, config: Mapping[str, Any] | None = None) -> Run:
        self._session.enter(self._token)
        return self._session.open(config)

    def _log(self, run: Run, values: Mapping[str, Any], global_step: Any, walltime: Any) -> None:
        # The run is opened before its tags are made: whose it is decides their prefix.
        step = self._step(global_step)
        at = number(self._default_time if walltime is None else walltime)
        if at is None:
            run.log(values, step=step)
        else:
            run._log_at(values, step, float(at))  # noqa: SLF001 - our own

    def _step(self, value: Any) -> int | None:
        found = number(self._default_step if value is None else value)
        return None if found is None else int(found)

    def _tag(self, tag: str) -> str:
        prefix = self._session.prefix
        return str(tag) if not prefix or str(tag).startswith(f"{prefix}/") else f"{prefix}/{tag}"

    @quiet
    def _make_folder(self) -> None:
        Path(self._session.folder).mkdir(parents=True, exist_ok=True)


def _scalar(value: Any) -> Any:
    found = number(value)
    return value if found is None else found
