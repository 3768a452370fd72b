"""The calls of a run about versioned artifacts; their names are honoured, what stores them is still to come."""

from __future__ import annotations

from typing import Any

from runicorn_jupyter.errors import NotYet
from runicorn_jupyter.tracking.calls import Calls, guarded

_LATER = (
    "versioned artifacts come with a later release; log_file() keeps a file with this run, "
    "log_dataset(save=True) keeps one by its content."
)


class RunArtifacts(Calls):
    """Artifacts made and used by the run."""

    @guarded
    def log_artifact(self, artifact: Any) -> int | None:
        """Say, once, that nothing is stored yet; the fault is counted and training goes on."""
        self._faults.note("artifact", f"{type(artifact).__name__} was not stored: {_LATER}")
        return None

    def use_artifact(self, artifact_spec: str) -> Any:
        """Return the version of an artifact that ``name:v3`` or ``name:alias`` means.

        Raises
        ------
        ValueError
            There is no ``:`` in `artifact_spec`.
        NotYet
            Always, for now.
        """
        if not isinstance(artifact_spec, str) or ":" not in artifact_spec:
            raise ValueError(f"use_artifact() takes 'name:v3' or 'name:alias', not {artifact_spec!r}.")
        raise NotYet(f"use_artifact({artifact_spec!r}): {_LATER}")
