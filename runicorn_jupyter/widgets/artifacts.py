"""Artifacts in a notebook: which one ``show`` means, and what its view is about."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from runicorn_jupyter.display.artifacts import ArtifactPicture
from runicorn_jupyter.display.document import Content
from runicorn_jupyter.errors import BadRequest, NotFound
from runicorn_jupyter.models import RunFilter, RunRecord, VersionDetail
from runicorn_jupyter.widgets.selection import Selection
from runicorn_jupyter.widgets.source import Source
from runicorn_jupyter.workspace import Workspace

_NAMED = re.compile(r"[^:/\s]+:[^:/\s]+")


@runtime_checkable
class ArtifactLike(Protocol):
    """What we need of a ``tracking.Artifact``."""

    name: str
    type: str
    version: int | None
    storage_root: Path | None


class ArtifactRef(NamedTuple):
    """One version of an artifact; ``type`` is only needed where two types share a name."""

    name: str
    version: int | str
    type: str | None = None


def is_artifact(what: Any) -> bool:
    """Tell whether `what` is an artifact, or a text such as ``digits:v2`` or ``mlp:production`` that may name one."""
    return (isinstance(what, ArtifactLike) and not hasattr(what, "run_dir")) or (
        isinstance(what, str) and _NAMED.fullmatch(what) is not None
    )


def artifact_source(workspace: Workspace, what: Any) -> ArtifactSource | None:
    """Return the view's source for an artifact; None when a text names none.

    Raises
    ------
    BadRequest
        The artifact was not saved yet.
    NotFound
        The version is gone.
    """
    if isinstance(what, str):
        name, _, version = what.partition(":")
        try:
            return ArtifactSource(workspace, workspace.artifacts.version(name, version))
        except NotFound:
            return None
    if what.version is None:
        raise BadRequest(f"The artifact {what.name!r} is not saved yet: run.log_artifact(artifact) does it.")
    return ArtifactSource(workspace, workspace.artifacts.version(what.name, what.version, what.type))


class ArtifactSource(Source):
    """One version of an artifact; it shows no runs, and what was saved never changes."""

    def __init__(self, workspace: Workspace, detail: VersionDetail) -> None:
        super().__init__(workspace, Selection("artifact", RunFilter(), f"{detail.type} / {detail.full_name}", 0))
        self._ref = ArtifactRef(detail.name, detail.version, detail.type)

    def records(self) -> tuple[tuple[RunRecord, ...], int]:
        """Return no runs."""
        return (), 0

    def content(self, lines: Sequence[str] | None = None) -> Content:  # noqa: ARG002 - an artifact has no log
        """Return the version and its neighbours as they are now."""
        name, version, kind = self._ref
        held = self.workspace.artifacts
        return Content(
            kind="artifact",
            title=self.selection.title,
            source=self.workspace.label,
            made_at=time.time(),
            records=(),
            total=0,
            artifact=ArtifactPicture(
                held.version(name, version, kind),
                held.versions(name, kind),
                held.files(name, version, kind).manifest,
            ),
        )
