"""Curves as columns: JSON that keeps the kinds of values which JSON has no word for, and Arrow."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from itertools import chain
from typing import Any

from runicorn_jupyter.errors import NotInstalled
from runicorn_jupyter.models import Curve

FORMATS = ("json", "columns", "arrow")
ARROW_TYPE = "application/vnd.apache.arrow.stream"


def columns(curves: Sequence[Curve]) -> dict[str, dict[str, Any]]:
    """Return the curves of one run by metric: ``x``, ``y``, ``kinds``, ``total`` and ``exact`` of each."""
    found = {}
    for curve in curves:
        form = curve.wire(kinds=True)
        found[curve.metric] = {key: form[key] for key in ("x", "y", "kinds", "total", "exact")}
    return found


def arrow(curves: Sequence[Curve]) -> bytes:
    """Return an Arrow IPC stream of one table with the columns run, metric, x and y; NaN and infinities are values.

    The schema's metadata ``runicorn`` is JSON: run, metric, total, exact and the number of points of each curve.

    Raises
    ------
    NotInstalled
        pyarrow is not there.
    """
    try:
        import pyarrow as pa
    except ImportError:
        raise NotInstalled(
            "format=arrow needs pyarrow where the viewer runs: pip install 'runicorn-jupyter[fast]', or ask for "
            "format=columns."
        ) from None
    at = pa.array(list(chain.from_iterable([number] * len(curve.x) for number, curve in enumerate(curves))), pa.int32())
    table = pa.table(
        {
            "run": pa.DictionaryArray.from_arrays(at, pa.array([curve.run for curve in curves], pa.string())),
            "metric": pa.DictionaryArray.from_arrays(at, pa.array([curve.metric for curve in curves], pa.string())),
            "x": pa.array(list(chain.from_iterable(curve.x for curve in curves)), pa.float64()),
            "y": pa.array(list(chain.from_iterable(curve.y for curve in curves)), pa.float64()),
        }
    )
    about = [
        {"run": curve.run, "metric": curve.metric, "total": curve.total, "exact": curve.exact, "n": len(curve.x)}
        for curve in curves
    ]
    table = table.replace_schema_metadata({"runicorn": json.dumps(about)})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
