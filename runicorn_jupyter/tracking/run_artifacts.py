"""The calls of a run about versioned artifacts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.errors import Conflict, NotFound
from runicorn_jupyter.paths import JSON_LIMIT, write_atomically
from runicorn_jupyter.tracking.calls import Calls, guarded
from runicorn_jupyter.tracking.process.ownership import locked
from runicorn_jupyter.tracking.writing.documents import encode, fit

if TYPE_CHECKING:
    from runicorn_jupyter.models import VersionDetail
    from runicorn_jupyter.tracking.assets.artifact import Artifact

_CREATED, _USED = "artifacts_created.json", "artifacts_used.json"


class RunArtifacts(Calls):
    """Artifacts made and used by the run."""

    @guarded
    def log_artifact(self, artifact: Artifact, aliases: Sequence[str] | None = None, *, verify: bool = False) -> int:
        """Save the artifact as its next version and return the number; None when it could not be saved.

        Equal contents are kept once, and a file that is unchanged since it was last saved is not read again.

        Parameters
        ----------
        artifact : Artifact
            With at least one file or reference.
        aliases : sequence of str, optional
            Names that are to mean this version from now on, besides ``latest``.
        verify : bool
            Read all files, also those whose size and times are unchanged.
        """
        from runicorn_jupyter.store.artifacts.saving import Draft, flush, save
        from runicorn_jupyter.tracking.assets.artifact import Artifact
        from runicorn_jupyter.tracking.assets.progress import Progress

        if not isinstance(artifact, Artifact):
            raise TypeError(f"log_artifact() takes an Artifact, not {type(artifact).__name__}.")
        note = self._faults.note
        names = [aliases] if isinstance(aliases, str) else list(aliases or ())
        staged = artifact._staged  # noqa: SLF001 - the artifact's own room
        draft = Draft(
            name=artifact.name,
            type=artifact.type,
            files=staged.files,
            references=staged.references,
            description=str(artifact.description),
            metadata=fit(artifact.metadata, note),
            tags=[str(tag) for tag in artifact.tags],
            aliases=names,
            parents=[f"{row.get('name')}:v{row.get('version')}" for row in self._listed(_USED)],
            run_id=self.id,
        )
        progress = Progress(f"saving {artifact.name}", staged.size)
        try:
            saved = save(self.storage_root, draft, verify=verify, progress=progress)
        finally:
            progress.close()
        artifact._saved(self.storage_root, saved.version)  # noqa: SLF001
        told = {
            "name": artifact.name,
            "type": artifact.type,
            "version": saved.version,
            "created_at": time.time(),
            "size_bytes": sum(file.size for file in saved.manifest.files),
            "num_files": len(saved.manifest.files),
            "num_references": len(saved.manifest.references),
        }
        self._tell(_CREATED, told)
        self._errands.add("artifact", partial(flush, self.storage_root))
        return saved.version

    def use_artifact(self, artifact_spec: str, type: str | None = None) -> Artifact | None:  # noqa: A002 - as in Artifact
        """Return a version of an artifact, and remember that the run used it.

        Parameters
        ----------
        artifact_spec : str
            ``name:v3``, ``name:alias``, or ``name`` for the latest.
        type : str, optional
            Which is meant when artifacts of several types have this name.

        Returns
        -------
        Artifact
            With `download` and `get_file_path`; None when the disk cannot be read, which is counted as a fault.

        Raises
        ------
        MissingArtifact
            There is no such artifact, version or alias: a FileNotFoundError as well as a ValueError.
        ValueError
            `artifact_spec` is no text, or several types have this name.
        """
        from runicorn_jupyter.store.artifacts import Artifacts
        from runicorn_jupyter.tracking.assets.artifact import MissingArtifact

        if not isinstance(artifact_spec, str) or not artifact_spec.strip():
            raise ValueError(f"use_artifact() takes 'name:v3', 'name:alias' or 'name', not {artifact_spec!r}.")
        name, _, version = artifact_spec.partition(":")
        try:
            found = Artifacts(self.storage_root).version(name, version or "latest", type)
        except NotFound as error:
            raise MissingArtifact(str(error)) from None
        except Conflict as error:
            raise ValueError(str(error)) from None
        except OSError as error:
            self._faults.caught("use_artifact", error)
            return None
        used = _loaded(found)._saved(self.storage_root, found.version)  # noqa: SLF001
        self._remember(found)
        return used

    @guarded
    def _remember(self, found: VersionDetail) -> None:
        told = {
            "name": found.name,
            "type": found.type,
            "version": found.version,
            "used_at": time.time(),
            "size_bytes": found.size_bytes,
            "num_files": found.num_files,
        }
        known = (told["name"], told["type"], told["version"])
        self._tell(_USED, told, lambda row: (row.get("name"), row.get("type"), row.get("version")) == known)

    def _tell(self, file: str, told: dict[str, Any], same: Callable[[dict[str, Any]], bool] | None = None) -> None:
        """Add an entry to a list of the run, unless there is the `same`; several processes of a run may do so."""
        with locked(self.run_dir):
            rows = self._listed(file)
            if same is None or not any(map(same, rows)):
                write_atomically(self.run_dir / file, encode({"artifacts": [*rows, told]}))

    def _listed(self, file: str) -> list[dict[str, Any]]:
        try:
            with (self.run_dir / file).open("rb") as content:
                rows = json.loads(content.read(JSON_LIMIT))["artifacts"]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return []
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _loaded(found: VersionDetail) -> Artifact:
    from runicorn_jupyter.tracking.assets.artifact import Artifact

    # What is on disk may have a name that could not be given today; it can be used all the same.
    artifact = Artifact("loaded", "custom", found.description, found.metadata)
    artifact.name, artifact.type, artifact.tags = found.name, found.type, list(found.tags)
    return artifact
