"""The points of runs as files of other programs: which there are, and how each is called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, NamedTuple

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import OnProgress, RunRecord
from runicorn_jupyter.store.files import RunFiles

if TYPE_CHECKING:
    from runicorn_jupyter.store.store import Store

_UNSAFE = re.compile(r"[^\w.-]+")


class DataFormat(NamedTuple):
    """A form of file: its ending and media type."""

    suffix: str
    media_type: str


FORMATS: dict[str, DataFormat] = {
    "json": DataFormat(".json", "application/json"),
    "csv": DataFormat(".csv", "text/csv; charset=utf-8"),
    "excel": DataFormat(".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "parquet": DataFormat(".parquet", "application/vnd.apache.parquet"),
    "tensorboard": DataFormat(".tfevents", "application/octet-stream"),
}


def export(
    store: Store,
    records: Sequence[RunRecord],
    form: str,
    out: IO[bytes],
    *,
    media: bool = False,
    progress: OnProgress | None = None,
) -> None:
    """Write the points of runs to `out`.

    Raises
    ------
    BadRequest
        The form is unknown, has no place for media, or holds one run only.
    """
    format_of(form)
    if form == "tensorboard" and len(records) != 1:
        raise BadRequest("A TensorBoard file holds one run; export the runs one by one.")
    if media and form != "json":
        raise BadRequest(f"{form} has no place for media; export as json, or as an archive.")
    from runicorn_jupyter.store.transfer.pointfiles import PointTable, write_json, writers

    table = PointTable(store, records, progress)
    if form == "json":
        write_json(out, table, RunFiles(store) if media else None)
    else:
        writers[form](out, table)


def format_of(form: str) -> DataFormat:
    """Return the form called `form`.

    Raises
    ------
    BadRequest
        There is none.
    """
    if form not in FORMATS:
        raise BadRequest(f"format must be one of {', '.join(FORMATS)}, not {form[:40]!r}.")
    return FORMATS[form]


def file_name(run_ids: Sequence[str], suffix: str) -> str:
    """Return a plain name for a file about these runs."""
    stem = _UNSAFE.sub("_", run_ids[0])[:100] if len(run_ids) == 1 else f"{len(run_ids)}_runs"
    if suffix == ".tfevents":  # TensorBoard looks for the word in the middle of the name
        return f"events.out.tfevents.{stem}"
    return f"{stem}{suffix}"
