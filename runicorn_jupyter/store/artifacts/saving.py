"""Saving a version: it is made out of sight, appears in one step, and is listed last."""

from __future__ import annotations

import errno
import getpass
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from runicorn_jupyter.errors import Conflict
from runicorn_jupyter.models import Manifest, ReferenceEntry
from runicorn_jupyter.paths import safe_name, write_atomically
from runicorn_jupyter.store.artifacts import index, removal
from runicorn_jupyter.store.artifacts.documents import encode, manifest_of, read_json
from runicorn_jupyter.store.artifacts.intake import Before, Intake
from runicorn_jupyter.store.artifacts.known import Known
from runicorn_jupyter.store.artifacts.lifecycle import check_alias
from runicorn_jupyter.store.artifacts.locks import holding, locked
from runicorn_jupyter.store.artifacts.pool import POOL
from runicorn_jupyter.store.bin.deletion import folder

_TRIES = 1000


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to become a version; `files` are (absolute path, path in the version)."""

    name: str
    type: str
    files: Sequence[tuple[str, str]] = ()
    references: Sequence[ReferenceEntry] = ()
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    aliases: Sequence[str] = ()
    parents: Sequence[str] = ()
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a draft."""

    version: int
    manifest: Manifest
    aliases: tuple[str, ...]


def save(
    root: Path,
    draft: Draft,
    *,
    verify: bool = False,
    progress: Callable[[int], None] = lambda _bytes: None,
) -> Saved:
    """Make the next version of an artifact.

    Whoever is interrupted, by a signal, a full disk or a pulled plug, leaves no version, and no version before is
    touched. Several processes may save the same artifact at once: each gets a number of its own.

    Parameters
    ----------
    root : Path
        The storage root.
    draft : Draft
        What to save.
    verify : bool
        Read every file, also those whose stat is unchanged since they were last saved.
    progress : callable
        Told the bytes of each step.

    Raises
    ------
    ValueError
        There is nothing to save, or a name or path cannot be stored on every system.
    OSError
        A file cannot be read, or the disk does not keep it.
    Conflict
        Another process holds the artifact for a minute.
    """
    _check(draft)
    with _stage(root) as stage, locked(removal.pool_lock(root), shared=True):
        known = Known(root, draft.type, draft.name)
        intake = Intake(root, stage, known, _before(root, draft), progress)
        intake.trusts = not verify
        files = tuple([intake.take(source, path) for source, path in draft.files])
        size = sum(file.size for file in files) + sum(one.size or 0 for one in draft.references)
        manifest = Manifest(files, tuple(draft.references), size, time.time())
        text = orjson.dumps(manifest.item(), option=orjson.OPT_INDENT_2)
        (stage / "manifest.json").write_bytes(text)
        intake.contribute()
        saved = _publish(root, stage, draft, manifest, hashlib.sha256(text).hexdigest())
        known.save()
        intake.fingerprints.save()
        return saved


def flush(root: Path) -> None:
    """Ask the disk of `root` to keep what was written: until then a pulled plug may cost contents of new versions."""
    if sys.platform != "linux":
        return
    import ctypes

    fd = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
    try:
        ctypes.CDLL(None).syncfs(fd)
    finally:
        os.close(fd)


def _publish(root: Path, stage: Path, draft: Draft, manifest: Manifest, digest: str) -> Saved:
    place = root / index.place(draft.type, draft.name)
    with folder(root, index.place(draft.type, draft.name), make=True):
        pass
    with locked(place / ".lock"):
        document = index.read(root, draft.type, draft.name) or index.begun(draft.type, draft.name)
        document["versions"] = [row for row in document.get("versions") or [] if isinstance(row, dict)]
        document["aliases"] = dict(document.get("aliases") or {})
        now = time.time()
        number = index.next_version(root, draft.type, draft.name, document)
        for _ in range(_TRIES):
            metadata = _metadata(draft, manifest, digest, number, now)
            write_atomically(stage / "metadata.json", encode(metadata), sync=False)
            try:
                stage.rename(place / f"v{number}")
            except OSError as error:
                # On a disk without locks another process may have taken the number a moment ago.
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                    raise
                number += 1
                continue
            break
        else:
            raise Conflict("No free version number was found; other processes take them all.")
        row = {
            "version": number,
            "created_at": now,
            "created_by_run": draft.run_id,
            "size_bytes": manifest.total_size,
            "num_files": len(manifest.files),
            "status": "ready",
            "aliases": [],
        }
        document["versions"].append(row)
        for alias in metadata["aliases"]:
            document["aliases"][alias] = number
        document["next_version"] = number + 1
        index.write(root, draft.type, draft.name, document)
    return Saved(number, manifest, tuple(metadata["aliases"]))


def _metadata(draft: Draft, manifest: Manifest, digest: str, number: int, now: float) -> dict[str, Any]:
    """Return metadata.json with exactly upstream's keys: its reader refuses any other."""
    user = None
    with suppress(Exception):  # an account without a name
        user = getpass.getuser()
    return {
        "name": draft.name,
        "type": draft.type,
        "version": number,
        "created_at": now,
        "updated_at": now,
        "created_by_run": draft.run_id,
        "created_by_user": user,
        "size_bytes": manifest.total_size,
        "num_files": len(manifest.files),
        "num_references": len(manifest.references),
        "status": "ready",
        "metadata": dict(draft.metadata),
        "description": draft.description,
        "tags": list(draft.tags),
        "aliases": [index.LATEST, *(alias for alias in draft.aliases if alias != index.LATEST)],
        "parent_artifacts": list(draft.parents),
        "manifest_digest": digest,
    }


@contextmanager
def _stage(root: Path) -> Iterator[Path]:
    """Make a folder that belongs to this process while the block lasts; what is left of it afterwards is removed."""
    root.mkdir(parents=True, exist_ok=True)
    with folder(root, f"{index.FOLDER}/{POOL}", make=True):
        pass
    stage = root / removal.STAGING / f"{os.getpid()}-{os.urandom(6).hex()}"
    with ExitStack() as held:
        with removal.stages(root):
            removal.sweep(root)
            stage.mkdir()
            held.callback(shutil.rmtree, stage, ignore_errors=True)
            held.enter_context(holding(stage))
        yield stage


def _before(root: Path, draft: Draft) -> dict[str, Before]:
    """Return the files of the version that was latest when this one was begun."""
    document = index.read(root, draft.type, draft.name)
    rows = index.item_of(document, draft.type, draft.name).versions if document else ()
    if not rows:
        return {}
    manifest = manifest_of(
        read_json(root, f"{index.place(draft.type, draft.name)}/v{rows[-1].version}/manifest.json") or {}
    )
    return {file.path: Before(file.size, file.digest.removeprefix("sha256:")) for file in manifest.files}


def _check(draft: Draft) -> None:
    safe_name(draft.name, "artifact name")
    safe_name(draft.type, "artifact type")
    for alias in draft.aliases:
        if alias != index.LATEST:
            check_alias(alias)
    if not draft.files and not draft.references:
        raise ValueError("The artifact has no files and no references to save; add one first.")
