"""How a run shows itself, provided from above: this room knows no widget and no frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from runicorn_jupyter.tracking.run import Run


class RunViews(Protocol):
    """What a face of the product can do for a run."""

    def bundle(self, run: Run) -> dict[str, Any] | None:
        """Return the MIME bundle of the run's card, None when there is nothing to show."""

    def metrics(self, run: Run, *, raw: bool) -> Any:
        """Return a pandas DataFrame: a row per step, or per event when `raw`."""

    def display(self, run: Run) -> None:
        """Show the run's card as the output of the current cell."""


class _Provided:
    factory: Callable[[], RunViews] | None = None
    views: RunViews | None = None


def provide(factory: Callable[[], RunViews]) -> None:
    """Say who makes the views; `factory` is called once, when the first run is shown."""
    _Provided.factory = factory
    _Provided.views = None


def views() -> RunViews | None:
    """Return the views, None when nobody provided them.

    Raises
    ------
    Exception
        Whatever the factory raises, an ImportError where the notebook parts are not installed.
    """
    if _Provided.views is None and _Provided.factory is not None:
        _Provided.views = _Provided.factory()
    return _Provided.views
