"""A run, or several, as one JSON document that any parser takes and that says what strict JSON cannot hold."""

from __future__ import annotations

import base64
import json
import math
import os
from collections.abc import Iterator
from typing import IO, Any

import orjson

from runicorn_jupyter.errors import TooLarge
from runicorn_jupyter.models import RunRecord
from runicorn_jupyter.store.files import RunFiles
from runicorn_jupyter.store.transfer.points import Block, PointTable

VERSION = 1
_WIDE = ("config", "summary", "metrics")
_HERE = {"run_dir", "pid"}
_MEDIA_LIMIT = 64 * 1024**2


def write_json(out: IO[bytes], table: PointTable, media: RunFiles | None = None) -> None:
    """Write one object: ``run`` (or ``runs``), ``columns``, ``rows``, ``not_finite``, and ``media`` on request.

    A row is an object as `/metrics_step` has it; a number that is not finite is null there and told in ``not_finite``
    as ``[row, column, "NaN"]``. Integers keep all their digits.

    Raises
    ------
    TooLarge
        The media are more than 64 MiB.
    """
    one = len(table.records) == 1
    runs = [_record(record) for record in table.records]
    head = {"format": "runicorn-run", "version": VERSION, **({"run": runs[0]} if one else {"runs": runs})}
    out.write(_dumps({**head, "columns": list(table.columns)})[:-1] + b',"rows":[')
    odd: list[list[Any]] = []
    at = 0
    for block in table.blocks():
        rows = _rows(block, table.columns, at, odd)
        out.write((b"," if at else b"") + _dumps(rows)[1:-1])
        at += len(block)
    out.write(b'],"not_finite":' + _dumps(odd))
    if media is not None:
        out.write(b',"media":[')
        items = enumerate(_media(media, table.records))
        out.writelines((b"," if number else b"") + _dumps(item) for number, item in items)
        out.write(b"]")
    out.write(b"}\n")


def _record(record: RunRecord) -> dict[str, Any]:
    return {name: value for name, value in record.item(_WIDE).items() if name not in _HERE}


def _rows(block: Block, columns: tuple[str, ...], begin: int, odd: list[list[Any]]) -> list[dict[str, Any]]:
    clean = {}
    for column in columns:
        values = block.columns[column]
        strange = [at for at, one in enumerate(values) if isinstance(one, float) and not math.isfinite(one)]
        if strange:
            values = list(values)
            for at in strange:
                odd.append([begin + at, column, _word(values[at])])
                values[at] = None
        clean[column] = values
    return [dict(zip(columns, row, strict=True)) for row in zip(*clean.values(), strict=True)]


def _word(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _media(files: RunFiles, records: tuple[RunRecord, ...]) -> Iterator[dict[str, Any]]:
    """Yield every file that the runs logged, its content in base64."""
    left = _MEDIA_LIMIT
    for record in records:
        for one in files.media(record.id):
            told = {"run_id": record.id, "kind": one.kind, "key": one.key, "step": one.step, "path": one.path}
            try:
                file = files.open_media(record.id, one.path)
            except LookupError:
                yield {**told, "data": None}
                continue
            with os.fdopen(file.fd, "rb") as content:
                left -= file.size
                if left < 0:
                    raise TooLarge("The media of this run are more than 64 MiB; export it as an archive instead.")
                yield {**told, "data": base64.b64encode(content.read(file.size)).decode()}


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # integers over 64 bits, lone surrogates
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
