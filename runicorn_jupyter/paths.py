"""Where data lives and what a safe name is: the one module that turns words into paths.

Which root (contract D21): argument > ``RUNICORN_DIR`` > the door's setting > user config > ``~/runicorn_data``.
A name is checked when something is created (D26); what already exists under any name is looked up, never built from
a pattern. Files of a root are opened relative to a directory descriptor, no link is followed out, and only regular
files are read, so a FIFO or device in a run directory can never block us (security G6).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from runicorn_jupyter.errors import RootMissing, RootUnusable, UnsafeName

NAME_LIMIT = 100
COMPONENT_BYTES = 255
JSON_LIMIT = 8 * 1024 * 1024
"""A larger meta, status, summary or assets file is not read: one run must not cost the memory of all."""

ROOT_VARIABLE = "RUNICORN_DIR"
OWN_FOLDER = ".runicorn-jupyter"
_MARK = os.urandom(4).hex()  # of this process: on a shared disk another host may have a process of the same number

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class Root(NamedTuple):
    """A storage root and the reason why it is this one (``argument``, ``RUNICORN_DIR``, ``setting``, …)."""

    path: Path
    reason: str


def find_root(
    argument: str | os.PathLike[str] | None = None, setting: str | None = None, *, variable: bool = True
) -> Root:
    """Return the storage root by the order of D21; nothing is created.

    Parameters
    ----------
    argument : path, optional
        What the caller wrote, which outranks everything.
    setting : str, optional
        A door's trait or command-line value.
    variable : bool
        Whether ``RUNICORN_DIR`` counts; a server that has set it for its kernels must not take it for the user's.

    Raises
    ------
    RootUnusable
        The text is no path of this system (a drive path on POSIX) or is empty.
    """
    # Looked up one by one: an account without a home has no config folder to ask, and need not when it names its root.
    candidates: tuple[tuple[Callable[[], str | os.PathLike[str] | None], str], ...] = (
        (lambda: argument, "argument"),
        (lambda: os.environ.get(ROOT_VARIABLE) if variable else None, ROOT_VARIABLE),
        (lambda: setting, "setting"),
        (configured_root, "user config"),
    )
    for look_up, reason in candidates:
        value = look_up()
        if value is not None and str(value) != "":
            return Root(expand(value), reason)
    return Root(expand("~/runicorn_data"), "default")


def expand(value: str | os.PathLike[str]) -> Path:
    """Return `value` as an absolute path with ``~`` and ``$VARIABLES`` replaced; links are kept as written.

    Raises
    ------
    RootUnusable
        `value` is empty, holds a NUL, or is a drive path on a system without drives.
    """
    text = os.fspath(value)
    if not text.strip() or "\0" in text:
        raise RootUnusable("The storage root is empty: give a folder.")
    if os.name != "nt" and _DRIVE.match(text):
        raise RootUnusable(f"{text!r} is a Windows path; on this machine give a folder such as ~/runicorn_data.")
    expanded = os.path.expanduser(os.path.expandvars(text))  # noqa: PTH111
    if expanded.startswith("~"):
        raise RootUnusable("This account has no home directory; name the storage root, e.g. with RUNICORN_DIR.")
    return Path(os.path.abspath(expanded))  # noqa: PTH100 - resolve() would follow links


def check_root(path: Path) -> None:
    """Raise unless `path` is a directory that can be listed.

    Raises
    ------
    RootMissing
        It does not exist.
    RootUnusable
        With the one sentence that says what is wrong: a file, or not readable.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise RootMissing(
            f"The storage root {path} does not exist; log a run there first, or choose another."
        ) from None
    except OSError as error:
        raise RootUnusable(f"The storage root {path} cannot be opened: {_reason(error)}.") from error
    if not stat.S_ISDIR(mode):
        raise RootUnusable(f"The storage root {path} is a file; give the folder that holds the projects.")
    try:
        with os.scandir(path):
            pass
    except OSError as error:
        raise RootUnusable(f"The storage root {path} cannot be read: {_reason(error)}.") from error


def safe_name(name: str, what: str = "name") -> str:
    """Return `name` in NFC if it may be created as one folder on every system (D26).

    Parameters
    ----------
    name : str
        The project, experiment, run or artifact name as given.
    what : str
        How the sentence of an error calls it.

    Raises
    ------
    UnsafeName
        Empty, over 100 characters, with a separator or control character, ``..``, a leading ``.`` or ``-``, a trailing
        space or dot, or a name that Windows reserves.
    """
    if not isinstance(name, str):
        raise UnsafeName(f"The {what} must be text, not {type(name).__name__}.")
    text = unicodedata.normalize("NFC", name)
    problem = _name_problem(text)
    if problem:
        raise UnsafeName(f"The {what} {_short(text)} {problem}.")
    return text


def plain_component(name: str) -> bool:
    """Tell whether `name` is one existing path component at all: no separator, no NUL, not ``.`` or ``..``."""
    return (
        bool(name)
        and name not in {".", ".."}
        and not any(c in name for c in "/\\\0")
        and len(os.fsencode(name)) <= COMPONENT_BYTES
    )


def split_path(path: str) -> tuple[str, str]:
    """Return (project, folder name) for a 0.6+ `path`, as D14 maps it for writing.

    The first segment is the project, the rest is joined by ``__``; one segment has the name ``default``; an empty path
    is ``_root``/``default``.
    """
    segments = [segment for segment in path.split("/") if segment]
    if not segments:
        return "_root", "default"
    return safe_name(segments[0], "path"), safe_name("__".join(segments[1:]) or "default", "path")


def open_folder(directory: int | str | os.PathLike[str], relative: str) -> int:
    """Open the folder at `relative` below `directory`, refusing every link on the way.

    Returns
    -------
    int
        A descriptor that the caller closes.

    Raises
    ------
    OSError
        ``ENOENT`` when it is not there, ``ENOTDIR`` for a link or a file, ``EINVAL`` for an unsafe `relative`.
    """
    parts = relative.split("/") if relative else []
    if not all(plain_component(part) for part in parts):
        raise OSError(errno.EINVAL, "not a plain relative path", relative)
    held = os.dup(directory) if isinstance(directory, int) else os.open(directory, _FOLDER)
    for part in parts:
        try:
            step = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=held)
        finally:
            os.close(held)
        held = step
    return held


def open_regular(directory: int | str | os.PathLike[str], relative: str, *, within: Path | None = None) -> int:
    """Open a regular file below `directory` for reading; no link is followed out, no special file is opened.

    Parameters
    ----------
    directory : int or path
        A directory, or a descriptor of one that the caller keeps open.
    relative : str
        A path with ``/`` between its components, none of them ``..``.
    within : Path, optional
        The root: a link on the way is followed when it ends inside. Without it, or with a descriptor, none is.
        The caller closes what is returned.

    Raises
    ------
    OSError
        ``ENOENT`` when it is not there, ``ELOOP`` for a link, ``EINVAL`` for a special file or an unsafe `relative`.
    """
    folder, _, name = relative.rpartition("/")
    if not plain_component(name):
        raise OSError(errno.EINVAL, "not a plain relative path", relative)
    try:
        held = directory if isinstance(directory, int) and not folder else open_folder(directory, folder)
        try:
            # O_NONBLOCK: opening a FIFO that somebody left in a run directory would wait for ever.
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=held)
        finally:
            if held != directory:
                os.close(held)
    except OSError as error:
        if within is None or isinstance(directory, int) or error.errno not in {errno.ELOOP, errno.ENOTDIR}:
            raise
        root = os.path.realpath(within)
        # Where the link leads now is opened with every link refused: it may lead elsewhere a moment later.
        return open_regular(root, os.path.relpath(os.path.realpath(Path(directory, relative)), root))
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file", relative)
    return fd


def write_atomically(path: Path, data: bytes, *, mode: int | None = None, sync: bool = True) -> None:
    """Replace `path` with `data` so that a reader sees the old or the new file, never a half (security G7).

    Parameters
    ----------
    path, data : Path, bytes
        The file, whose folder must exist, and its whole new content.
    mode : int, optional
        Permission bits; without it the umask decides, as a group's shared root expects.
    sync : bool
        Wait for the disk; without it the caller asks for that later.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{_MARK}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    flags |= getattr(os, "O_BINARY", 0)
    fd = os.open(temporary, flags, 0o666 if mode is None else mode)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            if sync:
                os.fsync(fd)
        finally:
            os.close(fd)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def cache_folder() -> Path:
    """Return our folder in the user's cache directory (index, spool); it is made 0700 when first used."""
    return _private(Path(_folders().user_cache_dir("runicorn-jupyter", appauthor=False)))


def runtime_folder() -> Path:
    """Return our folder for files that live as long as a process (the viewer's token file), 0700."""
    if (
        sys.platform == "linux"
        and not os.environ.get("XDG_RUNTIME_DIR")
        and not Path(f"/run/user/{os.getuid()}").is_dir()
    ):
        # platformdirs would fall back to /tmp, where another user may have made the folder before us.
        return _private(cache_folder() / "run")
    return _private(Path(_folders().user_runtime_dir("runicorn-jupyter", appauthor=False)))


def config_folder() -> Path:
    """Return our folder in the user's config directory; it may not exist yet."""
    return Path(_folders().user_config_dir("runicorn-jupyter", appauthor=False))


def root_digest(root: Path) -> str:
    """Return 16 hex digits that name `root` in the cache directory, whatever way the path was written."""
    return hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:16]


def _folders() -> ModuleType:
    """Return platformdirs, which a training script that names its root need not wait for."""
    import platformdirs

    return platformdirs


def _private(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def configured_root() -> str | None:
    """Return the root that the user configured: ours, else upstream's (D22: read, never written), else None."""
    try:
        ours, upstream = config_folder(), Path(_folders().user_config_dir("runicorn", appauthor=False))
    except RuntimeError:  # an account without a home directory
        return None
    if sys.platform != "linux":
        upstream = upstream.with_name("Runicorn")
    for folder in (ours, upstream):
        try:
            root = json.loads((folder / "config.json").read_bytes())["user_root_dir"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if isinstance(root, str) and root:
            return root
    return None


def _name_problem(text: str) -> str | None:
    if not text:
        return "is empty"
    if len(text) > NAME_LIMIT or len(text.encode("utf-8", "replace")) > COMPONENT_BYTES:
        return f"is too long: {NAME_LIMIT} characters and {COMPONENT_BYTES} bytes are allowed"
    if any(character in "/\\" for character in text) or ".." in text:
        return "holds a path separator or '..'"
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        return "holds a control character"
    if text[0] in ".-":
        return f"begins with {text[0]!r}"
    if text[-1] in " .":
        return "ends with a space or a dot"
    return "is reserved by Windows" if _RESERVED.fullmatch(text) else None


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "…")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
