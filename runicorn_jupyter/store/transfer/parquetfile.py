"""Points as Parquet: typed columns, and what the run is in the file's own notes."""

from __future__ import annotations

import json
from typing import IO, Any

from runicorn_jupyter.errors import NotInstalled
from runicorn_jupyter.store.transfer.points import Kind, PointTable, as_text, fit


def write_parquet(out: IO[bytes], table: PointTable) -> None:
    """Write `table`: int64, float64, bool or string columns, null where there is no value, NaN and infinities kept.

    A metric that was logged in kinds that do not go together, such as numbers and texts, is a string column. The
    schema's metadata holds ``runicorn``: the runs with config and summary, as JSON.

    Raises
    ------
    NotInstalled
        pyarrow is missing.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise NotInstalled("Parquet needs pyarrow: pip install 'runicorn-jupyter[fast]'.") from None
    kinds = table.kinds()
    types = {
        "integer": pa.int64(),
        "long": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "text": pa.string(),
    }
    fields = [pa.field(fit(column), types[kinds[column]]) for column in table.columns]
    runs = [{name: one for name, one in record.item(("config", "summary")).items() if name != "run_dir"}
            for record in table.records]  # fmt: skip
    schema = pa.schema(fields, {"runicorn": json.dumps(runs, default=str)})
    with parquet.ParquetWriter(out, schema) as writer:
        for block in table.blocks():
            arrays = [
                pa.array(_fitting(block.columns[column], kinds[column]), field.type)
                for column, field in zip(table.columns, fields, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _fitting(values: list[Any], kind: Kind) -> list[Any]:
    if kind == "text":
        return [None if value is None else fit(as_text(value)) for value in values]
    if kind == "number":
        return [None if value is None else float(value) for value in values]
    return values
