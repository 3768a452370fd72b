"""Removing run directories for good: renamed into ``.runicorn-jupyter/trash`` first, so that none is half there.

A kill in the middle leaves a hidden folder that the next emptying removes; nothing is removed that does not carry the
marker of a deleted run at the moment of the claim.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote

from runicorn_jupyter.errors import RunNotFound
from runicorn_jupyter.paths import OWN_FOLDER, open_folder
from runicorn_jupyter.store.bin.deletion import BIN, MARKER, NOT_DELETED, folder

TRASH = f"{OWN_FOLDER}/trash"
_CLAIMED = ".emptied"
_HELD, _GONE = ".held-", ".gone-"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_LONGEST = 200
_TRIES = 3


def discard(root: Path, directory: str) -> None:
    """Remove the deleted run at `directory` with everything in it; no link is followed.

    Raises
    ------
    RunNotFound
        It is gone or was restored: whoever did that was quicker.
    OSError
        The disk does not allow it.
    """
    parent, _, name = directory.rpartition("/")
    try:
        with folder(root, parent) as at, _trash(root, at) as trash:
            if parent == BIN:  # nobody but the one whose rename succeeds has it
                gone = _fresh(_GONE)
                os.rename(name, gone, src_dir_fd=at, dst_dir_fd=trash)
            else:
                held = _fresh(_HELD, directory)
                os.rename(name, held, src_dir_fd=at, dst_dir_fd=trash)
                gone = _claim(root, trash, held, directory)
            clear(trash, gone)
    except (FileNotFoundError, NotADirectoryError):
        raise RunNotFound(NOT_DELETED) from None


def weight(root: Path, directory: str) -> int:
    """Return the bytes that the files of a run take; a link counts as itself."""
    total = 0
    with folder(root, directory) as run:
        for _, _, names, at in os.fwalk(dir_fd=run):
            for name in names:
                with suppress(OSError):
                    total += os.stat(name, dir_fd=at, follow_symlinks=False).st_size
    return total


def resume(root: Path) -> int:
    """Finish what an emptying that was killed had begun; return how many runs were claimed on the way."""
    claimed = 0
    with suppress(FileNotFoundError, NotADirectoryError), folder(root, TRASH) as trash:
        for name, _ in _listed(trash):
            gone = name
            if name.startswith(_HELD):
                place = unquote(name.partition("@")[2])
                try:
                    gone = _claim(root, trash, name, place)
                    claimed += 1
                except (FileNotFoundError, RunNotFound):
                    continue
            if gone.startswith(_GONE):
                clear(trash, gone)
    return claimed


def clear(trash: int, name: str) -> None:
    """Remove the folder `name` below the descriptor `trash`, however deep it is and whoever else is removing it."""
    waiting = [name]
    while waiting:
        top = waiting.pop()
        for _ in range(_TRIES):
            try:
                waiting += _strip(trash, top)
                os.rmdir(top, dir_fd=trash)
            except FileNotFoundError:
                break
            except OSError as error:
                if error.errno != errno.ENOTEMPTY:  # its run is still being written
                    raise
            else:
                break


def _strip(trash: int, name: str) -> list[str]:
    """Unlink the files of a folder and move its folders up beside it; return their new names."""
    moved = []
    fd = open_folder(trash, name)
    try:
        for inner, is_folder in _listed(fd):
            with suppress(FileNotFoundError):
                if is_folder:
                    beside = _fresh(_GONE)
                    os.rename(inner, beside, src_dir_fd=fd, dst_dir_fd=trash)
                    moved.append(beside)
                else:
                    os.unlink(inner, dir_fd=fd)
    finally:
        os.close(fd)
    return moved


def _listed(fd: int) -> list[tuple[str, bool]]:
    """Return what a folder holds and whether each is a folder itself; a link is none."""
    with os.scandir(fd) as found:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]


def _claim(root: Path, trash: int, held: str, place: str) -> str:
    """Return the new name of a held run that is ours to remove; one that was restored meanwhile goes back."""
    run = open_folder(trash, held)
    try:
        os.rename(MARKER, _CLAIMED, src_dir_fd=run, dst_dir_fd=run)
    except FileNotFoundError:
        if not _has(run, _CLAIMED):
            _put_back(root, trash, held, place)
            raise RunNotFound(NOT_DELETED) from None
    finally:
        os.close(run)
    gone = _fresh(_GONE)
    os.rename(held, gone, src_dir_fd=trash, dst_dir_fd=trash)
    return gone


def _put_back(root: Path, trash: int, held: str, place: str) -> None:
    parent, _, name = place.rpartition("/")
    with suppress(OSError), folder(root, parent) as at:
        if name and not _has(at, name):
            os.rename(held, name, src_dir_fd=trash, dst_dir_fd=at)


def _has(at: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _trash(root: Path, beside: int) -> Iterator[int]:
    """Open the trash; on a disk too full for one more folder, hidden names `beside` the run serve as well."""
    with ExitStack() as stack:
        try:
            trash = stack.enter_context(folder(root, TRASH, make=True))
        except NotADirectoryError as error:
            raise OSError(errno.ELOOP, "the trash is a link or a file") from error
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            trash = beside
        # A rename cannot leave its disk, and a project may lie on one of its own.
        yield trash if os.fstat(trash).st_dev == os.fstat(beside).st_dev else beside


def _fresh(kind: str, place: str = "") -> str:
    quoted = quote(place, safe="")
    return f"{kind}{secrets.token_hex(8)}" + (f"@{quoted}" if 0 < len(quoted) <= _LONGEST else "")
