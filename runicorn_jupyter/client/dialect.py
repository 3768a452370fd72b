"""The client under upstream 0.7's name `runicorn.client`: the same, but `get_metrics` gives rows, as it does there."""

from __future__ import annotations

from typing import Any

from runicorn_jupyter.client import client
from runicorn_jupyter.client.connection import DEFAULT_URL


class RunicornClient(client.RunicornClient):
    """A client for code written against upstream 0.6 and 0.7."""

    def get_metrics(self, run_id: str, downsample: int | None = None) -> dict[str, Any]:  # type: ignore[override]
        """Return the points of a run as ``{"columns", "rows", "total", "sampled"}``, by time."""
        return self.get_metric_rows(run_id, downsample, by_time=True)


def connect(
    base_url: str = DEFAULT_URL, timeout: float = 30, max_retries: int = 3, *, token: str | None = None
) -> RunicornClient:
    """Return a client of the viewer at `base_url`, see `runicorn.api.connect`."""
    return RunicornClient(base_url, timeout, max_retries, token=token)
