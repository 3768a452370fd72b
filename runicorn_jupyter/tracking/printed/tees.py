"""Copying what a program writes to streams that are objects of Python, such as those of a notebook kernel."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking.portable import BINARY
from runicorn_jupyter.tracking.printed.drain import Lines, stamped
from runicorn_jupyter.tracking.writing.faults import Faults

_PATIENCE = 2.0


class Tee:
    """Copies what is written to a stream by standing in for its ``write``, until `stop`.

    Parameters
    ----------
    stream : object
        With a ``write`` that can be replaced.
    log : Path
        The logs.txt to append to.
    mode : str
        What becomes of progress bars.
    faults : Faults
        Where a copy that fails is counted.
    hidden : tuple of str
        Texts that are masked in the copy.
    """

    def __init__(self, stream: Any, log: Path, mode: str, faults: Faults, hidden: tuple[str, ...]) -> None:
        self._stream = stream
        self._hidden = hidden
        self._lines = Lines(mode)
        self._faults = faults
        self._fd = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | BINARY | getattr(os, "O_CLOEXEC", 0), 0o666)
        self._attach()

    def stop(self) -> None:
        """Copy no more; the stream is as it was."""
        if self._fd < 0:
            return
        self._detach()
        self._keep(self._lines.end())
        os.close(self._fd)
        self._fd = -1

    def take(self, text: str) -> None:
        """Keep the complete lines of `text`; printing must not fail because of the copy."""
        try:
            self._keep(self._lines.feed(text))
        except Exception as error:  # noqa: BLE001 - as said above
            with contextlib.suppress(Exception):
                self._faults.note("console", "some of what was printed could not be kept in logs.txt.", error)

    def _attach(self) -> None:
        write = self._stream.write

        def both(text: str) -> Any:
            written = write(text)
            self.take(text)
            return written

        self._stream.write = both

    def _detach(self) -> None:
        # The method of the class is found again when nothing of its name stands in the instance.
        with contextlib.suppress(AttributeError):
            del self._stream.write

    def _keep(self, lines: list[str]) -> None:
        if lines and self._fd >= 0:
            os.write(self._fd, stamped(lines, self._hidden))


class KernelTee(Tee):
    """Copies what an ipykernel stream sends to the page, C libraries and subprocesses included.

    IPython puts a ``write`` of its own into these streams for the length of every cell, so ours would be lost.
    """

    def _attach(self) -> None:
        self._in_its_thread(lambda: self._stream.register_hook(self._hook))

    def _detach(self) -> None:
        self._stream.flush()
        self._in_its_thread(lambda: self._stream.unregister_hook(self._hook))

    def _hook(self, message: dict[str, Any]) -> dict[str, Any]:
        self.take(message["content"]["text"])
        return message

    def _in_its_thread(self, call: Any) -> None:
        """Hooks belong to the thread that sends; wait until it has taken note."""
        done = threading.Event()

        def work() -> None:
            call()
            done.set()

        self._stream.pub_thread.schedule(work)
        done.wait(_PATIENCE)


def tee(stream: Any, log: Path, mode: str, faults: Faults, hidden: tuple[str, ...]) -> Tee:
    """Return what copies `stream`."""
    of_kernel = hasattr(stream, "register_hook") and hasattr(stream, "pub_thread")
    return (KernelTee if of_kernel else Tee)(stream, log, mode, faults, hidden)
