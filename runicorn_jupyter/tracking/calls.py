"""What the calls of a run have in common: they reopen it, never raise into training, and count what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from runicorn_jupyter.tracking.writing.points import encode, plain, text_of

if TYPE_CHECKING:
    from runicorn_jupyter.tracking.writing.errands import Errands
    from runicorn_jupyter.tracking.writing.faults import Faults
    from runicorn_jupyter.tracking.writing.recorder import Recorder

_C = TypeVar("_C", bound="Calls")
_P = ParamSpec("_P")
_R = TypeVar("_R")


class Calls:
    """What every group of a run's methods stands on; the attributes are set by `Run`."""

    id: str
    storage_root: Path
    run_dir: Path
    _recorder: Recorder
    _faults: Faults
    _append: Callable[[bytes], None]
    _errands: Errands
    _open: bool

    def _reopen(self) -> bool:
        """Go on if the run may be written to; False when it is finished."""
        raise NotImplementedError

    def _log_media(self, kind: str, key: str, place: str, step: int | None, caption: str | None, **more: Any) -> None:
        """Append the event that tells of a file in ``media``."""
        note = self._faults.note
        fields = {"key": text_of(key), "path": place, "step": plain(step, note), "caption": plain(caption, note)}
        self._append(encode(time(), kind, {**fields, **more}, note))


def guarded(call: Callable[Concatenate[_C, _P], _R]) -> Callable[Concatenate[_C, _P], _R | None]:
    """Make a method of a run that raises nothing: it gives None, and the fault is counted under the method's name."""
    name = call.__name__

    @wraps(call)
    def safe(self: _C, *args: _P.args, **kw: _P.kwargs) -> _R | None:
        if not self._open and not self._reopen():
            return None
        try:
            return call(self, *args, **kw)
        except Exception as error:  # noqa: BLE001 - nothing raises into training
            self._faults.caught(name, error)
            return None

    return cast("Callable[Concatenate[_C, _P], _R | None]", safe)
