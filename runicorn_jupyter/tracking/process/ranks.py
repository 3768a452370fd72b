"""Which of many processes of one job this is, and how those of a higher rank find the run of rank 0."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from runicorn_jupyter.paths import OWN_FOLDER, write_atomically
from runicorn_jupyter.tracking.process import machine
from runicorn_jupyter.tracking.process.ownership import BEATS_MISSED

RANK_WAIT = 20.0
"""Seconds for which a process of a higher rank waits in `init` for rank 0; then it makes a run of its own."""

FRESH = 120.0
"""Seconds for which a meeting note from another host counts without a sign of life."""

INHERITED = "RUNICORN_RANK0"
"""Set by `init`, so that ranks which a script starts itself (Lightning, ``mp.spawn``) know their run at once."""

STAGGER = 5.0
"""Seconds by which one rank may start before another."""

_POLL = 0.05
_STALE = 86_400.0
_LAUNCHERS = (
    ("RANK", ("WORLD_SIZE",), ("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT")),
    ("OMPI_COMM_WORLD_RANK", ("OMPI_COMM_WORLD_SIZE",), ("PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid")),
    ("PMI_RANK", ("PMI_SIZE",), ("PMI_JOBID", "PMI_FD", "SLURM_JOB_ID")),
    ("HOROVOD_RANK", ("HOROVOD_SIZE",), ("HOROVOD_GLOO_RENDEZVOUS_ADDR", "HOROVOD_GLOO_RENDEZVOUS_PORT")),
    ("SLURM_PROCID", ("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"), ("SLURM_JOB_ID", "SLURM_STEP_ID")),
    ("LOCAL_RANK", ("WORLD_SIZE",), ("MASTER_ADDR", "MASTER_PORT")),
)
"""The variables of each launcher: this process's number, how many there are, and what tells its job from others."""

_ordinal = count(1)


class Rank(NamedTuple):
    """The place of this process among those of its job; all of them have the same `job` text."""

    number: int
    world: int
    job: str


def current() -> Rank | None:
    """Return the rank that a launcher's variables name; None for a process that is alone."""
    for variable, sizes, jobs in _LAUNCHERS:
        number = _whole(variable)
        world = next((size for size in map(_whole, sizes) if size is not None), None)
        if number is not None and world is not None and world > 1 and 0 <= number < world:
            return Rank(number, world, "\n".join(f"{key}={os.environ.get(key, '')}" for key in jobs))
    return None


class Meeting:
    """The note under ``ROOT/.runicorn-jupyter/ranks`` by which the ranks of one job agree on one run.

    The first `init` of every rank belongs together, and the second, and so on.

    Parameters
    ----------
    root : Path
        The storage root, which all ranks share.
    rank : Rank
        Which one this is.
    """

    def __init__(self, root: Path, rank: Rank) -> None:
        self._root = root
        digest = hashlib.sha256(f"{rank.job}\n{rank.world}\n{next(_ordinal)}".encode()).hexdigest()[:16]
        self._note = root / OWN_FOLDER / "ranks" / f"{digest}.json"

    def announce(self, run_dir: Path) -> None:
        """Say, as rank 0, that the run lies in `run_dir`."""
        note = {"directory": run_dir.relative_to(self._root).as_posix(), **_me(), "created_at": time.time()}
        self._note.parent.mkdir(parents=True, exist_ok=True)
        _sweep(self._note.parent)
        write_atomically(self._note, json.dumps(note).encode(), sync=False)

    def find(self, patience: float = RANK_WAIT) -> Path | None:
        """Return the run directory of rank 0, None when it does not appear within `patience` seconds."""
        deadline = time.monotonic() + patience
        while True:
            found = inherited() or self._read()
            if found is not None or time.monotonic() >= deadline:
                return found
            time.sleep(_POLL)

    def _read(self) -> Path | None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            note = json.loads(self._note.read_bytes())
            run_dir = self._root / str(note["directory"])
            if _is_of_this_job(note, run_dir) and run_dir.is_dir():
                return run_dir
        return None


def inherit(run_dir: Path) -> None:
    """Tell processes that this one starts which run is theirs if they have a rank."""
    os.environ[INHERITED] = json.dumps({"directory": str(run_dir), **_me()})


def inherited() -> Path | None:
    """Return the run of the process that started this one; None when it has none, or when others stand between."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        found = json.loads(os.environ.get(INHERITED, ""))
        run_dir = Path(found["directory"])
        ours = found["host_id"] == machine.host_id() and found["pid"] == os.getppid()
        if ours and machine.alive(found["pid"], found["pid_start"]) and run_dir.is_dir():
            return run_dir
    return None


def disinherit() -> None:
    """Tell no process about a run any more."""
    os.environ.pop(INHERITED, None)


def _is_of_this_job(note: dict[str, Any], run_dir: Path) -> bool:
    """Tell whether rank 0 of this job wrote a note, and not that of an earlier job at the same address."""
    created = float(note["created_at"])
    if note["host_id"] != machine.host_id():
        return abs(time.time() - created) < FRESH or _beats(run_dir)
    if machine.alive(note["pid"], note["pid_start"]):
        return True
    # It may have ended already. The ranks of a host have one launcher, and begin at nearly the same time.
    return note["parent"] == os.getppid() and created > (machine.process_start() or time.time()) - STAGGER


def _beats(run_dir: Path) -> bool:
    with contextlib.suppress(OSError):
        return time.time() - (run_dir / "heartbeat").stat().st_mtime < BEATS_MISSED
    return False


def _sweep(folder: Path) -> None:
    """Remove the notes of jobs that began long ago."""
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE:
                path.unlink()


def _me() -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "pid_start": machine.process_start(),
        "parent": os.getppid(),
        "host_id": machine.host_id(),
    }


def _whole(variable: str) -> int | None:
    try:
        return int(os.environ.get(variable, ""))
    except ValueError:
        return None
