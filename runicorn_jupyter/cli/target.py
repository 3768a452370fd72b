"""A file that a command writes: whole under its name, or not there at all."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from runicorn_jupyter.errors import BadRequest, DiskFull

STDOUT = "-"
_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def written(path: str) -> Iterator[IO[bytes]]:
    """Open `path` for writing; what is there already is replaced when the block ends well. ``-`` is standard output.

    Raises
    ------
    BadRequest
        It cannot be written there.
    DiskFull
        There is no room.
    """
    if path == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(path).expanduser()
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        kind = DiskFull if error.errno in _FULL else BadRequest
        raise kind(f"{target} cannot be written: {(error.strerror or str(error)).lower()}.") from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
