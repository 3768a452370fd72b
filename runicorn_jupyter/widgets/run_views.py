"""How a ``tracking.Run`` shows itself: the other end of the hook in ``tracking/views.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runicorn_jupyter.display import bundle
from runicorn_jupyter.display.frames import metrics_frame
from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.widgets.selection import RunLike, select
from runicorn_jupyter.widgets.show import show
from runicorn_jupyter.widgets.source import Source
from runicorn_jupyter.widgets.workspaces import workspace

if TYPE_CHECKING:
    import pandas as pd


class WidgetRunViews:
    """The views of a run, by its id and storage root alone."""

    def bundle(self, run: RunLike) -> dict[str, Any] | None:
        """Return the final MIME bundle of the run's card; it needs no page."""
        opened = workspace(run.storage_root)
        opened.catch_up()
        content = Source(opened, select(opened, run, RunFilter(), 1)).content()
        return bundle.bundle(content, "")[0]

    def display(self, run: RunLike) -> None:
        """Show the run's live card in the running cell: one card in a cell, and one view behind all cards of a run."""
        from runicorn_jupyter.widgets import hosts
        from runicorn_jupyter.widgets.view import leave, views

        leave(hosts.cell())
        for view in views():
            if view.kind == "run" and view.shows(run.id) and hosts.has_page():
                view.present()
                return
        show(run)

    def metrics(self, run: RunLike, *, raw: bool = False) -> pd.DataFrame:
        """Return every point of the run, up to the last line that it logged: a row a step, or an event when `raw`."""
        opened = workspace(run.storage_root)
        opened.catch_up()
        select(opened, run, RunFilter(), 1)
        return metrics_frame(opened.frame_columns(run.id, raw=raw))


RUN_VIEWS = WidgetRunViews()
