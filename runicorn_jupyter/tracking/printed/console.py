"""What a program prints, kept in the log of its run: Python, C libraries and subprocesses alike."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking.printed.tees import Tee, tee
from runicorn_jupyter.tracking.surroundings.secrets import secret_values
from runicorn_jupyter.tracking.writing.faults import Faults

_DRAIN = Path(__file__).with_name("drain.py")
_LAST_WORDS = 3.0
"""Seconds to wait for the last lines; a subprocess that still holds the stream keeps its drain alive, on its own."""


class Console:
    """Captures standard output and error until `stop`, which puts everything back as it was.

    Streams that are the process's own (a script) are captured by their descriptors, through a small process that passes
    everything on. Streams of a notebook kernel are captured where the kernel itself hands them to the page. In the log,
    never on the screen, the values of environment variables that are called like a secret are masked.

    Parameters
    ----------
    log : Path
        The logs.txt to append to.
    mode : str
        What becomes of progress bars: ``smart``, ``all`` or ``none``.
    faults : Faults
        Where lines that could not be kept are counted.
    """

    def __init__(self, log: Path, mode: str, faults: Faults) -> None:
        self._faults = faults
        self._pid = os.getpid()
        self._saved: dict[int, int] = {}
        self._drain: subprocess.Popen[bytes] | None = None
        self._tees: list[Tee] = []
        self._hidden = secret_values()
        descriptors = []
        for number, name in ((1, "stdout"), (2, "stderr")):
            stream = getattr(sys, name, None)
            if _is_own(stream, number):
                descriptors.append(number)
            elif stream is not None:
                self._tees.append(tee(stream, log, mode, faults, self._hidden))
        if descriptors:
            self._redirect(descriptors, log, mode)

    def stop(self) -> None:
        """Put the streams back and wait for the last lines."""
        for copy in self._tees:
            copy.stop()
        if self._pid != os.getpid() or not self._saved:
            return
        _flush()
        for number, original in self._saved.items():
            os.dup2(original, number, inheritable=True)
            os.close(original)
        self._saved = {}
        if self._drain is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if self._drain.wait(_LAST_WORDS) not in {0, None}:
                    self._faults.note("console", "some of what was printed could not be kept in logs.txt.")

    def tick(self) -> bool:
        """Put the streams back if the little process is gone: printing must not fail because of it."""
        if self._pid == os.getpid() and self._saved and self._drain is not None and self._drain.poll() is not None:
            self.stop()
        return bool(self._saved)

    def forked(self) -> None:
        """Do nothing: what a forked child prints takes the same way."""

    def _redirect(self, numbers: list[int], log: Path, mode: str) -> None:
        _flush()
        pairs: dict[int, tuple[int, int]] = {}
        try:
            for number in numbers:
                self._saved[number] = os.dup(number)
                pairs[number] = _pair(number)
            words = [f"{pairs[number][0]}:{self._saved[number]}" for number in numbers]
            keep = [end for number in numbers for end in (pairs[number][0], self._saved[number])]
            self._drain = subprocess.Popen(  # noqa: S603 - our own file, run by this interpreter
                [sys.executable, "-I", "-S", str(_DRAIN), str(log), mode, *words],
                stdin=subprocess.PIPE,
                pass_fds=keep,
                # Ctrl-C and a closing terminal are for the program; the drain ends when nobody can print any more.
                start_new_session=True,
            )
            if self._drain.stdin is not None:
                with self._drain.stdin as hand:
                    hand.write("\0".join(self._hidden).encode("utf-8", "surrogateescape"))
            for number in numbers:
                os.dup2(pairs[number][1], number, inheritable=True)
        except Exception:
            for number, original in self._saved.items():
                os.dup2(original, number, inheritable=True)
                os.close(original)
            self._saved = {}
            raise
        finally:
            for ends in pairs.values():
                for end in ends:
                    os.close(end)


def _is_own(stream: Any, number: int) -> bool:
    """Tell whether a stream object writes straight to the descriptor of its name, as in a script."""
    try:
        return type(stream).__module__ in {"_io", "io"} and bool(stream.fileno() == number)
    except (AttributeError, OSError, ValueError):
        return False


def _pair(number: int) -> tuple[int, int]:
    """Return (end to read, end to write) that look to the program like what they stand for: a terminal or a pipe."""
    if not os.isatty(number):
        return os.pipe()
    import fcntl
    import termios
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    size = fcntl.ioctl(number, termios.TIOCGWINSZ, b"\0" * 8)
    fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
    return master, slave


def _flush() -> None:
    """Write out what Python and the C library still hold, so that it goes where it was meant to go."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    with contextlib.suppress(Exception):
        import ctypes

        ctypes.CDLL(None).fflush(None)
