"""Makes an environment for our viewer in a folder of its own below the user's data folder, and changes nothing else.

It is whole when its mark is written, as the last thing. One that is cut off in the middle never has it, and is removed:
at once where the cut is seen, else by the next installation.
"""

import errno
import glob
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

Shape = Dict[str, Any]

MARK = "complete"
OLDEST, NEWEST = (3, 11), (3, 14)
PYTHONS = (
    "/usr/bin/python3.*", "/usr/local/bin/python3.*", "/opt/*/bin/python3.*", "~/.local/bin/python3.*",
    "~/.local/share/uv/python/*/bin/python3", "~/.pyenv/versions/*/bin/python3", "/opt/pyenv/versions/*/bin/python3",
    "~/miniforge3/bin/python3", "~/mambaforge/bin/python3", "~/miniconda3/bin/python3", "~/anaconda3/bin/python3",
    "/opt/conda/bin/python3", "/opt/*/python3*/bin/python3",
)  # fmt: skip
LOOK = (
    "import json,struct,sys,sysconfig,venv;"
    "print(json.dumps([sys.version_info[:3],sys.implementation.name,struct.calcsize('P'),"
    "bool(sysconfig.get_config_var('Py_GIL_DISABLED'))]))"
)
TARGET = (
    "import json,sys;sys.path.insert(0,sys.argv[1]);from pip._vendor.packaging import markers,tags;"
    "print(json.dumps([dict(markers.default_environment()),"
    "list(dict.fromkeys(tag.platform for tag in tags.sys_tags()))]))"
)
FULL = re.compile("No space left on device|Disk quota exceeded|Errno (28|122)\\b")
NETWORK = ("nfs", "lustre", "gpfs", "beegfs", "ceph", "afs", "cifs", "smb", "fuse", "9p")
ELSEWHERE = "PYTHON|PIP_(TARGET|PREFIX|ROOT|LOG)$"
ABANDONED_S = 900


def guarded(operation: Callable[..., Shape]) -> Callable[..., Shape]:
    """Return the operation such that a full disk or quota is an answer."""

    def answered(**arguments: Any) -> Shape:
        try:
            return operation(**arguments)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                return {"full": True}
            raise

    return answered


def prepare(version: str, digest: str, owner: str, candidates: List[str]) -> Shape:
    """Return the environment that is there already, else a new empty folder and the Python to make it with."""
    base = data_folder()
    os.makedirs(base, mode=0o700, exist_ok=True)
    for folder in sorted(glob.glob(os.path.join(base, "env-*"))):
        mark = marked(folder)
        if mark.get("digest") == digest and os.access(os.path.join(folder, "bin", "python"), os.X_OK):
            return {"ready": folder}
        if not mark and _abandoned(folder, owner):
            shutil.rmtree(folder, ignore_errors=True)
    python, seen = _python(candidates)
    if python is None:
        return {"python": None, "seen": seen}
    folder = os.path.join(base, "env-%s-%s" % (version, os.urandom(3).hex()))
    os.mkdir(folder, 0o700)
    os.mkdir(os.path.join(folder, "wheels"))
    os.mkdir(os.path.join(folder, "tmp"))
    with open(os.path.join(folder, "owner"), "w") as stream:
        stream.write(owner)
    return {"folder": folder, "python": python}


def data_folder() -> str:
    """Return where our environments lie."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(data, "runicorn-jupyter")


def marked(folder: str) -> Shape:
    """Return what the mark of a whole environment says, nothing where there is none."""
    try:
        with open(os.path.join(folder, MARK), encoding="utf-8") as stream:
            said = json.load(stream)
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _abandoned(folder: str, owner: str) -> bool:
    """Tell whether nobody works on a half environment: it is the caller's own of an earlier try, or nothing moves."""
    try:
        with open(os.path.join(folder, "owner")) as stream:
            if stream.read() == owner:
                return True
    except OSError:
        pass
    inside = [folder, *glob.glob(os.path.join(folder, "*")), *glob.glob(os.path.join(folder, "wheels", "*"))]
    times = [os.lstat(path).st_mtime for path in inside if os.path.lexists(path)]
    return time.time() - max(times or [0]) > ABANDONED_S


def _python(candidates: List[str]) -> Tuple[Optional[str], List[str]]:
    """Return a Python that our viewer runs on, and the versions that were seen: the login's, the host's, the user's.

    One that is newer than those we know may lack wheels: it is the last choice.
    """
    usual = [path for place in PYTHONS for path in sorted(glob.glob(os.path.expanduser(place)), reverse=True)]
    programs = [path for path in usual if re.search(r"/python3(\.\d+)?$", path)]
    seen, newer = [], None
    for path in dict.fromkeys([sys.executable, *programs, *candidates[:100]]):
        said = _looked_at(path)
        if said is None:
            continue
        version, kind, size, free = tuple(said[0]), said[1], said[2], said[3]
        seen.append("%d.%d" % version[:2])
        if version[:2] < OLDEST or kind != "cpython" or size != 8 or free:
            continue
        if version[:2] <= NEWEST:
            return path, seen
        newer = newer or path
    return newer, sorted(set(seen))


def _looked_at(python: str) -> Optional[List[Any]]:
    if not python or not os.access(python, os.X_OK):
        return None
    try:
        told = subprocess.run(  # noqa: S603 - a Python of this host, asked for its version
            [python, "-I", "-c", LOOK], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=10, cwd="/", check=False,
        )  # fmt: skip
        said = json.loads(told.stdout.decode("utf-8"))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return said if isinstance(said, list) and len(said) == 4 else None


def build(folder: str, python: str) -> Shape:
    """Make the environment itself, without pip: Debian's Python has none to put into it."""
    code, text = _run(folder, [python, "-I", "-m", "venv", "--without-pip", folder])
    return _told(code, text)


def packages(folder: str, pip: str, wheel: str, index: bool) -> Shape:
    """Install the pushed wheel and what it needs: from the index of the host's own pip, or from pushed wheels only."""
    wheels = os.path.join(folder, "wheels")
    command = [
        os.path.join(folder, "bin", "python"), "-I", os.path.join(wheels, pip, "pip"), "install", "--no-input",
        "--only-binary=:all:", "--no-cache-dir", "--no-compile", "--no-warn-script-location", "--progress-bar=off",
    ]  # fmt: skip
    where = ["--retries=1", "--timeout=10"] if index else ["--no-index", "--find-links=" + wheels]
    code, text = _run(folder, command + where + [os.path.join(wheels, wheel)])
    return _told(code, text)


def target(folder: str, pip: str) -> Shape:
    """Return what wheels must be for."""
    python = os.path.join(folder, "bin", "python")
    code, text = _run(folder, [python, "-I", "-c", TARGET, os.path.join(folder, "wheels", pip)])
    if code:
        return _told(code, text)
    environment, platforms = json.loads(text.splitlines()[-1])
    return {"markers": environment, "platforms": platforms}


def finish(folder: str, version: str, digest: str) -> Shape:
    """Try whether the viewer starts at all, then mark the environment as whole and remove older ones."""
    python = os.path.join(folder, "bin", "python")
    code, text = _run(folder, [python, "-I", "-c", "import runicorn_jupyter.viewer"])
    if code:
        return _told(code, text)
    for name in ("wheels", "tmp"):
        shutil.rmtree(os.path.join(folder, name))
    mark = os.path.join(folder, MARK)
    with open(mark + ".new", "w", encoding="utf-8") as stream:
        json.dump({"version": version, "digest": digest, "made": time.time()}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.rename(mark + ".new", mark)
    for name in ("owner", "progress"):
        if os.path.exists(os.path.join(folder, name)):
            os.unlink(os.path.join(folder, name))
    for older in glob.glob(os.path.join(data_folder(), "env-*")):
        if older != folder and marked(older) and not _used(older):
            os.unlink(os.path.join(older, MARK))
            shutil.rmtree(older, ignore_errors=True)
    return {"prefix": folder}


def discard(folder: str) -> Shape:
    """Remove a half environment; a whole one stays."""
    if os.path.dirname(folder) == data_folder() and os.path.basename(folder).startswith("env-") and not marked(folder):
        shutil.rmtree(folder, ignore_errors=True)
    return {"there": os.path.isdir(folder)}


def room(folder: str, size: int) -> Shape:
    """Tell whether a file of this size can be written there, by an attempt."""
    path = os.path.join(folder, "tmp", "room")
    try:
        with open(path, "wb", 0) as stream:
            stream.writelines(bytes(65536) for _ in range(size // 65536 + 1))
            os.fsync(stream.fileno())
    finally:
        if os.path.exists(path):
            os.unlink(path)
    return {"full": False}


def _used(folder: str) -> bool:
    """Tell whether something runs from an environment; on a network drive other hosts may, and nobody can see it."""
    here = os.path.realpath(folder)
    mounts = []
    for line in _read("/proc/mounts").splitlines():
        parts = line.split()
        if len(parts) > 2 and (here + "/").startswith(parts[1].rstrip("/") + "/"):
            mounts.append((len(parts[1]), parts[2]))
    if not mounts or max(mounts)[1].startswith(NETWORK):
        return True
    return any(here + "/" in _read(path) for path in glob.glob("/proc/[0-9]*/maps")) or any(
        folder + "/" in _read(path) for path in glob.glob("/proc/[0-9]*/cmdline")
    )


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def _told(code: int, text: str) -> Shape:
    return {"code": code, "text": text[-2000:], "full": bool(code and FULL.search(text))}


def _run(folder: str, command: List[str]) -> Tuple[int, str]:
    """Run a program to its end and return its exit code and the end of what it said; with our connection it ends too.

    Standard input is held open by the other side: its end means that it was cut off, or wants no more.
    """
    kept = {key: value for key, value in os.environ.items() if not re.match(ELSEWHERE, key)}
    environment = dict(kept, TMPDIR=os.path.join(folder, "tmp"), PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1")
    process = subprocess.Popen(  # noqa: S603 - a list of our own making, no shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
        start_new_session=True, cwd=folder,
    )  # fmt: skip
    assert process.stdout is not None
    output = process.stdout.fileno()
    said, found, watched = b"", 0, [0, output]
    while output in watched:
        _progress(folder, found)
        for stream in select.select(watched, [], [], 1)[0]:
            data = os.read(stream, 65536)
            if stream == 0 and not data:
                _give_up(process, folder)
            if stream == output and not data:
                watched.remove(output)
            if stream == output:
                said = (said + data)[-65536:]
                found += data.count(b"Collecting ") + data.count(b"Processing ")
    return process.wait(), said.decode("utf-8", "replace")


def _give_up(process: "subprocess.Popen[bytes]", folder: str) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    discard(folder)
    os._exit(1)


def _progress(folder: str, found: int) -> None:
    """Say how many packages were found and how many are installed."""
    installed = len(glob.glob(os.path.join(folder, "lib", "python3*", "site-packages", "*.dist-info")))
    try:
        with open(os.path.join(folder, "progress"), "w") as stream:
            stream.write("%d %d" % (found, installed))
    except OSError:
        pass  # only told, never needed
