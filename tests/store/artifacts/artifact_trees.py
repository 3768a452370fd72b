"""Artifacts for the tests of their store: drafts, and what must always hold of a root."""

from __future__ import annotations

import json
from pathlib import Path

from runicorn_jupyter.store.artifacts import Artifacts
from runicorn_jupyter.store.artifacts.saving import Draft, Saved, save


def files(folder: Path, **contents: bytes) -> list[tuple[str, str]]:
    """Write files named by the keywords (``__`` is ``/``) and return them as a draft wants them."""
    found = []
    for name, content in contents.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        found.append((str(path), path.relative_to(folder).as_posix()))
    return found


def saved(root: Path, sources: list[tuple[str, str]], name: str = "a", type_: str = "model", **more) -> Saved:
    """Save one version."""
    verify = more.pop("verify", False)
    return save(root, Draft(name, type_, sources, run_id="20260101_000000_aaaaaa", **more), verify=verify)


def own_bytes(root: Path) -> int:
    """Return the bytes of all contents below the artifacts of a root, each inode once."""
    found = {}
    for path in (root / "artifacts").rglob("*"):
        if path.is_file() and path.suffix != ".json":
            stat = path.stat()
            found[stat.st_ino] = stat.st_size
    return sum(found.values())


def check(root: Path, name: str = "a") -> list[int]:
    """Hold that every listed version is whole and no half one is about; return the numbers."""
    artifacts = Artifacts(root)
    numbers = [row.version for row in artifacts.versions(name)]
    for number in numbers:
        found = artifacts.verify(name, number)
        assert found.ok, found
    item = artifacts.find(name)
    assert item.aliases["latest"] == numbers[-1]
    json.loads((root / "artifacts" / item.type / name / "versions.json").read_text())
    return numbers
