"""pandas frames of runs and of metrics; the one module of ours that imports pandas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.display.text import lasted
from runicorn_jupyter.models import RunRecord

if TYPE_CHECKING:
    import pandas as pd

    from runicorn_jupyter.display.artifacts import ArtifactPicture

_EXACT = 2**53


def files_frame(shown: ArtifactPicture | None) -> pd.DataFrame:
    """Return one row a file of an artifact's version: path, size in bytes, digest."""
    import pandas as pd

    files = shown.manifest.files if shown else ()
    rows = [(file.path, file.size, file.digest) for file in files]
    return pd.DataFrame(rows, columns=["path", "size", "digest"])


def runs_frame(records: Iterable[RunRecord]) -> pd.DataFrame:
    """Return one row a run, so that ``df[df.lr < 0.01]`` works.

    Returns
    -------
    DataFrame
        Index ``run`` (the id). First ``project, name, status, state, created`` (datetime64, UTC), ``duration``
        (seconds), ``last_step, best_metric_name, best_metric_value, tags, alias``; then the keys of config, of
        summary, and the last value of each metric. A key keeps its bare name unless an earlier one has it: the order
        is run, config, summary, metric, as in a query; the later one is called ``config.lr``, ``summary.acc`` or
        ``metric.acc``. Nested config is flattened with dots.
    """
    import pandas as pd

    rows = list(records)
    groups = [[_fixed(record) for record in rows]]
    groups.append([_flat(record.config) for record in rows])
    groups.append([_summary(record) for record in rows])
    groups.append([{name: metric.last for name, metric in record.metrics.items()} for record in rows])
    columns: dict[str, list[Any]] = {}
    for prefix, group in zip(("run", "config", "summary", "metric"), groups, strict=True):
        known = _fixed(RunRecord("", "", "", "")) if prefix == "run" else {}
        for key in dict.fromkeys((*known, *(key for row in group for key in row))):
            name = key if key not in columns else f"{prefix}.{key}"
            columns[name] = [row.get(key) for row in group]
    frame = pd.DataFrame(columns, index=pd.Index([record.id for record in rows], name="run", dtype=object))
    frame["created"] = pd.to_datetime(frame["created"].astype("float64"), unit="s", utc=True)
    frame["duration"] = frame["duration"].astype("float64")
    return frame


def metrics_frame(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return every point of a run, one row a step (of each rank), values exact.

    Parameters
    ----------
    columns : mapping
        ``step``, ``time`` (seconds since the run's first event) and each metric, all of one length; None where a
        metric has no value at a step. Of a run that several processes wrote, ``rank`` comes right behind ``step``.

    Returns
    -------
    DataFrame
        Index ``step``; column ``rank`` (int64) if there are several, so that ``df[df["rank"] == 1]`` and
        ``df.pivot(columns="rank", values="loss")`` work; column ``time`` in seconds since the run's first event, then
        the metrics as float64, absent values as NaN. A metric with text, or with integers beyond 2**53, keeps its
        objects, and its name stands in ``frame.attrs["object_columns"]``.
    """
    import pandas as pd

    steps = list(columns.get("step", ()))
    data: dict[str, pd.Series[Any]] = {}
    objects: list[str] = []
    index = pd.Index(steps, name="step", dtype="int64" if all(isinstance(step, int) for step in steps) else None)
    several = list(columns)[1:2] == ["rank"]
    for name, values in columns.items():
        if name == "step":
            continue
        if several and name == "rank":
            data[name] = pd.Series(list(values), index=index, dtype="int64")
            continue
        inexact = name != "time" and any(_inexact(value) for value in values)
        objects += [name] if inexact else []
        data[name] = pd.Series(list(values), index=index, dtype="object" if inexact else "float64")
    frame = pd.DataFrame(data, index=index)
    frame.attrs["object_columns"] = objects
    return frame


def _fixed(record: RunRecord) -> dict[str, Any]:
    return {
        "project": record.project,
        "name": record.name,
        "status": record.status,
        "state": record.state,
        "created": record.created_at,
        "duration": lasted(record),
        "last_step": record.last_step,
        "best_metric_name": record.best_metric_name,
        "best_metric_value": record.best_metric_value,
        "tags": list(record.tags),
        "alias": record.alias,
    }


def _summary(record: RunRecord) -> dict[str, Any]:
    flat = _flat(record.summary)
    return {key: value for key, value in flat.items() if not key.startswith("best_metric_")}


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _inexact(value: Any) -> bool:
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return False
    return not isinstance(value, int) or abs(value) > _EXACT
