"""The JSON files of one run directory, read through one descriptor."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runicorn_jupyter.paths import JSON_LIMIT, open_regular
from runicorn_jupyter.store.values import clean


class SmallFiles:
    """Reads small files of a directory that may be anybody's; what is wrong is noted in ``problems``.

    Raises
    ------
    OSError
        The directory is gone, or is a link.
    """

    def __init__(self, directory: Path) -> None:
        self._fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.folder_mtime = os.fstat(self._fd).st_mtime
        self.problems: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)

    def exists(self, name: str) -> bool:
        """Tell whether the directory has an entry `name` of any type."""
        try:
            os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except OSError:
            return False
        return True

    def mtime(self, name: str) -> float | None:
        """Return when the regular file `name` was last written, None when there is none."""
        try:
            fd = open_regular(self._fd, name)
        except OSError:
            return None
        try:
            return os.fstat(fd).st_mtime
        finally:
            os.close(fd)

    def json(self, name: str) -> dict[str, Any] | None:
        """Return the JSON object in `name`; None when it is absent, and with a noted problem when it is unusable."""
        try:
            fd = open_regular(self._fd, name)
        except FileNotFoundError:
            return None
        except OSError:
            self.problems.append(f"{name} is not a readable file")
            return None
        try:
            with os.fdopen(fd, "rb") as file:
                data = file.read(JSON_LIMIT + 1)
        except OSError:
            self.problems.append(f"{name} cannot be read")
            return None
        if len(data) > JSON_LIMIT:
            self.problems.append(f"{name} is larger than {JSON_LIMIT // 1024**2} MiB")
            return None
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            self.problems.append(f"{name} is not valid JSON")
            return None
        if not isinstance(value, dict):
            self.problems.append(f"{name} holds no JSON object")
            return None
        return clean(value)  # type: ignore[no-any-return]
