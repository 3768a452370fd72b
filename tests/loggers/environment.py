"""The environment that the frameworks live in: made once per machine, kept out of the project's own."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

LIST = Path(__file__).parent / "frameworks.txt"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
"""Read at import: tests run with caches of their own."""


def python() -> Path:
    """Return the interpreter of the environment, made first if this machine has none for this list and this Python."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256(LIST.read_bytes() + version.encode()).hexdigest()[:12]
    folder = _CACHE / "runicorn-jupyter-frameworks" / key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _make(folder)
            (folder / "complete").touch()
    return folder / "bin" / "python"


def _make(folder: Path) -> None:
    first, *rest = [line for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    _run(sys.executable, "-m", "venv", str(folder))
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    # pip, not uv: a machine's own files of torch for the CPU are found through pip's configuration.
    _run(*pip, first)
    _run(*pip, first, *rest)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr[-4000:]}"


if __name__ == "__main__":
    print(python())
