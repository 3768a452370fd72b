"""Starts, finds and ends viewers of ours on a host; each is a process of its own with a folder only we can read."""

import errno
import fcntl
import json
import os
import shutil
import socket
import stat
import time
from contextlib import contextmanager, suppress
from typing import Any, Dict, Iterator, List, Optional, Tuple

from runicorn_jupyter.remote.far.processes import boot, detached, end, is_same, started

Shape = Dict[str, Any]

LONGEST_SOCKET = 100
HUNG_S = 5.0
BINDING_S = 60.0
LOCK_S = 10.0
LOG_BYTES = 1 << 20
TOLD_LINES = 20
MARK = ".stopped"
FOLDER_AGE_S = 7 * 86400
MARK_AGE_S = 30 * 86400
FULL = (errno.ENOSPC, errno.EDQUOT)
HEALTH = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def start(
    session: str,
    python: str,
    root: str,
    must_exist: bool,
    lease: float,
    patience_there: float,
    asked: bool,
    fresh: bool,
) -> Shape:
    """Return the viewer of a session once it answers: the one that runs, or a new one where a `fresh` one may be begun.

    Who was `asked` by a person starts it whatever was before; who only comes back does not when a person stopped it.
    """
    until = time.monotonic() + patience_there
    command = [python, "-m", "runicorn_jupyter", "viewer", "--lease", "%g" % lease, "--storage", root, "--socket"]
    try:
        found = _existing(session)
        if found is None or _alive(found) is None:
            if must_exist and not os.path.isdir(root):
                return _failed("root")
            if not os.access(python, os.X_OK):
                return _failed("python")
        folder = _workable(session)
        if asked:
            _remove(folder + MARK)
        elif os.path.exists(folder + MARK):
            return {"outcome": "stopped"}
        if not fresh and _alive(folder) is None:
            return _failed("ended", folder, _told(folder))
        held, before = _held_or_new(folder, command, lease)
        if before == "runs" and asked and not _ready(folder, held, min(until, time.monotonic() + HUNG_S)):
            end(held)
            held, before = _held_or_new(folder, command, lease)
    except OSError as error:
        if error.errno in FULL:
            return _failed("quota")
        raise
    return _outcome(folder, held, before, until)


def _outcome(folder: str, held: Shape, before: Optional[str], until: float) -> Shape:
    if _ready(folder, held, until):
        told = {key: held[key] for key in ("pid", "boot", "socket", "lease")}
        return dict(told, outcome="running", before=before, age=max(0.0, time.time() - held["since"]))
    silent = is_same(held)
    if before != "runs":
        end(held)
    if os.path.exists(folder + MARK):
        return {"outcome": "stopped"}
    return _failed("silent" if silent else "exited", folder, held)


def status(session: str) -> Shape:
    """Return whether the viewer of a session runs, and whether it answers."""
    folder = _existing(session)
    held = None if folder is None else _alive(folder)
    return {"running": held is not None, "answers": held is not None and _answers(held["socket"], 5.0)}


def stop(session: str, cleanup: bool) -> Shape:
    """End the viewer of a session and leave a mark that a person did so; another process of its number is spared."""
    folder = _existing(session)
    if folder is None:
        return {"stopped": False}
    with suppress(OSError):  # no room: others then start it again, which is better than not stopping it here
        _write(folder + MARK, {})
    with _locked(folder):
        held = _alive(folder)
        if held is not None:
            end(held)
            _remove(held["socket"])
        _remove(os.path.join(folder, "session.json"))
        if cleanup:
            shutil.rmtree(folder, ignore_errors=True)
    return {"stopped": held is not None and not is_same(held)}


def log(session: str, lines: int, after: Optional[int]) -> Shape:
    """Return the end of a viewer's log, or the whole lines that came after a byte of it."""
    folder = _existing(session)
    if folder is None:
        return {"lines": [], "total": 0, "end": 0}
    return _tail(os.path.join(folder, "log"), lines, after)


def _failed(cause: str, folder: Optional[str] = None, held: Optional[Shape] = None) -> Shape:
    """Return why there is no viewer, with the end of what the last one wrote."""
    told = _tail(os.path.join(folder, "log"), 1000, 0 if held is None else held["log"])["lines"] if folder else []
    lines = told[-TOLD_LINES:]
    full = any(os.strerror(number) in line for number in FULL for line in lines)
    return {"outcome": "failed", "cause": "quota" if full else cause, "log": lines}


def _bases() -> List[str]:
    """Return where folders of sessions may lie; $XDG_RUNTIME_DIR is none of them: it vanishes at the last logout."""
    home = os.path.join(os.path.expanduser("~"), ".cache", "runicorn-jupyter", "far")
    return [home, os.path.join("/tmp", "runicorn-%d" % os.getuid())]  # noqa: S108 - only when it is ours


def _existing(session: str) -> Optional[str]:
    if not session.isalnum() or len(session) > 32:
        raise ValueError("not a session")
    for base in _bases():
        folder = os.path.join(base, session)
        if os.path.lexists(folder):
            return _ours(base) and _ours(folder)
    return None


def _workable(session: str) -> str:
    """Return the folder of a session in which a socket can be made, new if need be."""
    found = _existing(session)
    for base in _bases() if found is None else [os.path.dirname(found)]:
        folder = os.path.join(base, session)
        if len(os.fsencode(folder)) > LONGEST_SOCKET - 10:
            continue
        try:
            for path in (base, folder):
                os.makedirs(path, mode=0o700, exist_ok=True)
                _ours(path)
            _try_socket(os.path.join(folder, os.urandom(2).hex()))
        except OSError as error:
            if error.errno in FULL:
                raise
            continue
        _sweep(base)
        return folder
    raise RuntimeError("no folder for a socket can be made in the home of this account, nor in /tmp")


def _ours(path: str) -> str:
    """Return `path`, a real folder of this account that nobody else may enter."""
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise RuntimeError("the folder of remote viewers is a link, or belongs to somebody else")
    if found.st_mode & 0o077:
        os.chmod(path, 0o700)
    return path


def _try_socket(path: str) -> None:
    """Raise OSError on a file system that has no sockets."""
    _remove(path)
    with socket.socket(socket.AF_UNIX) as probe:
        probe.bind(path)
    _remove(path)


def _held_or_new(folder: str, command: List[str], lease: float) -> Tuple[Shape, Optional[str]]:
    """Return the viewer, and what was before: ``runs``, ``ended``, ``reboot``, or None at the first start."""
    with _locked(folder):
        was = _told(folder)
        if was is not None and is_same(was):
            if os.path.exists(was["socket"]) or time.time() - was["since"] < BINDING_S:
                return was, "runs"
            end(was)  # somebody cleaned up, and nobody can reach it any more
        before = None if was is None else "ended" if was["boot"] == boot() else "reboot"
        if was is not None and before == "ended":
            _remove(was["socket"])
        path, log_file = os.path.join(folder, os.urandom(2).hex()), os.path.join(folder, "log")
        begin = _shorten(log_file)
        pid = detached([*command, path], log_file)
        held = {"pid": pid, "started": started(pid), "boot": boot(), "socket": path, "lease": lease, "log": begin}
        held["since"] = time.time()
        try:
            _write(os.path.join(folder, "session.json"), held)
        except OSError:
            end(held)
            raise
        return held, before


def _ready(folder: str, held: Shape, until: float) -> bool:
    """Wait until the viewer answers; give up when it ended, when it is stopped, or when the time has come."""
    while True:
        if _answers(held["socket"], max(0.1, min(5.0, until - time.monotonic()))):
            return True
        if not is_same(held) or os.path.exists(folder + MARK) or time.monotonic() >= until:
            return False
        time.sleep(0.02)


def _told(folder: str) -> Optional[Shape]:
    """Return what was written of the last viewer, None when nothing that makes sense was."""
    try:
        with open(os.path.join(folder, "session.json"), encoding="utf-8") as stream:
            held = json.load(stream)
        sound = isinstance(held["pid"], int) and held["pid"] > 1 and held["since"] + held["lease"] + held["log"] > 0
        return held if sound and os.path.dirname(held["socket"]) == folder and isinstance(held["boot"], str) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _alive(folder: str) -> Optional[Shape]:
    held = _told(folder)
    return held if held is not None and is_same(held) else None


def _answers(path: str, patience: float) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(patience)
        try:
            probe.connect(path)
            probe.sendall(HEALTH)
            said = b"".join(iter(lambda: probe.recv(1 << 16), b""))
            return said.startswith(b"HTTP/1.1 200 ")
        except OSError:
            return False


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Hold off other starts and stops of this account for a moment; a file system without locks has none."""
    handle = os.open(os.path.dirname(folder), os.O_RDONLY)
    until = time.monotonic() + LOCK_S
    try:
        while time.monotonic() < until:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    break
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def _sweep(base: str) -> None:
    """Remove what sessions of long ago left."""
    now = time.time()
    for name in os.listdir(base)[:1000]:
        path = os.path.join(base, name)
        try:
            age = now - os.lstat(path).st_mtime
            if name.endswith(MARK) and age > MARK_AGE_S:
                os.unlink(path)
            elif name.isalnum() and age > FOLDER_AGE_S and not _may_run(path, age):
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            continue


def _may_run(folder: str, age: float) -> bool:
    """Tell whether a viewer may live in the folder: here, or on another machine with the same home."""
    told = _told(folder)
    return told is not None and (is_same(told) or (told["boot"] != boot() and age < MARK_AGE_S))


def _write(path: str, shape: Shape) -> None:
    new = "%s.%d" % (path, os.getpid())
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            json.dump(shape, stream)
        os.replace(new, path)
    except OSError:
        _remove(new)
        raise


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


def _shorten(path: str) -> int:
    """Keep the end of a log that has grown; return how long it is."""
    try:
        if os.path.getsize(path) > LOG_BYTES:
            lines = _tail(path, 1000, None)["lines"]
            with open(path, "w", encoding="utf-8") as stream:
                stream.write("".join(line + "\n" for line in lines))
        return os.path.getsize(path)
    except OSError:
        return 0


def _tail(path: str, lines: int, after: Optional[int]) -> Shape:
    try:
        with open(path, "rb") as stream:
            total = sum(part.count(b"\n") for part in iter(lambda: stream.read(1 << 16), b""))
            size = stream.tell()
            begin = max(0, size - LOG_BYTES) if after is None or not 0 <= after <= size else after
            stream.seek(begin)
            data = stream.read(LOG_BYTES)
    except OSError:
        return {"lines": [], "total": 0, "end": 0}
    whole = data.rfind(b"\n") + 1
    found = data[:whole].decode("utf-8", "replace").splitlines()
    return {"lines": found[-lines:] if after is None else found[:lines], "total": total, "end": begin + whole}
