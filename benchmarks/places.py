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


def environment() -> dict[str, str]:
    """Return the environment of a tool that is measured: this one, but for where Python keeps what it compiled.

    An installed package was compiled once. Where `PYTHONDONTWRITEBYTECODE` is set, as on build machines, each process
    would compile all it imports again, which is nobody's work: every tool writes into one folder of ours instead.
    """
    told = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**told, "PYTHONPYCACHEPREFIX": str(kept() / "compiled")}


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder that is gone afterwards: homes and caches of servers, and data that a row changes.

    It lies beside the data, not in the system's temporary folder, which may be memory.
    """
    kept().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=kept(), ignore_cleanup_errors=True) as folder:
        yield Path(folder)
