"""What writes points into files of each form; it needs numpy, so it is loaded with the first export."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from runicorn_jupyter.store.transfer.csvfile import write_csv
from runicorn_jupyter.store.transfer.excelfile import write_excel
from runicorn_jupyter.store.transfer.jsonfile import write_json
from runicorn_jupyter.store.transfer.parquetfile import write_parquet
from runicorn_jupyter.store.transfer.points import PointTable
from runicorn_jupyter.store.transfer.tensorboard import write_events

__all__ = ["PointTable", "write_json", "writers"]

writers: dict[str, Callable[[IO[bytes], PointTable], None]] = {
    "csv": write_csv,
    "excel": write_excel,
    "parquet": write_parquet,
    "tensorboard": write_events,
}
"""By form; JSON alone has a place for media, so it is written by itself."""
