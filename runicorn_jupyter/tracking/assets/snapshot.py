"""The code of a workspace as one zip file."""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking.assets.archive import walk
from runicorn_jupyter.tracking.assets.ignore import ALWAYS, IGNORE_FILE, Ignore

MAX_BYTES = 100 * 1024**2
MAX_FILES = 20_000
"""What `init` takes along at most; who calls `snapshot_workspace` gets upstream's larger limits."""

_CALLED_BYTES = 500 * 1024**2
_CALLED_FILES = 200_000
_EARLIEST = (1980, 1, 1, 0, 0, 0)


class SnapshotTooLarge(ValueError):
    """The workspace is larger than the limits; the text names the ignore file."""


def workspace(asked: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder whose code belongs to this program: as asked, else the repository around the current one."""
    if asked is not None:
        return Path(os.path.abspath(os.path.expanduser(asked)))  # noqa: PTH100, PTH111
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def snapshot_workspace(
    root: str | os.PathLike[str],
    out_zip: str | os.PathLike[str],
    *,
    ignore_file: str = IGNORE_FILE,
    extra_excludes: Sequence[str] | None = None,
    max_total_bytes: int = _CALLED_BYTES,
    max_files: int = _CALLED_FILES,
    force_snapshot: bool = False,
) -> dict[str, Any]:
    """Write the files below `root` to a zip file; nothing is left behind when that fails.

    Parameters
    ----------
    root, out_zip : path
        The folder, and the file to make.
    ignore_file : str
        Its patterns, as in a ``.gitignore``, are left out, beside caches and what usually holds secrets.
    extra_excludes : sequence of str, optional
        More patterns.
    max_total_bytes, max_files : int
        Limits before compression.
    force_snapshot : bool
        Take no notice of the limits.

    Returns
    -------
    dict
        ``workspace_root``, ``archive_path``, ``format``, ``file_count``, ``total_bytes``.

    Raises
    ------
    SnapshotTooLarge
        It is over a limit.
    """
    top, target = Path(root).absolute(), Path(out_zip).absolute()
    files = list(_chosen(top, ignore_file, extra_excludes or (), target))
    total = sum(size for _, size in files)
    if not force_snapshot and (total > max_total_bytes or len(files) > max_files):
        raise SnapshotTooLarge(
            f"the code is {total / 1024**2:.0f} MiB in {len(files)} files; name what is no code in {ignore_file}, "
            "or give force_snapshot=True"
        )
    temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.tmp")
    try:
        with zipfile.ZipFile(temporary, "x", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for relative, _ in files:
                _add(archive, top / relative, relative)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return {
        "workspace_root": str(top),
        "archive_path": str(target),
        "format": "zip",
        "file_count": len(files),
        "total_bytes": total,
    }


def snapshot_entry(asked: Path | None, target: Path, *, force: bool) -> dict[str, Any]:
    """Make the snapshot of a run; return its entry in assets.json."""
    made = snapshot_workspace(
        workspace(asked), target, max_total_bytes=MAX_BYTES, max_files=MAX_FILES, force_snapshot=force
    )
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "saved": True,
        "workspace_root": made["workspace_root"],
        "format": made["format"],
        "created_at": int(time.time()),
        "archive_path": made["archive_path"],
        "fingerprint_kind": "sha256",
        "fingerprint": digest,
        "file_count": made["file_count"],
        "total_bytes": made["total_bytes"],
    }


def _chosen(top: Path, ignore_file: str, extra: Sequence[str], target: Path) -> Iterator[tuple[str, int]]:
    try:
        own = (top / ignore_file).read_text("utf-8", "replace").splitlines()
    except OSError:
        own = []
    ignore = Ignore([*ALWAYS, *own, *extra])
    for relative, found in walk(top, lambda folder, below: _passed_over(folder, below, ignore)):
        if top / relative != target and not ignore.leaves_out(relative, folder=False):
            yield relative, found.st_size


def _passed_over(folder: Path, relative: str, ignore: Ignore) -> bool:
    # A folder with a pyvenv.cfg is an environment under whatever name; one with our own folder is a storage root.
    return (
        ignore.leaves_out(relative, folder=True)
        or (folder / "pyvenv.cfg").exists()
        or (folder / ".runicorn-jupyter").exists()
    )


def _add(archive: zipfile.ZipFile, path: Path, relative: str) -> None:
    """Add one file; one that vanished or cannot be read meanwhile is left out."""
    try:
        data = path.read_bytes()
        changed = time.localtime(path.stat().st_mtime)[:6]
    except OSError:
        return
    info = zipfile.ZipInfo(relative.encode("utf-8", "replace").decode(), max(changed, _EARLIEST))
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, data)
