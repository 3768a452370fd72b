"""Points as a TensorBoard event file: its record format is written here, for it needs no TensorFlow.

A record is its length, a checksum of the length, an ``Event`` message and a checksum of that (masked CRC-32C). Records
of one metric are made together, byte column by byte column: a point costs well under a microsecond.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from runicorn_jupyter.store.transfer.points import Block, PointTable, fit

_Bytes = NDArray[np.uint8]
_MASK = 0xA282EAD8
_POLYNOMIAL = 0x82F63B78


def write_events(out: IO[bytes], table: PointTable) -> None:
    """Write every number of the one run of `table` as a scalar of 32 bits, as TensorBoard's own writers do.

    Texts and flags are left out. What ranks other than 0 logged has the rank behind its name. Wall times are those of
    the points.
    """
    first = True
    for block in table.blocks():
        if first:
            out.write(_framed(_version(block.start)))
            first = False
        out.writelines(_scalars(block, name) for name in table.metrics)
    if first:
        out.write(_framed(_version(0.0)))


def _scalars(block: Block, name: str) -> bytes:
    """Return the records of one metric of some rows."""
    values = block.columns[name]
    numbers = [at for at, value in enumerate(values) if isinstance(value, int | float) and not isinstance(value, bool)]
    if not numbers:
        return b""
    steps = np.array([block.columns["step"][at] for at in numbers], np.int64).astype(np.uint64)
    times = np.array([block.start + (block.columns["time"][at] or 0.0) for at in numbers], "<f8")
    with np.errstate(over="ignore"):
        points = np.array([_single(values[at]) for at in numbers], "<f8").astype("<f4")
    lengths = _varint_lengths(steps)
    tag = fit(name) + (f" (rank {block.rank})" if block.rank else "")
    edges = [0, *(np.flatnonzero(np.diff(lengths)) + 1).tolist(), len(numbers)]
    return b"".join(
        _records(tag, steps[begin:end], times[begin:end], points[begin:end], int(lengths[begin]))
        for begin, end in pairwise(edges)
    )


def _records(name: str, steps: Any, times: Any, points: Any, step_length: int) -> bytes:
    """Return the records of points whose steps take equally many bytes."""
    count = len(steps)
    tag = name.encode()
    value = b"\x0a" + _varint(len(tag)) + tag + b"\x15"
    inner = b"\x0a" + _varint(len(value) + 4) + value
    parts = [
        _same(b"\x09", count),
        np.nan_to_num(times).astype("<f8").view(np.uint8).reshape(count, 8),
        _same(b"\x10", count),
        _varints(steps, step_length),
        _same(b"\x2a" + _varint(len(inner) + 4) + inner, count),
        points.view(np.uint8).reshape(count, 4),
    ]
    events = np.concatenate(parts, axis=1)
    length = struct.pack("<Q", events.shape[1])
    head = length + struct.pack("<I", _masked(int(_crc(_same(length, 1))[0])))
    sums = _masked_all(_crc(events)).astype("<u4").view(np.uint8).reshape(count, 4)
    return np.concatenate([_same(head, count), events, sums], axis=1).tobytes()


def _version(start: float) -> bytes:
    name = b"brain.Event:2"
    return b"\x09" + struct.pack("<d", start) + b"\x1a" + _varint(len(name)) + name


def _framed(event: bytes) -> bytes:
    length = struct.pack("<Q", len(event))
    return b"".join(part + struct.pack("<I", _masked(int(_crc(_same(part, 1))[0]))) for part in (length, event))


def _single(value: float) -> float:
    """Return a number that a float can hold; an integer over its range is an infinity."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _same(data: bytes, count: int) -> _Bytes:
    return np.broadcast_to(np.frombuffer(data, np.uint8), (count, len(data)))


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _varint_lengths(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    found = np.ones(len(values), np.int64)
    for bits in range(7, 64, 7):
        found += values >= np.uint64(1 << bits)
    return found


def _varints(values: NDArray[np.uint64], length: int) -> _Bytes:
    """Return each value as a varint of exactly `length` bytes."""
    shifts = np.arange(0, 7 * length, 7, dtype=np.uint64)
    found = ((values[:, None] >> shifts) & np.uint64(0x7F)).astype(np.uint8)
    found[:, :-1] |= 0x80
    return found


def _make_table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> np.uint32(1)) ^ np.uint32(_POLYNOMIAL), table >> np.uint32(1))
    return table.astype(np.uint32)


_TABLE = _make_table()


def _crc(rows: _Bytes) -> NDArray[np.uint32]:
    """Return the CRC-32C of each row."""
    found = np.full(len(rows), 0xFFFFFFFF, np.uint32)
    for column in range(rows.shape[1]):
        found = _TABLE[(found ^ rows[:, column]) & 0xFF] ^ (found >> np.uint32(8))
    return ~found


def _masked(crc: int) -> int:
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def _masked_all(crcs: NDArray[np.uint32]) -> NDArray[np.uint32]:
    wide = crcs.astype(np.uint64)
    turned = (wide >> np.uint64(15) | wide << np.uint64(17)) & np.uint64(0xFFFFFFFF)
    return ((turned + np.uint64(_MASK)) & np.uint64(0xFFFFFFFF)).astype(np.uint32)
