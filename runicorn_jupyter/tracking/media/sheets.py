"""What a script calls a table becomes JSON of columns and rows; no library of frames is imported for it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from itertools import islice, zip_longest
from typing import Any, NamedTuple

from runicorn_jupyter.tracking.writing.points import Note, plain, text_of

ROW_LIMIT = 10_000
COLUMN_LIMIT = 1_000


class Sheet(NamedTuple):
    """A table as it is stored: the file's bytes, its columns, and how many rows the script gave."""

    body: bytes
    columns: list[str]
    rows: int


def sheet(table: Any, columns: Any, note: Note) -> Sheet:
    """Return `table` as JSON in the form that pandas calls ``split``.

    Parameters
    ----------
    table : DataFrame, list of dicts, dict of columns, list of rows, 2-d array
        Anything with ``columns`` and ``itertuples`` or ``iter_rows`` is a frame.
    columns : sequence of str or None
        Names for rows that have none.
    note : callable
        Told of rows that are left out, and of cells that became text.

    Raises
    ------
    TypeError
        `table` is none of these.
    """
    names, rows, total = _parts(table, columns)
    if total > ROW_LIMIT:
        note("table", f"a table of {total} rows was cut to {ROW_LIMIT}; use log_file() for a whole data set.")
    names = [text_of(name) for name in islice(names, COLUMN_LIMIT)]
    data = [[_cell(value, note) for value in islice(row, len(names))] for row in islice(rows, ROW_LIMIT)]
    text = json.dumps({"columns": names, "data": data}, ensure_ascii=False, separators=(",", ":"))
    return Sheet(text.encode("utf-8", "replace"), names, total)


def _parts(table: Any, columns: Any) -> tuple[Iterable[Any], Iterable[Iterable[Any]], int]:
    if hasattr(table, "columns") and hasattr(table, "itertuples"):
        return list(table.columns), table.itertuples(index=False, name=None), len(table)
    if hasattr(table, "columns") and hasattr(table, "iter_rows"):
        return list(table.columns), table.iter_rows(), len(table)
    if isinstance(table, Mapping):
        cells = [list(values) for values in table.values()]
        return list(table), zip_longest(*cells), max(map(len, cells), default=0)
    if hasattr(table, "tolist"):
        table = table.tolist()
    if not isinstance(table, list | tuple):
        raise TypeError(f"log_table() takes a DataFrame, a list of dicts or of rows, not {type(table).__name__}")
    if all(isinstance(row, Mapping) for row in table):
        names = list(dict.fromkeys(name for row in table for name in row)) if columns is None else list(columns)
        return names, ([row.get(name) for name in names] for row in table), len(table)
    if not all(isinstance(row, list | tuple) or hasattr(row, "tolist") for row in table):
        raise TypeError("log_table() takes rows that are lists or dicts; give columns= for their names")
    rows = [row if isinstance(row, list | tuple) else row.tolist() for row in table]
    width = max(map(len, rows), default=0)
    return list(columns) if columns is not None else [f"column {at}" for at in range(1, width + 1)], rows, len(rows)


def _cell(value: Any, note: Note) -> Any:
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return None
    found = plain(value, note) if not hasattr(value, "isoformat") else value.isoformat()
    return None if isinstance(found, float) and not math.isfinite(found) else found
