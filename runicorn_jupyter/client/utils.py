"""pandas frames of what a client returns; pandas is imported when one is made."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from runicorn_jupyter.client.client import RunicornClient

__all__ = [
    "compare_runs",
    "experiments_to_dataframe",
    "export_metrics_to_csv",
    "metrics_to_dataframe",
    "runs_to_dataframe",
]

_TIMES = ("created_at", "updated_at", "created_time", "started_at", "ended_at")
_COLUMNS = ("id", "project", "name", "status", "created_at", "updated_at", "summary", "tags")
_EXACT = 2**53
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def metrics_to_dataframe(metrics_data: Mapping[str, Any]) -> pd.DataFrame:
    """Return the points of a run as a table: ``step``, then a column a metric, empty where it has no value.

    Parameters
    ----------
    metrics_data : mapping
        What ``client.get_metrics`` or ``client.get_metric_rows`` returned.
    """
    import pandas as pd

    if "rows" in metrics_data:
        return pd.DataFrame(metrics_data["rows"], columns=metrics_data.get("columns"))
    return _joined({name: _series(points) for name, points in metrics_data["metrics"].items()})


def experiments_to_dataframe(experiments: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row a run; times are datetimes in UTC."""
    import pandas as pd

    frame = pd.DataFrame(list(experiments)) if experiments else pd.DataFrame(columns=list(_COLUMNS))
    for name in _TIMES:
        if name in frame:
            frame[name] = pd.to_datetime(frame[name].astype("float64"), unit="s", utc=True)
    return frame


runs_to_dataframe = experiments_to_dataframe


def export_metrics_to_csv(
    client: RunicornClient,
    run_id: str,
    output_path: str | os.PathLike[str],
    metric_names: Sequence[str] | None = None,
) -> str:
    """Write the points of a run to a CSV file; return its path.

    A metric whose name a spreadsheet would take for a formula gets an apostrophe before it.
    """
    frame = metrics_to_dataframe(client.get_metrics(run_id, metric_names))
    heads = [f"'{name}" if str(name).startswith(_FORMULA) else name for name in frame.columns]
    frame.to_csv(output_path, index=False, header=heads)
    return os.fspath(output_path)


def compare_runs(client: RunicornClient, run_ids: Iterable[str], metric_name: str) -> pd.DataFrame:
    """Return one metric of several runs: ``step``, then a column a run; a run without that metric has none."""
    found = {run_id: client.get_metrics(run_id, [metric_name])["metrics"].get(metric_name) for run_id in run_ids}
    return _joined({run_id: _series(points) for run_id, points in found.items() if points is not None})


def _series(points: Sequence[Mapping[str, Any]]) -> pd.Series[Any]:
    """Return the values of a metric by step; of several at one step the last."""
    import pandas as pd

    last = {point["step"]: point["value"] for point in points}
    inexact = any(isinstance(value, int) and abs(value) > _EXACT for value in last.values())
    return pd.Series(list(last.values()), index=list(last), dtype="object" if inexact else "float64")


def _joined(columns: Mapping[str, pd.Series[Any]]) -> pd.DataFrame:
    """Return columns of unequal lengths side by side, joined on their steps."""
    import pandas as pd

    if not columns:
        return pd.DataFrame({"step": pd.Series([], dtype="int64")})
    frame = pd.concat(list(columns.values()), axis=1, keys=list(columns), sort=True)
    return frame.sort_index().rename_axis("step").reset_index()
