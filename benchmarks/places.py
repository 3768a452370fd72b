"""Where the benchmark keeps what is made once (environments, data) and what only one run needs (scratch)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PEERS = REPOSITORY / "benchmarks" / "peers.txt"
DOCUMENT = REPOSITORY / "docs" / "benchmarks.md"


def kept() -> Path:
    """Return the folder of environments and data, outside of the tree and reused by later runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "runicorn-jupyter-bench"


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder that is gone afterwards: homes and caches of servers, and data that a row changes.

    It lies beside the data, not in the system's temporary folder, which may be memory.
    """
    kept().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=kept(), ignore_cleanup_errors=True) as folder:
        yield Path(folder)
