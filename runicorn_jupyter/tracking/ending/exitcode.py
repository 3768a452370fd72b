"""The code of a SystemExit that the program raises itself, such as ``raise SystemExit(main())``.

No Python code runs between its raising and the last exit handler, and those are not told the code; the C library is.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from pathlib import Path
from types import FrameType

_VERDICT = Path(__file__).with_name("verdict.py")
_RETURNS = frozenset({"RETURN_VALUE", "RETURN_CONST"})


class _Bottom:
    frame: FrameType | None = None
    pid: int | None = None


def watch_program() -> None:
    """Remember the outermost frame of the main thread: how that ends is how the program ends."""
    if _Bottom.frame is None and threading.current_thread() is threading.main_thread():
        frame = sys._getframe()  # noqa: SLF001 - documented as such
        while frame.f_back is not None:
            frame = frame.f_back
        _Bottom.frame, _Bottom.pid = frame, os.getpid()


def was_left() -> bool:
    """Tell whether the program ended in its middle, as an exception ends it, not by coming to its end.

    A forked child is not the program.
    """
    import opcode

    frame = _Bottom.frame
    if frame is None or frame.f_lasti < 0 or os.getpid() != _Bottom.pid:
        return False
    return opcode.opname[frame.f_code.co_code[frame.f_lasti]] not in _RETURNS


def correct_status(run_dir: Path) -> None:
    """Let a little process write ``failed`` into status.json if this one exits with another code than 0.

    The C library calls ``on_exit`` functions with the code. By then there is no Python any more, but ``fputc`` is of
    the right form too: it puts the code, as one byte, into the pipe that the little process reads. Only glibc has that;
    elsewhere nothing happens. A process that is the first of its container takes the little one with it.

    Parameters
    ----------
    run_dir : Path
        Of a run that has ended; if it did not end as finished, or another session writes it, it is left alone.
    """
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, ValueError, AttributeError, NotImplementedError):
        status = json.loads((run_dir / "status.json").read_bytes())
        if status["status"] != "finished":
            return
        library = ctypes.CDLL(None)
        on_exit, fdopen = library.on_exit, library.fdopen
        on_exit.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
        fdopen.argtypes, fdopen.restype = (ctypes.c_int, ctypes.c_char_p), ctypes.c_void_p
        ear, mouth = os.pipe()
        try:
            _listen(ear, run_dir, float(status["ended_at"]))
        finally:
            os.close(ear)
        on_exit(ctypes.cast(library.fputc, ctypes.c_void_p), fdopen(mouth, b"w"))


def _listen(ear: int, run_dir: Path, ended_at: float) -> None:
    quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-I", "-S", str(_VERDICT), str(run_dir), repr(ended_at)],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, ear, 0), *quiet],
        setsid=True,
    )
