"""A versioned artifact as a script describes it; what stores versions belongs to a later release."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Self

_FORBIDDEN = frozenset('/\\:*?"<>|')


class ArtifactType(str, Enum):  # noqa: UP042 - str(ArtifactType.MODEL) is as upstream prints it
    """The kinds of artifact that upstream knows; any other word is a kind as well."""

    MODEL = "model"
    DATASET = "dataset"
    CONFIG = "config"
    CODE = "code"
    CUSTOM = "custom"


class Artifact:
    r"""Files and references that belong together under one name.

    Parameters
    ----------
    name : str
        Without any of ``/ \ : * ? " < > |``.
    type : str or ArtifactType
        ``model``, ``dataset``, ``config``, ``code``, ``custom``, or a word of one's own.
    description : str
        Free text.
    metadata : mapping, optional
        Kept with it.

    Raises
    ------
    ValueError
        The name is empty or holds a forbidden character.
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
        self.name = name
        self.type = type.value if isinstance(type, ArtifactType) else str(type)
        self.description = description
        self.metadata = dict(metadata or {})
        self.tags: list[str] = []
        self.files: list[tuple[Path, str]] = []
        self.references: list[dict[str, Any]] = []

    def add_file(self, path: str | os.PathLike[str], name: str | None = None) -> Self:
        """Stage one file under `name`, or its own."""
        source = Path(path)
        if not source.is_file():
            raise FileNotFoundError(f"There is no file {source.name!r} to add.")
        self.files.append((source, name or source.name))
        return self

    def add_dir(
        self, path: str | os.PathLike[str], name: str | None = None, exclude_patterns: Sequence[str] | None = None
    ) -> Self:
        """Stage every file below a folder, but for those whose name matches one of `exclude_patterns`."""
        source = Path(path)
        if not source.is_dir():
            raise FileNotFoundError(f"There is no folder {source.name!r} to add.")
        for file in sorted(source.rglob("*")):
            relative = file.relative_to(source).as_posix()
            excluded = any(
                fnmatch.fnmatch(text, each) for each in exclude_patterns or () for text in (file.name, relative)
            )
            if file.is_file() and not excluded:
                self.files.append((file, f"{name}/{relative}" if name else relative))
        return self

    def add_reference(
        self, uri: str, checksum: str | None = None, size: int | None = None, name: str | None = None, **metadata: Any
    ) -> Self:
        """Name something that lies elsewhere; it is not copied."""
        self.references.append({"uri": uri, "checksum": checksum, "size": size, "name": name, "metadata": metadata})
        return self

    def add_metadata(self, metadata: Mapping[str, Any]) -> Self:
        """Merge into the metadata."""
        self.metadata.update(metadata)
        return self

    def add_tags(self, *tags: str) -> Self:
        """Add words to find it by."""
        self.tags = list(dict.fromkeys([*self.tags, *tags]))
        return self
