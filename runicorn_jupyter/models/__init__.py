"""What crosses a wire: frozen dataclasses, the same in the kernel, over HTTP and in a saved notebook.

Every time is a float of Unix seconds unless a field says otherwise. ``None`` means "the files do not say".
"""

from runicorn_jupyter.models.curves import Curve, MetricRows, Stage
from runicorn_jupyter.models.lists import Changes, Facet, Facets, ItemPage, RunFilter, RunPage, list_mark
from runicorn_jupyter.models.places import Health, ImageRecord
from runicorn_jupyter.models.runs import LIVE_STATES, MetricSummary, RunRecord, State, Status

__all__ = [
    "LIVE_STATES",
    "Changes",
    "Curve",
    "Facet",
    "Facets",
    "Health",
    "ImageRecord",
    "ItemPage",
    "MetricRows",
    "MetricSummary",
    "RunFilter",
    "RunPage",
    "RunRecord",
    "Stage",
    "State",
    "Status",
    "list_mark",
]
