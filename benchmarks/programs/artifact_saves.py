"""One process that saves files: ``artifact_saves.py TOOL FOLDER BIG SMALL`` prints one JSON line.

BIG is a file, SMALL a folder; each is saved twice, and by us a third time with every byte read.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Save = Callable[[str, Path, bool], object]


def _runicorn(folder: Path) -> Save:
    rn: Any = importlib.import_module("runicorn")
    run = rn.init(project="p", name="n", storage=str(folder), capture_env=False)

    def save(name: str, path: Path, verify: bool) -> object:
        artifact = rn.Artifact(name, type="dataset")
        artifact.add_dir(path) if path.is_dir() else artifact.add_file(path)
        return run.log_artifact(artifact, verify=True) if verify else run.log_artifact(artifact)

    return save


def _trackio(folder: Path) -> Save:
    os.environ.update({"TRACKIO_DIR": str(folder), "HF_HUB_OFFLINE": "1"})
    trackio: Any = importlib.import_module("trackio")
    trackio.init(project="p", name="n", embed=False)

    def save(name: str, path: Path, _: bool) -> object:
        artifact = trackio.Artifact(name, type="dataset")
        artifact.add_dir(str(path)) if path.is_dir() else artifact.add_file(str(path))
        saved = trackio.log_artifact(artifact)
        return getattr(saved, "wait", lambda: None)()

    return save


def _mlflow(folder: Path) -> Save:
    mlflow: Any = importlib.import_module("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.create_experiment("p", artifact_location=f"file://{folder}/artifacts")
    mlflow.set_experiment("p")
    mlflow.start_run()
    return lambda name, path, _: (mlflow.log_artifacts if path.is_dir() else mlflow.log_artifact)(str(path), name)


def _wandb(folder: Path) -> Save:
    """Offline, as all here: what a later upload sends is staged and in the run's file when `finish` is through."""
    os.environ.update({"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_DISABLE_GIT": "true"})
    os.environ |= {f"WANDB_{kind}_DIR": str(folder / kind.lower()) for kind in ("CACHE", "DATA", "CONFIG", "ARTIFACT")}
    wandb: Any = importlib.import_module("wandb")
    run = wandb.init(project="p", dir=str(folder), settings=wandb.Settings(console="off", x_disable_stats=True))

    def save(name: str, path: Path, _: bool) -> object:
        artifact = wandb.Artifact(name, type="dataset")
        artifact.add_dir(str(path)) if path.is_dir() else artifact.add_file(str(path))
        return run.log_artifact(artifact)

    return save


def _bare(folder: Path) -> Save:
    """Copy and hash: the least that anybody does for a new content; for a known one, hash alone."""
    seen: set[str] = set()

    def save(name: str, path: Path, _: bool) -> None:
        files = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]
        for file in files:
            with file.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            if name not in seen:
                target = folder / "copies" / digest
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(file, target)
        seen.add(name)

    return save


def _plain(folder: Path) -> Save:
    """Us as a plain install is, whatever else lies in this environment."""
    sys.modules["blake3"] = None  # type: ignore[assignment]  # as if it were not installed
    return _runicorn(folder)


TOOLS: dict[str, Callable[[Path], Save]] = {
    "ours": _plain,
    "ours, with blake3": _runicorn,
    "runicorn-0.5.3": _runicorn,
    "trackio": _trackio,
    "mlflow": _mlflow,
    "wandb": _wandb,
    "copy and sha256": _bare,
}


def main(tool: str, folder: Path, big: Path, small: Path) -> None:
    """Save everything and tell what each took."""
    save = TOOLS[tool](folder)
    tiny = folder.parent / "tiny"
    tiny.write_text("what a tool imports with its first call is no part of what a file costs")
    with contextlib.redirect_stdout(sys.stderr):
        save("tiny", tiny, False)
    told = {}
    for name, source in (("big", big), ("small", small)):
        steps = [("first", False), ("again", False), *([("verified", True)] if tool.startswith("ours") else [])]
        for step, verify in steps:
            os.sync()
            before, began, cpu = _bytes(folder), time.perf_counter(), time.process_time()
            # Libraries may print; the last line is ours.
            with contextlib.redirect_stdout(sys.stderr):
                save(name, source, verify)
            told[f"{name} {step}"] = {
                "wall": (time.perf_counter() - began) * 1e3,
                "cpu": (time.process_time() - cpu) * 1e3,
                "MB added": (_bytes(folder) - before) / 1e6,
            }
    sys.stdout.write("\n" + json.dumps(told) + "\n")


def _bytes(folder: Path) -> int:
    """Return the bytes below a folder, a file of several names counted once."""
    sizes = {}
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                found = os.lstat(os.path.join(where, name))  # noqa: PTH118 - of thousands
                sizes[found.st_ino] = found.st_size
    return sum(sizes.values())


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:5]))
