"""What `runicorn doctor` looks at: each part of the installation and of this account, and what to do about it."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import socket
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import runicorn_jupyter
from runicorn_jupyter import paths, settings
from runicorn_jupyter._version import __version__
from runicorn_jupyter.errors import RunicornError

_DISTRIBUTION = "runicorn-jupyter"
_EXTENSION = "runicorn_jupyter"
_REINSTALL = f"pip install --force-reinstall --no-deps {_DISTRIBUTION}"
_PARTS = (
    "jupyter_server",
    "jupyterlab",
    "notebook",
    "tornado",
    "anywidget",
    "ipywidgets",
    "asyncssh",
    "plotly",
    "pandas",
)
_EXTRAS = {"pyarrow": "fast", "psycopg": "postgres", "s3fs": "s3"}


class Finding(NamedTuple):
    """One part: how it is, and, when it needs a hand, what to do."""

    part: str
    says: str
    remedy: str = ""


def findings() -> Iterator[Finding]:
    """Yield every part in turn; what cannot be looked at is a finding itself."""
    for look in _LOOKS:
        try:
            yield from look()
        except (RunicornError, OSError) as error:
            yield Finding(look.__name__.strip("_").replace("_", " "), str(error), "see the sentence before this one.")


def second_owner() -> str | None:
    """Return the distribution that owns the package name `runicorn` beside us, None when we are alone."""
    owners = metadata.packages_distributions().get("runicorn", [])
    return next((name for name in owners if _plain(name) != _plain(_DISTRIBUTION)), None)


def server_extension_enabled() -> bool:
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


def _versions() -> Iterator[Finding]:
    yield Finding(_DISTRIBUTION, f"{__version__}, Python {platform.python_version()} ({sys.executable})")
    for name in _PARTS:
        yield Finding(name, _version(name) or "not installed")
    for name, extra in _EXTRAS.items():
        yield Finding(name, _version(name) or f"not installed (optional: pip install '{_DISTRIBUTION}[{extra}]')")


def _name() -> Iterator[Finding]:
    other = second_owner()
    if other is not None:
        yield Finding(
            "the name runicorn",
            f"the distribution {other!r} owns it too, and pip let one overwrite the other",
            f"pip uninstall {other} && {_REINSTALL}. Until then, `import runicorn_jupyter as runicorn` works.",
        )
    elif importlib.util.find_spec("runicorn") is None:
        yield Finding("the name runicorn", "`import runicorn` finds nothing", f"{_REINSTALL}.")
    else:
        yield Finding("the name runicorn", "ours alone")


def _server_part() -> Iterator[Finding]:
    if server_extension_enabled():
        yield Finding("server part", "Jupyter loads it")
    else:
        yield Finding("server part", "Jupyter does not load it", f"jupyter server extension enable {_EXTENSION}.")


def _front_end() -> Iterator[Finding]:
    from jupyter_core.paths import jupyter_path

    found = [Path(folder) / _DISTRIBUTION / "package.json" for folder in jupyter_path("labextensions")]
    first = next((path for path in found if path.is_file()), None)
    if first is None:
        yield Finding("front end", "JupyterLab does not see it", f"{_REINSTALL}.")
        return
    version = _version_in(first)
    if version is None:
        yield Finding("front end", "damaged", f"{_REINSTALL}.")
    elif version == __version__:
        yield Finding("front end", f"{version}, the same as the server part")
    else:
        yield Finding(
            "front end", f"{version}, but the server part is {__version__}", f"{_REINSTALL}, then reload Lab."
        )


def _bundles() -> Iterator[Finding]:
    folder = Path(runicorn_jupyter.__file__).parent / "static"
    missing = [name for name in ("widget.js", "page.js") if not (folder / name).is_file()]
    if missing:
        yield Finding(
            "widget and page", f"{' and '.join(missing)} missing", f"{_REINSTALL}, or `make frontend` in a clone."
        )
    else:
        yield Finding("widget and page", "there")


def _storage_root() -> Iterator[Finding]:
    root = paths.find_root()
    why = f"{root.path} ({root.reason})"
    if not os.path.lexists(root.path):
        yield Finding("storage root", f"{root.path} ({root.reason}, does not exist yet: the first run creates it)")
        return
    try:
        paths.check_root(root.path)
    except RunicornError as error:
        yield Finding("storage root", why, str(error))
        return
    if os.access(root.path, os.W_OK | os.X_OK):
        yield Finding("storage root", why)
    else:
        yield Finding("storage root", f"{why}, read only", "to log here, choose a folder of yours: `runicorn config`.")


def _folders() -> Iterator[Finding]:
    for part, folder in (("cache", paths.cache_folder()), ("tokens of viewers", paths.runtime_folder())):
        private = os.name != "posix" or not folder.stat().st_mode & 0o077
        usable = os.access(folder, os.W_OK)
        remedy = "" if private and usable else f"chmod 700 {folder}, or free the disk."
        yield Finding(part, f"{folder}", remedy)
    yield Finding("settings", str(paths.config_folder() / settings.CONFIG))


def _ssh_agent() -> Iterator[Finding]:
    address = os.environ.get("SSH_AUTH_SOCK")
    if not address:
        yield Finding("SSH agent", "none (SSH_AUTH_SOCK is not set): keys are read from files")
        return
    try:
        with socket.socket(socket.AF_UNIX) as agent:
            agent.settimeout(2)
            agent.connect(address)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        yield Finding("SSH agent", f"does not answer ({reason})", "start one: eval $(ssh-agent); ssh-add.")
        return
    yield Finding("SSH agent", "answers")


def _viewers() -> Iterator[Finding]:
    from runicorn_jupyter.viewer import running_viewers

    for viewer in running_viewers():
        yield Finding("viewer running", f"{viewer.url} ({viewer.label}, process {viewer.pid})")


_LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _versions,
    _name,
    _server_part,
    _front_end,
    _bundles,
    _storage_root,
    _folders,
    _ssh_agent,
    _viewers,
)


def _version_in(path: Path) -> str | None:
    """Return the version that a package.json tells; None when it cannot be read."""
    try:
        return str(json.loads(path.read_bytes())["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
