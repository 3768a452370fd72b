"""Archives as a program of ours would never make them, built by hand or with Python's own writers."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

RUN = "20260101_120000_abcdef"
PLACE = f"demo/first/runs/{RUN}"
META = json.dumps({"id": RUN, "project": "demo", "name": "first", "created_at": 1_790_000_000.0}).encode()
GOOD = {
    f"{PLACE}/meta.json": META,
    f"{PLACE}/status.json": b'{"status": "finished", "started_at": 1790000000.0}',
    f"{PLACE}/events.jsonl": b'{"ts": 1.0, "type": "metrics", "data": {"loss": 0.5, "global_step": 1}}\n',
}


def zipped(path: Path, files: Mapping[str, bytes] = GOOD, *extra: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (*files.items(), *extra):
            archive.writestr(name, data)
    return path


def tarred(path: Path, files: Mapping[str, bytes] = GOOD, *extra: tarfile.TarInfo | tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            _add(archive, name, data)
        for one in extra:
            if isinstance(one, tarfile.TarInfo):
                archive.addfile(one)
            else:
                _add(archive, *one)
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """Return a tar entry that is no file: a link, a device, a FIFO."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def linked(name: str) -> zipfile.ZipInfo:
    """Return a zip entry that says it is a symbolic link."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = 0o120777 << 16
    return info


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
