"""The points of all processes of one run in one table, each row with its rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

RANK = "rank"


def ranked_columns(
    parts: Mapping[int, Mapping[str, Sequence[Any]]], begins: Mapping[int, float], *, raw: bool
) -> dict[str, list[Any]]:
    """Return the columns of several ranks as one: ``step``, ``rank``, ``time``, then each metric, None where absent.

    Parameters
    ----------
    parts : mapping
        Of each rank its columns, ``time`` in seconds since the rank's own first event.
    begins : mapping
        When that was, in Unix seconds; what is returned counts from the first of them.
    raw : bool
        One row an event in the order of time, instead of by step and rank. A clock that was set back does not change
        the order in which one rank logged.

    Notes
    -----
    A metric that is itself called ``rank`` is named ``metric.rank``, as in a frame of runs.
    """
    origin = min(begins.values(), default=0.0)
    rows: list[tuple[float, int, int]] = []
    joined: dict[str, list[Any]] = {"step": [], RANK: [], "time": []}
    for rank in sorted(parts):
        columns = {f"metric.{name}" if name == RANK else name: values for name, values in parts[rank].items()}
        known, more = len(joined["step"]), len(columns["step"])
        late = begins.get(rank, origin) - origin
        columns["time"] = [seconds + late for seconds in columns["time"]]
        columns[RANK] = [rank] * more
        for name in dict.fromkeys((*joined, *columns)):
            joined.setdefault(name, [None] * known).extend(columns.get(name, [None] * more))
        keys = accumulate(columns["time"], max) if raw else columns["step"]
        rows += [(key, rank, known + at) for at, key in enumerate(keys)]
    order = [at for _, _, at in sorted(rows)]
    return {name: [values[at] for at in order] for name, values in joined.items()}
