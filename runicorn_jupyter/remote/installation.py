"""Which installation of ours this is: far viewers are found again by it after a restart, and never another one's."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from functools import cache
from pathlib import Path

from runicorn_jupyter.paths import config_folder

_FILE = "installation"
_FORM = re.compile(r"[0-9a-f]{32}")


def installation() -> str:
    """Return 32 hex digits, the same for every process of this user that shares the configuration folder.

    Where nothing can be written there, the same only within this process: far viewers then end by their lease.
    """
    file = config_folder() / _FILE
    if (found := _read(file)) is None:
        with contextlib.suppress(OSError):
            _write_first(file)
        found = _read(file)
    return found or _of_process()


def _read(file: Path) -> str | None:
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return text if _FORM.fullmatch(text) else None


def _write_first(file: Path) -> None:
    """Write it whole or not at all; of two who do so at once, the first one's counts."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_name(f".{_FILE}.{secrets.token_hex(4)}")
    new.touch(mode=0o600)
    try:
        new.write_text(secrets.token_hex(16) + "\n", encoding="ascii")
        os.link(new, file)
    finally:
        new.unlink()


@cache
def _of_process() -> str:
    return secrets.token_hex(16)
