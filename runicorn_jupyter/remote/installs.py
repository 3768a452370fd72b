"""Installations of our viewer on hosts: one for each login, begun by one request and watched by others."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from threading import Lock

from runicorn_jupyter.errors import RunicornError
from runicorn_jupyter.models import Environment, RemoteConnection
from runicorn_jupyter.models.sessionforms import STEPS, Installing

OnStep = Callable[[str, int, int], None]


class Installation:
    """One installation and how far it is; told and read by any thread."""

    def __init__(self, connection: RemoteConnection) -> None:
        self._lock = Lock()
        self._form: Installing = {
            "ok": True,
            "connection_id": connection.key,
            "state": "running",
            "phase": "",
            "step": "",
            "done": 0,
            "total": 0,
            "reason": "",
            "environment": None,
        }

    @property
    def form(self) -> Installing:
        """How far it is now."""
        with self._lock:
            return self._form.copy()

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._form["state"] == "running"

    def step(self, phase: str, done: int, total: int) -> None:
        """Take what the installer is doing."""
        with self._lock:
            self._form.update({"phase": phase, "step": STEPS.get(phase, phase), "done": done, "total": total})

    def end(self, work: Future[Environment]) -> None:
        """Take how it ended."""
        try:
            environment = work.result()
        except RunicornError as error:
            self._failed(str(error))
        except CancelledError:
            self._failed("The connection was closed before the installation was done.")
        except Exception:
            self._failed("The installation failed for a reason of ours; the log has it.")
            raise  # into the log, by the future's own means
        else:
            with self._lock:
                self._form.update({"state": "done", "environment": environment.name})

    def _failed(self, reason: str) -> None:
        with self._lock:
            self._form.update({"state": "failed", "reason": reason})


class Installs:
    """The latest installation of each login; for one event loop, whichever door asks."""

    def __init__(self) -> None:
        self._jobs: dict[str, Installation] = {}

    def begin(self, connection: RemoteConnection, install: Callable[[OnStep], Future[Environment]]) -> Installing:
        """Begin an installation, or find the one that goes on, and return how far it is."""
        job = self._jobs.get(connection.key)
        if job is None or not job.running:
            job = Installation(connection)
            install(job.step).add_done_callback(job.end)
            self._jobs[connection.key] = self._jobs[connection.conn_id] = job
        return job.form

    def of(self, connection_id: str) -> Installing | None:
        """Return how far the latest installation of a login is, None when there was none."""
        job = self._jobs.get(connection_id)
        return None if job is None else job.form
