"""How a program is told to end: the code of ``sys.exit`` and SIGTERM, neither of which an exit handler can see."""

from __future__ import annotations

import builtins
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class _Seen:
    ended: bool = False
    code: Any = None
    sys_exit: Callable[..., Any] | None = None
    pid: int | None = None


class SystemExit(builtins.SystemExit):  # noqa: A001 - whoever prints it must see the usual name
    """The exception of ``sys.exit`` that knows whether somebody caught it.

    When it ends the program, the interpreter lets go of it while no Python code runs; when it is caught, some does.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        # Sent to another process, it is the plain one.
        return builtins.SystemExit, self.args

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            here = threading.current_thread() is threading.main_thread()
            # The first one counts: those that it replaced on its way go after it.
            if here and not _Seen.ended and sys._getframe().f_back is None:  # noqa: SLF001 - documented as such
                _Seen.ended, _Seen.code = True, self.code


SystemExit.__module__ = "builtins"


def watch_exit() -> None:
    """See from now on with which code ``sys.exit`` ends the program."""
    if _Seen.sys_exit is None:
        _Seen.sys_exit = sys.exit

        def exit(status: Any = None, /) -> None:  # noqa: A001 - its name
            """Exit the interpreter by raising SystemExit(status)."""
            raise SystemExit(status)

        sys.exit = exit  # type: ignore[assignment]


def exit_error() -> BaseException | None:
    """Return the SystemExit that ends the program, None when none does or its code means success."""
    return None if _Seen.code in {None, 0} else builtins.SystemExit(_Seen.code)


def exit_was_seen() -> bool:
    """Tell whether it was ``sys.exit`` that ended the program, with whatever code."""
    return _Seen.ended


def watch_termination(end: Callable[[], None]) -> None:
    """Call `end` when SIGTERM comes, then let it end the process as it would have; only if the program has no handler.

    Parameters
    ----------
    end : callable
        Marks the active run.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        return
    _Seen.pid = os.getpid()

    def handle(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        # A forked child, such as a worker that is terminated, leaves the run to its parent.
        if os.getpid() == _Seen.pid:
            with contextlib.suppress(Exception):
                end()
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, handle)
