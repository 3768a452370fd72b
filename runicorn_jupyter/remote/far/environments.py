"""Finds the Python environments of a host by looking at files: no environment is started, none can hang."""

import glob
import json
import os
import platform
import re
import sys
from typing import Any, Dict, List, Optional, Tuple

Shape = Dict[str, Any]

CONDA_ROOTS = (
    "~/miniconda3", "~/anaconda3", "~/miniforge3", "~/mambaforge", "~/micromamba", "~/miniconda", "~/anaconda",
    "~/.local/share/mamba", "~/.conda", "/opt/conda", "/opt/miniconda3", "/opt/anaconda3", "/opt/miniforge3",
)  # fmt: skip
VIRTUAL = (
    ("poetry", "~/.cache/pypoetry/virtualenvs/*"),
    ("pyenv", "~/.pyenv/versions/*"),
    ("venv", "~/.virtualenvs/*"),
    ("venv", "~/.local/share/virtualenvs/*"),
    ("venv", "~/.venvs/*"),
    ("venv", "~/.venv"),
    ("venv", "~/venv"),
    ("venv", "~/*/.venv"),
    ("venv", "~/*/venv"),
    ("venv", "~/*/*/.venv"),
    ("pixi", "~/.pixi/envs/*"),
    ("pixi", "~/*/.pixi/envs/*"),
    ("pixi", "~/*/*/.pixi/envs/*"),
)
MOST = 200


def environments() -> Dict[str, Any]:
    """Return the environments, the one of the login shell first."""
    found = [_system()]
    for prefix in _private():
        _add(found, "private", prefix, "runicorn-private")
    for prefix in _conda_prefixes():
        _add(found, "conda", prefix, _conda_name(prefix))
    for kind, pattern in VIRTUAL:
        for prefix in sorted(glob.glob(os.path.expanduser(pattern)))[:MOST]:
            _add(found, _kind(kind, prefix), prefix, _name(prefix))
    return {"environments": _named_apart(found[:MOST]), "host": _host()}


def _private() -> List[str]:
    """Return the environments that were made for our viewer alone and are whole, the newest first."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    found = []
    for mark in glob.glob(os.path.join(data, "runicorn-jupyter", "env-*", "complete")):
        try:
            found.append((os.stat(mark).st_mtime, os.path.dirname(mark)))
        except OSError:
            continue
    return [prefix for _, prefix in sorted(found, reverse=True)]


def _system() -> Shape:
    packages = [path for path in sys.path if os.path.isdir(path)]
    shape = _shape("system", "system", sys.prefix, sys.executable, packages)
    return dict(shape, python_version=platform.python_version())


def _add(found: List[Shape], kind: str, prefix: str, name: str) -> None:
    python = os.path.join(prefix, "bin", "python")
    known = {os.path.realpath(one["prefix"]) for one in found}
    if os.access(python, os.X_OK) and os.path.realpath(prefix) not in known:
        packages = glob.glob(os.path.join(prefix, "lib", "python3*", "site-packages"))
        found.append(_shape(name, kind, prefix, python, packages))


def _shape(name: str, kind: str, prefix: str, python: str, packages: List[str]) -> Shape:
    shape = {"name": name, "type": kind, "prefix": prefix, "python": python, "python_version": _version(prefix)}
    for distribution in ("runicorn_jupyter", "runicorn"):
        for folder in packages:
            for info in glob.glob(os.path.join(folder, distribution + "-*.dist-info")):
                version = os.path.basename(info)[len(distribution) + 1 : -len(".dist-info")]
                return dict(shape, distribution=distribution.replace("_", "-"), runicorn_version=version)
    return dict(shape, distribution=None, runicorn_version=None)


def _version(prefix: str) -> Optional[str]:
    for line in _lines(os.path.join(prefix, "pyvenv.cfg")):
        key, _, value = line.partition("=")
        if key.strip() in ("version", "version_info"):
            return ".".join(value.strip().split(".")[:3])
    for meta in glob.glob(os.path.join(prefix, "conda-meta", "python-3*.json")):
        return os.path.basename(meta).split("-")[1]
    for folder in glob.glob(os.path.join(prefix, "lib", "python3*")):
        return os.path.basename(folder)[len("python") :]
    return None


def _conda_prefixes() -> List[str]:
    roots = [os.path.expanduser(root) for root in CONDA_ROOTS]
    program = os.environ.get("CONDA_EXE") or os.environ.get("MAMBA_EXE")
    if program:
        roots.insert(0, os.path.dirname(os.path.dirname(program)))
    if os.environ.get("MAMBA_ROOT_PREFIX"):
        roots.insert(0, os.environ["MAMBA_ROOT_PREFIX"])
    listed = [line.strip() for line in _lines(os.path.expanduser("~/.conda/environments.txt"))]
    every = roots + [prefix for root in roots for prefix in sorted(glob.glob(os.path.join(root, "envs", "*")))] + listed
    return [prefix for prefix in every if os.path.isdir(os.path.join(prefix, "conda-meta"))][:MOST]


def _conda_name(prefix: str) -> str:
    parent, name = os.path.split(prefix.rstrip("/"))
    return name if os.path.basename(parent) == "envs" else "base"


def _kind(kind: str, prefix: str) -> str:
    config = _lines(os.path.join(prefix, "pyvenv.cfg"))
    return "uv" if kind == "venv" and any(line.startswith(("uv ", "uv=")) for line in config) else kind


def _name(prefix: str) -> str:
    parent, name = os.path.split(prefix.rstrip("/"))
    return os.path.basename(parent) if name in (".venv", "venv") else name


def _named_apart(found: List[Shape]) -> List[Shape]:
    """Give environments of one name a number, so that a name says which one is meant."""
    seen: Dict[str, int] = {}
    for one in found:
        seen[one["name"]] = seen.get(one["name"], 0) + 1
        if seen[one["name"]] > 1:
            one["name"] = "%s (%d)" % (one["name"], seen[one["name"]])
    return found


def _host() -> Shape:
    home = os.path.expanduser("~")
    root, reason = _root(home)
    return {
        "hostname": platform.node(),
        "os": os.uname().sysname,
        "home": home,
        "python_version": platform.python_version(),
        "root": root,
        "root_reason": reason,
        "root_exists": os.path.isdir(root),
    }


def _root(home: str) -> Tuple[str, str]:
    if os.environ.get("RUNICORN_DIR"):
        return os.path.expanduser(os.environ["RUNICORN_DIR"]), "variable"
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    for folder in ("runicorn-jupyter", "runicorn"):
        try:
            with open(os.path.join(config, folder, "config.json"), encoding="utf-8") as stream:
                root = json.load(stream).get("user_root_dir")
        except (OSError, ValueError, AttributeError):
            continue
        if isinstance(root, str) and root:
            return os.path.expanduser(root), "configuration"
    return os.path.join(home, "runicorn_data"), "default"


def _lines(file: str) -> List[str]:
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:
            return stream.read(1000000).splitlines()
    except OSError:
        return []


def count_runs(path: str) -> int:
    """Return how many runs a folder holds, in layout 0.5 below projects, from 0.6 on below `runs` (the first level)."""
    return len(glob.glob(os.path.join(path, "*", "*", "runs", "*"))) + len(glob.glob(os.path.join(path, "runs", "*")))


def roots(most: int = 3) -> Dict[str, Any]:
    """Return folders not far below home that look like storage roots."""
    home = os.path.expanduser("~")
    found: List[Shape] = []
    level = [home]
    for _ in range(most):
        below = [path for folder in level[:2000] for path in _folders(folder)]
        for path in below:
            runs = 0 if any(path.startswith(one["path"] + "/") for one in found) else count_runs(path)
            if runs:
                found.append({"path": path, "name": os.path.basename(path), "run_count": runs})
        level = below
    return {"scan_root": home, "max_depth": most, "candidates": found[:MOST]}


def _folders(folder: str) -> List[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    paths = [os.path.join(folder, name) for name in names if not re.match(r"[.]|node_modules$|site-packages$", name)]
    return [path for path in paths if os.path.isdir(path) and not os.path.islink(path)]
