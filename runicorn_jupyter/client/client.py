"""The typed client behind `runicorn.api`: what a viewer knows, in a method each."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from runicorn_jupyter.client.artifacts import ArtifactsAPI
from runicorn_jupyter.client.connection import DEFAULT_URL, Connection
from runicorn_jupyter.client.errors import NotFoundError
from runicorn_jupyter.client.remote import RemoteAPI
from runicorn_jupyter.client.values import Row, given, held, part, row, rows, words

_COLUMNS = "config,summary,metrics"
_LONG = 3600.0
"""Seconds that an import may take: the server answers when all of it is done."""


class RunicornClient(Connection):
    """Asks one viewer, standalone or inside Jupyter, about its runs; a context manager that closes itself.

    Parameters
    ----------
    base_url, timeout, max_retries, token
        See `Connection`.

    Attributes
    ----------
    base_url : str
        The address, without a trailing slash.
    timeout : float
        Seconds.
    session : requests.Session
        The session that all requests go through.
    """

    @cached_property
    def artifacts(self) -> ArtifactsAPI:
        """What `runicorn.Artifact` saved."""
        return ArtifactsAPI(self)

    @cached_property
    def remote(self) -> RemoteAPI:
        """Viewers on other machines, over SSH."""
        return RemoteAPI(self)

    def list_experiments(
        self,
        project: str | None = None,
        name: str | None = None,
        status: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> list[Row]:
        """Return the runs, the newest of each experiment first.

        Parameters
        ----------
        project, name : str, optional
            Only these.
        status : str, optional
            ``running``, ``finished``, ``failed``, ``interrupted``, or a state such as ``lost``.
        limit, offset : int, optional
            How many, and how many to pass over before.

        Returns
        -------
        list of dict
            Each with ``id, project, name, status, created_at, updated_at, summary, tags`` and more.
        """
        asked = {"project": project, "name": name, "status": status, "limit": limit, "offset": offset}
        return rows(self.get("/experiments", given(asked)), "experiments")

    def get_experiment(self, run_id: str) -> Row:
        """Return one run with its config, summary and figures of each metric."""
        return row(self.get(f"/runs/{part(run_id)}"))

    get_run = get_experiment

    def list_runs(
        self,
        query: str | None = None,
        *,
        project: str | None = None,
        name: str | None = None,
        status: str | None = None,
        order_by: str | None = None,
        descending: bool = False,
        limit: int | None = None,
        offset: int | None = None,
    ) -> list[Row]:
        """Return the runs that a `query` of the query language finds (docs/query.md), with config and metrics."""
        asked = {"q": query, "project": project, "name": name, "status": status, "order_by": order_by}
        asked |= {"order_desc": "true" if descending else None, "columns": _COLUMNS}
        wanted = given({**asked, "limit": limit, "offset": offset})
        self._check_answers(set(wanted) - {"columns"})
        return rows(self.get("/runs", wanted))

    def iter_runs(self, query: str | None = None, *, page: int = 500) -> Iterator[Row]:
        """Yield every run that `query` finds, `page` at a time, for lists too long to hold."""
        self._check_answers({"q"} if query else ())
        cursor: str | None = None
        while True:
            asked = given({"q": query, "columns": _COLUMNS, "limit": page, "cursor": cursor})
            found, headers = self.page("/runs", asked)
            yield from rows(found)
            cursor = headers.get("X-Next-Cursor")
            if not cursor:
                return

    def list_projects(self) -> list[str]:
        """Return the projects, sorted."""
        return words(self.get("/projects"), "projects")

    def list_paths(self, include_stats: bool = False) -> Row:
        """Return the paths that runs have, as a list and as a tree, with counts when asked."""
        return row(self.get("/paths", {"include_stats": "true"} if include_stats else None))

    def list_runs_by_path(self, path: str | None = None, exact: bool = False) -> list[Row]:
        """Return the runs below `path`, or with `exact` those that have just this path."""
        return rows(self.get("/paths/runs", given({"path": path, "exact": "true" if exact else None})))

    def get_metrics(self, run_id: str, metric_names: Sequence[str] | None = None, limit: int | None = None) -> Row:
        """Return the points of a run's numeric metrics.

        Parameters
        ----------
        run_id : str
            Which run.
        metric_names : sequence of str, optional
            Only these; a name that the run does not have is absent from the answer.
        limit : int, optional
            The last so many points of each.

        Returns
        -------
        dict
            ``metrics`` maps a name to its points ``{"step", "value", "timestamp"}`` in order of the steps. Values are
            finite; ``skipped`` counts those that were not.
        """
        names = None if metric_names is None else list(metric_names)
        asked: dict[str, Any] = given({"limit": limit})
        if names and not any("," in name for name in names):
            asked["metrics"] = ",".join(names)
        found = row(self.get(f"/metrics/{part(run_id)}", asked))
        if names is not None:
            known = row(held(found, "metrics"))
            found["metrics"] = {name: known[name] for name in names if name in known}
        return found

    def get_metric_rows(self, run_id: str, downsample: int | None = None, *, by_time: bool = False) -> Row:
        """Return the points of a run as a table ``{"columns", "rows", "total", "sampled"}``, one row a step.

        Parameters
        ----------
        run_id : str
            Which run.
        downsample : int, optional
            At most so many rows, 100 to 50000; each metric's extremes are kept.
        by_time : bool
            Begin each row with ``time``, in seconds since the run's first event.
        """
        address = f"/runs/{part(run_id)}/{'metrics' if by_time else 'metrics_step'}"
        return row(self.get(address, given({"downsample": downsample})))

    def export_experiment(self, run_id: str, format: str = "json", include_media: bool = False) -> bytes:  # noqa: A002
        """Return a run's data as a file: ``json``, ``csv`` and what else the server offers."""
        body = {"run_id": run_id, "format": format, "include_media": include_media}
        return self.read("POST", "/export", json=body)

    def export_csv(self, run_id: str) -> bytes:
        """Return a run's points as CSV."""
        return self.read("GET", f"/export/{part(run_id)}/csv")

    def export_report(self, run_id: str, format: str = "markdown") -> bytes:  # noqa: A002
        """Return a report on a run as ``markdown`` or ``html``."""
        return self.read("GET", f"/export/{part(run_id)}/report", params={"format": format})

    def export_runs(self, run_ids: Sequence[str], target: str | os.PathLike[str]) -> Path:
        """Write an archive of whole runs to the file `target`, which `runicorn import` reads; return its path.

        A name that ends in ``.zip`` makes a zip, any other a gzipped tar.
        """
        path = Path(target)
        body = {"run_ids": list(run_ids), "kind": "zip" if path.suffix == ".zip" else "tar.gz"}
        partial = path.with_name(f".{path.name}.part")
        try:
            with self.stream("POST", "/runs/export", json=body) as pieces, partial.open("wb") as out:
                for piece in pieces:
                    out.write(piece)
            return partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def import_archive(
        self,
        archive: str | os.PathLike[str],
        conflict: Literal["skip", "rename", "replace"] = "skip",
        *,
        preview: bool = False,
    ) -> Row:
        """Import the runs of a zip or tar archive, ours or upstream's; when it fails, nothing has changed.

        Parameters
        ----------
        archive : path
            The file on this machine; it is sent piece by piece.
        conflict : {"skip", "rename", "replace"}
            What becomes of a run whose id is there already; what is replaced goes into the recycle bin.
        preview : bool
            Only say what would be done.
        """
        address = "/import/preview" if preview else "/import/archive"
        kind = {"Content-Type": "application/octet-stream"}
        with Path(archive).open("rb") as content:
            return row(self.post(address, params={"conflict": conflict}, data=content, headers=kind, timeout=_LONG))

    def edit_run(
        self,
        run_id: str,
        *,
        tags: Sequence[str] | None = None,
        notes: str | None = None,
        alias: str | None = None,
    ) -> Row:
        """Set the tags, notes or alias of a run; what is not given stays."""
        asked = {"tags": None if tags is None else list(tags), "notes": notes, "alias": alias}
        return row(self.patch(f"/runs/{part(run_id)}", given(asked)))

    def delete_runs(self, run_ids: Sequence[str]) -> Row:
        """Put runs into the recycle bin; ``results`` tells of each."""
        return row(self.post("/runs/soft-delete", {"run_ids": list(run_ids)}))

    def restore_runs(self, run_ids: Sequence[str]) -> Row:
        """Take runs out of the recycle bin; ``results`` tells of each."""
        return row(self.post("/recycle-bin/restore", {"run_ids": list(run_ids)}))

    def get_config(self) -> Row:
        """Return which storage root is in use and where it is configured."""
        return row(self.get("/config"))

    def update_config(self, config: Row) -> Row:
        """Change the configuration, such as ``{"user_root_dir": "…"}``; return all of it."""
        return row(self.put("/config", config))

    def set_user_root_dir(self, path: str) -> Row:
        """Remember the storage root `path` and open it; ``effective`` is False when something outranks it."""
        return row(self.post("/config/user_root_dir", {"path": path}))

    def get_gpu_info(self) -> Row:
        """Return the GPUs of the viewer's machine and what they do; ``available`` is False without any."""
        return row(self.get("/gpu"))

    def get_storage_stats(self) -> Row:
        """Return how much room the storage root takes, by kind."""
        return row(self.get("/storage/stats"))

    def check_status(self) -> Row:
        """Look again at every run said to be running; return how many changed."""
        return row(self.post("/status/check"))

    def health_check(self) -> Row:
        """Return whether the viewer is well, its version and its storage root."""
        return row(self.get("/health"))

    def _check_answers(self, asked: Collection[str]) -> None:
        """Refuse what upstream's own viewer would pass over, and so answer with runs that nobody asked for."""
        if asked and "api_version" not in self.health:
            raise NotFoundError(
                f"The viewer at {self.base_url} is upstream's {self.health.get('version', '')}: it cannot be asked for "
                "some of the runs. Ask for all, or start `runicorn viewer` of runicorn-jupyter."
            )


def connect(
    base_url: str = DEFAULT_URL, timeout: float = 30, max_retries: int = 3, *, token: str | None = None
) -> RunicornClient:
    """Return a client of the viewer at `base_url`; use it in ``with``, or close it.

    Raises
    ------
    ConnectionError
        No viewer is there.
    AuthenticationError
        It wants another token.
    """
    return RunicornClient(base_url, timeout, max_retries, token=token)
