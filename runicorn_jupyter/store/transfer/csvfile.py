"""Points as CSV: what any program reads, and no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from typing import IO, Any

from runicorn_jupyter.store.transfer.points import PointTable, as_text, fit

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(out: IO[bytes], table: PointTable) -> None:
    """Write `table` as UTF-8 with a head line; empty where there is no value, ``NaN``, ``inf``, ``-inf`` as such.

    A text that a spreadsheet would take for a formula gets an apostrophe in front of it, column names too.
    """
    text = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
    try:
        lines = csv.writer(text, lineterminator="\r\n")
        lines.writerow([_harmless(column) for column in table.columns])
        for block in table.blocks():
            lines.writerows(zip(*(map(_cell, block.columns[column]) for column in table.columns), strict=True))
    finally:
        text.detach()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return _harmless(value) if isinstance(value, str) else as_text(value)


def _harmless(text: str) -> str:
    return "'" + fit(text) if text.startswith(_FORMULA) else fit(text)
