"""A versioned artifact as a script describes it before it is saved, and holds it after it was."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from runicorn_jupyter.paths import plain_component, safe_name
from runicorn_jupyter.tracking.assets.staging import Staged

if TYPE_CHECKING:
    from runicorn_jupyter.models import Manifest, ReferenceEntry, Verified, VersionDetail
    from runicorn_jupyter.store.artifacts import Artifacts

_FORBIDDEN = frozenset('/\\:*?"<>|')


class ArtifactType(str, Enum):  # noqa: UP042 - str(ArtifactType.MODEL) is as upstream prints it
    """The kinds of artifact that upstream knows; any other word is a kind as well."""

    MODEL = "model"
    DATASET = "dataset"
    CONFIG = "config"
    CODE = "code"
    CUSTOM = "custom"


class MissingArtifact(FileNotFoundError, ValueError):
    """There is no artifact, version or file of that name; upstream's scripts expect the one class or the other."""


class Artifact:
    r"""Files and references that belong together under one name.

    Parameters
    ----------
    name : str
        At most 100 characters, without any of ``/ \ : * ? " < > |``.
    type : str or ArtifactType
        ``model``, ``dataset``, ``config``, ``code``, ``custom``, or a word of one's own.
    description : str
        Free text.
    metadata : mapping, optional
        Kept with it.

    Raises
    ------
    ValueError
        The name or type cannot be that of a folder on every system.
    """

    def __init__(
        self,
        name: str,
        type: str | ArtifactType = ArtifactType.MODEL,  # noqa: A002 - the documented name
        description: str = "",
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(name, str) or not name.strip() or _FORBIDDEN & set(name):
            raise ValueError(f'An artifact needs a name without any of / \\ : * ? " < > |, not {name!r}.')
        self.name = safe_name(name, "artifact name")
        kind = type.value if isinstance(type, ArtifactType) else type
        if not isinstance(kind, str) or _FORBIDDEN & set(kind):
            raise ValueError(f'An artifact needs a type without any of / \\ : * ? " < > |, not {kind!r}.')
        self.type = safe_name(kind, "artifact type")
        self.description = description
        self.metadata = dict(metadata or {})
        self.tags: list[str] = []
        self._staged = Staged()
        self._root: Path | None = None
        self._version: int | None = None

    def add_file(self, path: str | os.PathLike[str], name: str | None = None) -> Self:
        """Add one file under `name`, or its own; it is read when the artifact is logged.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        ValueError
            The artifact has a file of that name already, or `name` cannot be stored.
        """
        self._staged.add_file(path, name)
        return self

    def add_dir(
        self, path: str | os.PathLike[str], name: str | None = None, exclude_patterns: Sequence[str] | None = None
    ) -> Self:
        """Add every file below a folder, but for files and folders whose name or path matches an exclude pattern.

        A link to a file counts as the file; a link to a folder is not followed.

        Raises
        ------
        FileNotFoundError
            There is no such folder.
        ValueError
            As for `add_file`.
        """
        self._staged.add_dir(path, name, exclude_patterns or ())
        return self

    def add_reference(
        self, uri: str, checksum: str | None = None, size: int | None = None, name: str | None = None, **metadata: Any
    ) -> Self:
        """Name something that lies elsewhere, such as ``s3://…``, ``https://…`` or a path; it is not copied."""
        self._staged.add_reference(uri, checksum, size, {**({"name": name} if name else {}), **metadata})
        return self

    def add_metadata(self, metadata: Mapping[str, Any]) -> Self:
        """Merge into the metadata."""
        self.metadata.update(metadata)
        return self

    def add_tags(self, *tags: str) -> Self:
        """Add words to find it by."""
        self.tags = list(dict.fromkeys([*self.tags, *tags]))
        return self

    @property
    def version(self) -> int | None:
        """The number of the version, None before it is logged."""
        return self._version

    @property
    def storage_root(self) -> Path | None:
        """The root it is kept in, None before it is saved."""
        return self._root

    @property
    def is_loaded(self) -> bool:
        """Whether it is a version in the store."""
        return self._version is not None

    @property
    def full_name(self) -> str:
        """``name:vN``, or the name alone before it is logged."""
        return self.name if self._version is None else f"{self.name}:v{self._version}"

    def get_manifest(self) -> Manifest | None:
        """Return what is in the version, None before it is logged."""
        return None if self._version is None else self._store().files(self.name, self._version, self.type).manifest

    def get_metadata(self) -> VersionDetail | None:
        """Return all that is known of the version, None before it is logged."""
        return None if self._version is None else self._store().version(self.name, self._version, self.type)

    def get_references(self) -> list[ReferenceEntry]:
        """Return what it names that lies elsewhere."""
        manifest = self.get_manifest()
        return list(self._staged.references if manifest is None else manifest.references)

    def download(self, target_dir: str | os.PathLike[str] | None = None) -> Path:
        """Copy its files into a folder, a new temporary one unless told, and return that; every byte is checked.

        Raises
        ------
        RuntimeError
            It was neither logged nor returned by `use_artifact`.
        Conflict
            A file in the store is damaged.
        """
        number = self._stored()
        place = Path(tempfile.mkdtemp(prefix=f"runicorn_{self.name}_v{number}_") if target_dir is None else target_dir)
        self._store().fetch(self.name, number, place, self.type)
        return place

    def get_file_path(self, file_path: str) -> Path | None:
        """Return where a file of it lies in the store, None when it has no such file; it must not be written to.

        Raises
        ------
        ValueError
            `file_path` leads out of the artifact.
        """
        number = self._stored()
        if not isinstance(file_path, str) or not all(map(plain_component, file_path.split("/"))):
            raise ValueError(f"{file_path!r} is no path inside an artifact.")
        path = Path(self._store().files(self.name, number, self.type).folder, file_path)
        return path if path.is_file() else None

    def verify(self) -> Verified:
        """Read every byte of the version; ``ok`` says whether all is as it was saved, ``problems`` what is not."""
        return self._store().verify(self.name, self._stored(), self.type)

    def __repr__(self) -> str:
        return f"<Artifact {self.full_name} ({self.type})>"

    def _saved(self, root: Path, version: int) -> Self:
        self._root, self._version = root, version
        return self

    def _stored(self) -> int:
        if self._version is None:
            raise RuntimeError(f"{self.name} is not in the store yet: log it, or get it with run.use_artifact().")
        return self._version

    def _store(self) -> Artifacts:
        from runicorn_jupyter.store.artifacts import Artifacts

        return Artifacts(self._root or Path())
