"""A run, or several, as an Excel workbook: what it is on the first sheet, every point on the next ones."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import IO, Any

from runicorn_jupyter.errors import TooLarge
from runicorn_jupyter.models import MetricSummary, RunRecord
from runicorn_jupyter.store.transfer.points import PointTable, as_text, fit

_ROWS, _COLUMNS, _TEXT = 1_048_576, 16_384, 32_767
_EXACT = 2**53
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_excel(out: IO[bytes], table: PointTable) -> None:
    """Write a workbook with the sheets ``run`` and ``points`` (``points 2``, … beyond a million rows).

    Nothing in it is a formula. What Excel's numbers cannot hold is text: NaN, infinities, integers beyond 2^53.

    Raises
    ------
    TooLarge
        There are more metrics than a sheet has columns.
    """
    from openpyxl import Workbook

    if len(table.columns) > _COLUMNS:
        raise TooLarge(f"A sheet of Excel has {_COLUMNS} columns; export these metrics as CSV or Parquet.")
    book = Workbook(write_only=True)
    about = book.create_sheet("run")
    for record in table.records:
        for row in _facts(record):
            about.append([_cell(about, value) for value in row])
        about.append([])
    head = list(table.columns)
    rows, number = _rows(table), 1
    sheet = book.create_sheet("points")
    sheet.append([_cell(sheet, column) for column in head])
    written = 1
    for row in rows:
        if written == _ROWS:
            number += 1
            sheet, written = book.create_sheet(f"points {number}"), 1
            sheet.append([_cell(sheet, column) for column in head])
        sheet.append([_cell(sheet, value) for value in row])
        written += 1
    book.save(out)


def _rows(table: PointTable) -> Iterator[tuple[Any, ...]]:
    for block in table.blocks():
        yield from zip(*(block.columns[column] for column in table.columns), strict=True)


def _cell(sheet: Any, value: Any) -> Any:
    """Return `value` as a cell that holds just it: a text is never taken for a formula, an error or a date."""
    from openpyxl.cell import WriteOnlyCell

    if value is None or isinstance(value, bool):
        return value
    plain = isinstance(value, int) and abs(value) <= _EXACT
    if plain or (isinstance(value, float) and math.isfinite(value)):
        return value
    cell = WriteOnlyCell(sheet)
    cell.value = _ILLEGAL.sub("\ufffd", fit(as_text(value)))[:_TEXT]
    cell.data_type = "s"
    return cell


def _facts(record: RunRecord) -> Iterator[tuple[Any, ...]]:
    yield ("id", record.id)
    yield ("project", record.project)
    yield ("name", record.name)
    yield ("state", record.state)
    for name in ("created_at", "started_at", "ended_at"):
        yield (name, _moment(getattr(record, name)))
    yield ("tags", ", ".join(record.tags))
    yield ("notes", record.notes)
    yield from _values("config", record.config)
    yield from _values("summary", record.summary)
    if record.metrics:
        yield ("metric", "name", *MetricSummary.__dataclass_fields__)
    for name, metric in record.metrics.items():
        yield ("metric", name, *(getattr(metric, one) for one in MetricSummary.__dataclass_fields__))


def _values(kind: str, values: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for key, value in values.items():
        yield (kind, key, value if isinstance(value, str | int | float | None) else str(value))


def _moment(seconds: float | None) -> str | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None
