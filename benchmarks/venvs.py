"""The peers' environments, made from PyPI once and kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.places import PEERS, kept


def wanted() -> dict[str, list[str]]:
    """Return what peers.txt says: a name, and the requirements of its environment."""
    lines = [line.split() for line in PEERS.read_text().splitlines() if line and not line.startswith("#")]
    return {name: requirements for name, *requirements in lines}


def python_of(peer: str) -> Path:
    """Return the interpreter of a peer's environment, installing it when it is missing or asks for other versions."""
    requirements = wanted()[peer]
    folder = kept() / "venvs" / peer
    python, receipt = folder / "bin" / "python", folder / "installed.txt"
    meant = "\n".join(requirements)
    if not receipt.is_file() or receipt.read_text() != meant:
        print(f"installing {' '.join(requirements)} …", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, *requirements], check=True)
        receipt.write_text(meant)
    return python
