"""Bringing files into a version that is being made: each content once, and none that is already in the pool."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from runicorn_jupyter.models import FileEntry
from runicorn_jupyter.store.artifacts import copying
from runicorn_jupyter.store.artifacts.fingerprints import Fingerprints
from runicorn_jupyter.store.artifacts.index import FOLDER
from runicorn_jupyter.store.artifacts.known import Known
from runicorn_jupyter.store.artifacts.pool import POOL

_NO_LINK = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK, errno.EACCES}


class Before(NamedTuple):
    """A file of the version before: what is probably the same again is hashed before it is copied."""

    size: int
    digest: str


class Intake:
    """Puts files into ``files/`` of a folder that becomes a version.

    Parameters
    ----------
    root : Path
        The storage root.
    stage : Path
        The folder.
    known : Known
        Digests of files that were read before.
    before : mapping of str to Before
        The files of the version before, by path.
    progress : callable
        Told the bytes of each step.
    """

    def __init__(
        self, root: Path, stage: Path, known: Known, before: Mapping[str, Before], progress: copying.Progress
    ) -> None:
        self._pool = f"{root}/{FOLDER}/{POOL}"
        self._files = f"{stage}/files"
        os.mkdir(self._files)  # noqa: PTH102 - a text
        self._known = known
        self._before = before
        self._progress = progress
        self._made: set[str] = {""}
        self._new: dict[str, str] = {}
        self.fingerprints = Fingerprints()
        """What large contents are known by besides their SHA-256."""
        self.trusts = True
        """Whether a file whose stat is unchanged is taken to be unchanged."""

    def take(self, source: str, path: str) -> FileEntry:
        """Put the file `source` in as `path`, as a link to the pool when the pool has its content.

        Raises
        ------
        OSError
            It cannot be read or kept.
        ValueError
            It is no regular file.
        """
        target = self._place(path)
        try:
            found = os.stat(source)  # noqa: PTH116 - of thousands
        except FileNotFoundError:
            raise FileNotFoundError(errno.ENOENT, "a file that was added is gone", path) from None
        digest = self._known.digest(source, found) if self.trusts else None
        if digest is not None and self._linked(digest, target, found.st_size):
            self._progress(found.st_size)
            return FileEntry(path, found.st_size, f"sha256:{digest}", found.st_mtime)
        fd, found = copying.open_source(source)
        try:
            digest, size = self._read(fd, found, path, target)
            after = os.fstat(fd)
        finally:
            os.close(fd)
        if _same(found, after) and size == found.st_size:
            self._known.learn(source, found, digest)
        return FileEntry(path, size, f"sha256:{digest}", found.st_mtime)

    def _read(self, fd: int, found: os.stat_result, path: str, target: str) -> tuple[str, int]:
        if found.st_size < copying.LARGE:
            data = copying.read_small(fd)
            if data is not None:
                return self._put(data, target)
            os.lseek(fd, 0, os.SEEK_SET)
        before = self._before.get(path)
        if before is not None and before.size == found.st_size >= copying.LARGE:
            if self._same_again(fd, before) and self._linked(before.digest, target, found.st_size):
                return before.digest, found.st_size
            os.lseek(fd, 0, os.SEEK_SET)
        into = self.fingerprints.hash() if found.st_size >= copying.LARGE else hashlib.sha256()
        _, size = copying.copy(fd, target, found.st_size, self._progress, into=into)
        digest = self.fingerprints.learn(into)
        if digest in self._new or self._in_pool(digest, size):
            os.unlink(target)  # noqa: PTH108
            if self._linked(digest, target, size):
                return digest, size
            os.lseek(fd, 0, os.SEEK_SET)
            digest, size = copying.copy(fd, target, found.st_size, self._progress)
        self._new.setdefault(digest, target)
        return digest, size

    def _same_again(self, fd: int, before: Before) -> bool:
        """Read a file and tell whether it is what it was, by the quickest way that is known of that content."""
        quick = self.fingerprints.of(before.digest)
        if quick is not None:
            into, expected = quick
            return copying.digest(fd, before.size, self._progress, into) == expected
        into = self.fingerprints.hash()
        copying.digest(fd, before.size, self._progress, into)
        return self.fingerprints.learn(into) == before.digest

    def _put(self, data: bytes, target: str) -> tuple[str, int]:
        digest = hashlib.sha256(data).hexdigest()
        if not self._linked(digest, target, len(data)):
            copying.write(target, data)
            self._new.setdefault(digest, target)
        self._progress(len(data))
        return digest, len(data)

    def contribute(self) -> None:
        """Give what is new to the pool, where the file system has links; elsewhere each version has its own copies."""
        made: set[str] = set()
        for digest, path in self._new.items():
            shard = f"{self._pool}/{digest[:2]}"
            if shard not in made:
                os.makedirs(shard, exist_ok=True)  # noqa: PTH103
                made.add(shard)
            try:
                _agree(path, f"{shard}/{digest}")
            except OSError as error:
                if error.errno in _NO_LINK:
                    return
                raise

    def _place(self, path: str) -> str:
        above = path.rpartition("/")[0]
        if above not in self._made:
            os.makedirs(f"{self._files}/{above}", exist_ok=True)  # noqa: PTH103
            self._made.add(above)
        return f"{self._files}/{path}"

    def _in_pool(self, digest: str, size: int) -> bool:
        try:
            return os.stat(f"{self._pool}/{digest[:2]}/{digest}").st_size == size  # noqa: PTH116
        except OSError:
            return False

    def _linked(self, digest: str, target: str, size: int) -> bool:
        """Make `target` another name of a content that is there; False when it is not, or its length is wrong."""
        own = self._new.get(digest)
        if own is None and not self._in_pool(digest, size):
            return False
        try:
            os.link(own or f"{self._pool}/{digest[:2]}/{digest}", target)
        except OSError as error:
            if error.errno in {*_NO_LINK, errno.ENOENT}:
                return False
            raise
        return True


def _agree(own: str, pooled: str) -> None:
    """Make one file of both: the pool gets ours, unless another process was faster and has the same length."""
    try:
        os.link(own, pooled)
    except FileExistsError:
        mine, theirs = os.stat(own), os.stat(pooled)  # noqa: PTH116
        if mine.st_ino == theirs.st_ino:
            return
        kept, given_up = (pooled, own) if mine.st_size == theirs.st_size else (own, pooled)
        between = f"{own}.{os.urandom(4).hex()}"
        os.link(kept, between)
        os.replace(between, given_up)  # noqa: PTH105


def _same(first: os.stat_result, second: os.stat_result) -> bool:
    return (first.st_size, first.st_mtime_ns, first.st_ctime_ns) == (
        second.st_size,
        second.st_mtime_ns,
        second.st_ctime_ns,
    )
