"""How runs end without ``finish``: the script ends, an exception ends it, a cell is interrupted."""

from __future__ import annotations

import atexit
import contextlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.tracking.ending.exitcode import correct_status, was_left, watch_program
from runicorn_jupyter.tracking.ending.exits import exit_error, exit_was_seen, watch_exit, watch_termination

if TYPE_CHECKING:
    from runicorn_jupyter.tracking.run import Run

_WORDS = {
    "completed": "finished",
    "success": "finished",
    "error": "failed",
    "crashed": "failed",
    "failed": "failed",
    "killed": "interrupted",
    "cancelled": "interrupted",
    "aborted": "interrupted",
    "interrupted": "interrupted",
}


class _Watch:
    """The active run of this process, and what is already hooked in."""

    active: Run | None = None
    at_exit = False
    shell: Any = None
    error_before: int | None = None
    after_cell: Callable[[Any, Any, Any], None] | None = None


def active() -> Run | None:
    """Return the run that `init` made last and that is not finished."""
    return _Watch.active


def activate(run: Run) -> None:
    """Make `run` the active one and see to it that it is ended when the process ends or its cell is interrupted."""
    _Watch.active = run
    _Watch.error_before = id(_last_error())
    if not _Watch.at_exit:
        _Watch.at_exit = True
        atexit.register(_leave)
    with contextlib.suppress(Exception):
        if not _interactive():
            watch_exit()
            watch_program()
            watch_termination(lambda: end_active("interrupted"))
        _watch_cells()


def forget(run: Run) -> None:
    """Make no run active if `run` is."""
    if _Watch.active is run:
        _Watch.active = None


def end_active(status: str = "finished") -> None:
    """Finish the active run, if there is one; one that an interrupted cell left behind stays interrupted."""
    run = _Watch.active
    if run is not None:
        run.finish("interrupted" if run.status == "interrupted" else status)


def final_word(status: str) -> str:
    """Return the documented word for `status`; an unknown one means finished."""
    return _WORDS.get(str(status).strip().lower(), "finished")


def word_for(error: BaseException | None) -> str:
    """Return how a run ends that `error` ended: none, Ctrl-C, ``sys.exit``, or any other exception."""
    if error is None or (isinstance(error, SystemExit) and error.code in {None, 0}):
        return "finished"
    return "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"


def _leave() -> None:
    """Finish the active run at exit; the interpreter has put an uncaught exception into sys.last_value by then."""
    error, run = _last_error(), _Watch.active
    if _interactive():
        error = None
    elif id(error) == _Watch.error_before:
        error = exit_error()
    end_active(word_for(error))
    with contextlib.suppress(Exception):
        if run is not None and (run.status, run.rank) == ("finished", 0) and not exit_was_seen() and _was_left():
            correct_status(run.run_dir)


def _was_left() -> bool:
    return not _interactive() and was_left()


def _interactive() -> bool:
    return hasattr(sys, "ps1") or _shell() is not None


def _last_error() -> BaseException | None:
    error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    return error if isinstance(error, BaseException) else None


def _shell() -> Any:
    """Return the running IPython shell, if IPython was imported by somebody else."""
    module = sys.modules.get("IPython")
    get: Callable[[], Any] | None = getattr(module, "get_ipython", None)
    return get() if get is not None else None


def _watch_cells() -> None:
    shell = _shell()
    if shell is not None and shell is not _Watch.shell:
        shell.events.register("post_run_cell", _after_cell)
        _Watch.shell = shell


def after_cell(call: Callable[[Any, Any, Any], None] | None) -> None:
    """Call `call` with the id, the execution count and the source of every cell that has run from now on."""
    _Watch.after_cell = call


def _after_cell(result: Any) -> None:
    """Mark the active run when the cell was interrupted (D32), and tell who wants to know about cells."""
    run = _Watch.active
    if _Watch.after_cell is not None:
        with contextlib.suppress(Exception):
            info = result.info
            _Watch.after_cell(getattr(info, "cell_id", None), result.execution_count, info.raw_cell)
    if run is not None and isinstance(getattr(result, "error_in_exec", None), KeyboardInterrupt):
        run.interrupt()
