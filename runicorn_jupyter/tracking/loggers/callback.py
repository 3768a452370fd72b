"""What all callbacks share: a run held for the length of a fit."""

from __future__ import annotations

from typing import Any, Self

from runicorn_jupyter.tracking.ending.endings import word_for
from runicorn_jupyter.tracking.loggers.guard import quiet
from runicorn_jupyter.tracking.loggers.hold import Holder
from runicorn_jupyter.tracking.run import Run


class FitCallback:
    """A callback that records one run per fit, or into the active run, which it then leaves open.

    As a context manager it marks the run it opened as failed when an exception leaves the block, at once.

    Parameters
    ----------
    project, name : str, optional
        Where a run that this callback opens belongs.
    storage : path, optional
        The storage root, as of `init`.

    Raises
    ------
    ValueError
        A name is not safe. Nothing else here ever raises into the training.
    """

    kind = "fit"

    def __init__(self, project: str | None = None, name: str | None = None, *, storage: Any = None) -> None:
        super().__init__()
        self._hold = Holder(self.kind, project, name, storage=storage)

    @property
    def run(self) -> Run | None:
        """The run of the fit; None before the first one."""
        return self._hold.run

    @quiet
    def finish(self, status: str = "finished") -> None:
        """End the run if this callback opened it; a fit that ends well has done so."""
        self._hold.finish(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self.finish(word_for(error))
