"""What a run has besides numbers: its text log, its images and other files. Nothing is followed out of the root."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from runicorn_jupyter.models import ImageRecord
from runicorn_jupyter.store.logs.loglines import Direction, LogFile
from runicorn_jupyter.store.logs.lognames import log_name, log_names
from runicorn_jupyter.store.logs.logparts import LogHits, LogPage
from runicorn_jupyter.store.logs.logs import LogTail
from runicorn_jupyter.store.logs.logsearch import Search, search
from runicorn_jupyter.store.media import MediaFile, media, open_log, open_media
from runicorn_jupyter.store.store import Store


class RunFiles:
    """Reads the files of the runs of one store, by run id; RunNotFound and AmbiguousRun say why it cannot."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def logs(self, run_id: str) -> tuple[str, ...]:
        """Return the names of the run's text logs: ``logs.txt`` first, then one for each rank on another host."""
        return log_names(self._run_dir(run_id))

    def log(self, run_id: str, file: str | None = None) -> LogTail:
        """Return a follower of a text log of the run, ``logs.txt`` unless `file` names another."""
        return LogTail(self._run_dir(run_id), self._store.root, log_name(file))

    def log_page(
        self,
        run_id: str,
        at: int | None = None,
        count: int = 200,
        direction: Direction = "backward",
        *,
        file: str | None = None,
    ) -> LogPage:
        """Return lines of a log of the run from byte `at` on, or before it; without `at` its first or last ones.

        A run without that log has an empty page.
        """
        with self._log_file(run_id, file) as log:
            return log.page(at, count, direction) if log else LogPage((), 0, 0, 0)

    def search_log(
        self,
        run_id: str,
        wanted: Search,
        *,
        cursor: int | None = None,
        direction: Direction = "backward",
        limit: int = 100,
        context: int = 0,
        file: str | None = None,
    ) -> LogHits:
        """Search a log of the run for a slice of time; ask again with the answer's ``cursor`` until it is None.

        Parameters
        ----------
        run_id : str
            Which run; one without a log has no hits.
        wanted : Search
            Text or a regular expression, and whether case matters.
        cursor : int, optional
            Where to go on.
        direction : {"backward", "forward"}
            From the end up, newest lines first, or from the beginning down.
        limit, context : int
            Hits in one answer, and lines around each.
        file : str, optional
            Which of its `logs`.
        """
        with self._log_file(run_id, file) as log:
            if log is None:
                return LogHits((), None, 0, 0)
            return search(log, wanted, cursor=cursor, direction=direction, limit=limit, context=context)

    def open_log(self, run_id: str, file: str | None = None) -> MediaFile:
        """Open a log of the run as the file it is; the caller closes its descriptor."""
        return open_log(self._run_dir(run_id), self._store.root, log_name(file))

    def media(self, run_id: str) -> list[ImageRecord]:
        """Return the images, sounds, tables, files and figures that a run logged, in order."""
        return self._store.read(run_id, media)

    def images(self, run_id: str) -> list[ImageRecord]:
        """Return the images that a run logged, in order."""
        return [one for one in self.media(run_id) if one.kind == "image"]

    def open_media(self, run_id: str, path: str) -> MediaFile:
        """Open a file of the run's media folder; the caller closes its descriptor."""
        return open_media(self._run_dir(run_id), path, self._store.root)

    def _run_dir(self, run_id: str) -> Path:
        return Path(self._store.run(run_id).run_dir)

    @contextmanager
    def _log_file(self, run_id: str, file: str | None) -> Iterator[LogFile | None]:
        name = log_name(file)
        with ExitStack() as stack:
            log: LogFile | None = None
            try:
                log = stack.enter_context(LogFile(self._run_dir(run_id), self._store.root, name))
            except OSError:
                log = None
            yield log
