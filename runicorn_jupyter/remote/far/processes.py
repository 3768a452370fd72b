"""Processes of a host: begun so that they outlive a login, known by more than a number, ended for certain."""

import errno
import os
import select
import signal
import subprocess
import time
from typing import Any, Dict, List, Optional

STOP_S = 5.0
OF_LOGIN = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR", "XDG_SESSION_ID")


def detached(command: List[str], log: str) -> int:
    """Start a process that outlives this login and holds none of its descriptors."""
    read, write = os.pipe()
    first = os.fork()
    if first:
        os.close(write)
        with os.fdopen(read) as stream:
            told = int(stream.read() or -errno.EIO)
        os.waitpid(first, 0)
        if told < 0:
            raise OSError(-told, os.strerror(-told))
        return told
    try:
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.umask(0o077)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        environment = {key: value for key, value in os.environ.items() if key not in OF_LOGIN}
        process = subprocess.Popen(  # noqa: S603 - a list, no shell
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, close_fds=True, cwd="/", env=environment
        )
        os.write(write, b"%d" % process.pid)
    except Exception as error:
        os.write(write, b"%d" % -(getattr(error, "errno", None) or errno.EIO))
    finally:
        os._exit(0)


def is_same(held: Dict[str, Any]) -> bool:
    """Whether the process is still the one that was started: a number alone may be somebody else's by now."""
    return held["boot"] == boot() and held["started"] is not None and held["started"] == started(held["pid"])


def started(pid: int) -> Optional[str]:
    """Return when a process began, by the kernel's own count; None for one that is gone or a zombie."""
    if os.path.isdir("/proc/self"):
        try:
            with open("/proc/%d/stat" % pid) as stream:
                fields = stream.read().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    told = subprocess.run(  # noqa: S603 - a list, no shell
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return told.stdout.decode().strip() or None


def boot() -> str:
    """Return what names this start of the machine, nothing where the system does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as stream:
            return stream.read().strip()
    except OSError:
        return ""


def end(held: Dict[str, Any]) -> None:
    """Ask the process to end, then make it; by a descriptor of it where there is one, so that no other can be meant."""
    try:
        handle = os.pidfd_open(held["pid"]) if hasattr(os, "pidfd_open") else None  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        handle = None
    try:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not is_same(held):
                return
            try:
                if handle is None:
                    os.kill(held["pid"], number)
                else:
                    signal.pidfd_send_signal(handle, number)  # type: ignore[attr-defined, unused-ignore]
            except ProcessLookupError:
                return
            until = time.monotonic() + STOP_S
            while is_same(held) and time.monotonic() < until:
                if handle is None:
                    time.sleep(0.02)
                else:
                    select.select([handle], [], [], STOP_S)
    finally:
        if handle is not None:
            os.close(handle)
