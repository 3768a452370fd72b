"""`runicorn doctor`: what is installed, which root is used and why, and what stands in the way."""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from runicorn_jupyter import paths
from runicorn_jupyter._version import __version__
from runicorn_jupyter.errors import RootUnusable

_DISTRIBUTION = "runicorn-jupyter"
_OTHERS = ("jupyter_server", "jupyterlab", "notebook", "tornado", "anywidget", "ipywidgets", "asyncssh")
_EXTENSION = "runicorn_jupyter"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the doctor asks no questions."""
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Print the findings; return 1 when something needs a hand, else 0."""
    problems = list(_problems())
    lines = [f"runicorn-jupyter {__version__}, Python {platform.python_version()} ({sys.executable})"]
    lines += [f"  {name} {_version(name) or 'not installed'}" for name in _OTHERS]
    root = paths.find_root()
    state = "" if root.path.is_dir() else ", does not exist yet: the first run creates it"
    lines += [f"Storage root: {root.path} ({root.reason}{state})"]
    lines += _viewers()
    lines += [f"Problem: {problem}" for problem in problems] or ["No problems found."]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if problems else 0


def second_owner() -> str | None:
    """Return the distribution that owns the package name `runicorn` beside us, None when we are alone."""
    owners = metadata.packages_distributions().get("runicorn", [])
    return next((name for name in owners if _plain(name) != _plain(_DISTRIBUTION)), None)


def _problems() -> Iterator[str]:
    other = second_owner()
    if other is not None:
        yield (
            f"the distribution {other!r} owns the name `runicorn` too, and pip let one overwrite the other: "
            f"pip uninstall {other} && pip install --force-reinstall --no-deps {_DISTRIBUTION}. "
            "Until then, `import runicorn_jupyter as runicorn` works."
        )
    if importlib.util.find_spec("runicorn") is None:
        yield f"`import runicorn` finds nothing: pip install --force-reinstall --no-deps {_DISTRIBUTION}."
    if not _server_extension_enabled():
        yield f"Jupyter does not load our server part: jupyter server extension enable {_EXTENSION}."
    if not any((folder / _DISTRIBUTION / "package.json").is_file() for folder in _jupyter_folders("labextensions")):
        yield f"JupyterLab does not see our front end: pip install --force-reinstall --no-deps {_DISTRIBUTION}."
    try:
        paths.check_root(paths.find_root().path)
    except RootUnusable as error:
        if paths.find_root().path.exists():
            yield str(error)


def _server_extension_enabled() -> bool:
    """Read Jupyter's configuration as it does, without starting it; a later folder is overruled by an earlier one."""
    from jupyter_core.paths import jupyter_config_path

    for folder in map(Path, jupyter_config_path()):
        candidates = [folder / "jupyter_server_config.json"]
        candidates += sorted((folder / "jupyter_server_config.d").glob("*.json"))
        for path in candidates:
            try:
                enabled = json.loads(path.read_bytes())["ServerApp"]["jpserver_extensions"][_EXTENSION]
            except (OSError, ValueError, KeyError, TypeError):
                continue
            return bool(enabled)
    return False


def _jupyter_folders(name: str) -> list[Path]:
    from jupyter_core.paths import jupyter_path

    return [Path(folder) for folder in jupyter_path(name)]


def _viewers() -> list[str]:
    from runicorn_jupyter.viewer import running_viewers

    return [f"Viewer running: {viewer.url} ({viewer.label}, process {viewer.pid})" for viewer in running_viewers()]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
