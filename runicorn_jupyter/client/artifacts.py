"""Artifacts over HTTP: what `runicorn.Artifact` saved, version by version, and its files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from runicorn_jupyter.client.errors import BadRequestError, ConnectionError  # noqa: A004
from runicorn_jupyter.client.values import Row, given, held, number, part, row, rows

if TYPE_CHECKING:
    from runicorn_jupyter.client.connection import Connection


class ArtifactsAPI:
    """`RunicornClient.artifacts`; an artifact id is ``name:v3``, ``name:3`` or ``name:alias``."""

    def __init__(self, client: Connection) -> None:
        self._client = client

    def list_artifacts(
        self,
        type: str | None = None,  # noqa: A002 - the documented name
        limit: int | None = None,
        offset: int | None = None,
    ) -> list[Row]:
        """Return the artifacts, the latest updated first.

        Returns
        -------
        list of dict
            Each with ``name, type, num_versions, latest_version, size_bytes, created_at, updated_at, aliases``.
        """
        return rows(
            self._client.get("/artifacts", given({"type": type, "limit": limit, "offset": offset})), "artifacts"
        )

    def get_artifact(self, artifact_id: str, type: str | None = None) -> Row:  # noqa: A002
        """Return one version; `type` tells artifacts of one name apart."""
        return row(self._client.get(_address(artifact_id), given({"type": type})))

    def list_versions(self, artifact_name: str, type: str | None = None) -> list[Row]:  # noqa: A002
        """Return the versions of an artifact, the newest first."""
        answer = self._client.get(f"/artifacts/{part(artifact_name)}/versions", given({"type": type}))
        return sorted(rows(answer, "versions"), key=lambda version: number(version, "version"), reverse=True)

    def get_files(self, artifact_id: str, type: str | None = None) -> Row:  # noqa: A002
        """Return the files and references of one version, with sizes and digests."""
        return row(self._client.get(f"{self._version(artifact_id, type)}/files", given({"type": type})))

    def get_artifact_lineage(self, artifact_id: str, max_depth: int | None = None, type: str | None = None) -> Row:  # noqa: A002
        """Return which runs made and used a version, and what they made of it, as nodes and edges."""
        asked = given({"type": type, "max_depth": max_depth})
        return row(self._client.get(f"{_address(artifact_id)}/lineage", asked))

    def get_stats(self) -> Row:
        """Return how many artifacts there are, and how much room they take and save."""
        return row(self._client.get("/artifacts/stats"))

    def list_experiment_artifacts(self, run_id: str, relation: str | None = None) -> list[Row]:
        """Return the artifacts of a run; `relation` is ``created`` or ``used``, without it both."""
        answer = self._client.get(f"/experiments/{part(run_id)}/artifacts", given({"relation": relation}))
        return rows(answer, "artifacts")

    def download_artifact(
        self,
        artifact_id: str,
        output_path: str | os.PathLike[str],
        type: str | None = None,  # noqa: A002
    ) -> str:
        """Write the files of one version below the folder `output_path`, checked by their digests; return that folder.

        Raises
        ------
        ConnectionError
            What arrived is not what was saved; the file is not kept.
        """
        target = Path(output_path)
        address = self._version(artifact_id, type)
        listed = held(row(self._client.get(f"{address}/files", given({"type": type}))), "files")
        for entry in rows(listed):
            path = _inside(str(entry.get("path", "")))
            self._fetch(f"{address}/files/{quote(path.as_posix())}", target / path, entry.get("digest"), type)
        target.mkdir(parents=True, exist_ok=True)
        return str(target)

    def delete_version(self, artifact_id: str, permanent: bool = False, type: str | None = None) -> Row:  # noqa: A002
        """Delete one version, so that it can be restored or, when `permanent`, for good."""
        asked = given({"type": type, "permanent": "true" if permanent else None})
        return row(self._client.delete(self._version(artifact_id, type), asked))

    def _fetch(self, address: str, target: Path, digest: Any, type_: str | None) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        # A name of its own length, for the saved one may be as long as names can be.
        partial = target.with_name(f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}.part")
        seen = hashlib.sha256()
        try:
            with (
                self._client.stream("GET", address, params=given({"type": type_})) as pieces,
                partial.open("wb") as out,
            ):
                for piece in pieces:
                    seen.update(piece)
                    out.write(piece)
            if isinstance(digest, str) and digest.startswith("sha256:") and digest != f"sha256:{seen.hexdigest()}":
                raise ConnectionError(f"{target.name} arrived changed: its digest is not the saved one. Ask again.")
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    def _version(self, artifact_id: str, type_: str | None) -> str:
        """Return the address of one version by its number, which an alias is looked up for."""
        name, word = _split(artifact_id)
        version = _number(word)
        if version is None:
            version = number(self.get_artifact(artifact_id, type_), "version")
        return f"/artifacts/{part(name)}/v{version}"


def _address(artifact_id: str) -> str:
    name, word = _split(artifact_id)
    version = _number(word)
    return f"/artifacts/{part(name)}:{part(word)}" if version is None else f"/artifacts/{part(name)}/v{version}"


def _split(artifact_id: str) -> tuple[str, str]:
    name, _, word = artifact_id.rpartition(":")
    if not name or not word:
        raise BadRequestError(f"An artifact id is written like my-model:v3, not {artifact_id!r}.")
    return name, word


def _number(word: str) -> int | None:
    digits = word.removeprefix("v")
    return int(digits) if digits.isascii() and digits.isdigit() else None


def _inside(path: str) -> PurePosixPath:
    """Return `path` when it stays below the folder it is meant for: a server does not choose where we write."""
    found = PurePosixPath(path)
    windows = "\\" in path or ":" in path
    if not path or "\0" in path or found.is_absolute() or ".." in found.parts or (windows and os.name == "nt"):
        raise ConnectionError(
            f"The viewer names a file {path!r}, which is outside of the artifact; nothing was written."
        )
    return found
