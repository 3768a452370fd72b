"""What a program runs on and with, as environment.json keeps it (the keys are upstream's)."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking.process import machine
from runicorn_jupyter.tracking.surroundings.git import git_state
from runicorn_jupyter.tracking.surroundings.gpus import gpu_names
from runicorn_jupyter.tracking.surroundings.secrets import MASK, is_secret_name, masked, without_home

ALLOWED = re.compile(
    r"(CUDA|NCCL|OMP|MKL|OPENBLAS|NUMEXPR|KMP|ROCR|HIP|HSA|XLA|TF|JAX|PYTORCH|TORCH|TORCHELASTIC|TORCHINDUCTOR|TRITON|"
    r"ACCELERATE|DEEPSPEED|SLURM|PBS|LSB|HOROVOD|OMPI_COMM_WORLD|RUNICORN)(_\w+)?|PYTHON\w*|"
    r"RANK|LOCAL_RANK|WORLD_SIZE|LOCAL_WORLD_SIZE|NODE_RANK|MASTER_PORT|NVIDIA_VISIBLE_DEVICES|"
    r"CONDA_DEFAULT_ENV|LANG|LC_ALL|TZ|TOKENIZERS_PARALLELISM|HF_HUB_OFFLINE|TRANSFORMERS_OFFLINE"
)
"""Environment variables that are written down; every other is a person's own business."""

_NEVER = re.compile(r"SLURM_(JOB_USER|JOB_ACCOUNT|SUBMIT_\w+|TOPOLOGY_\w+|\w*HOST|\w*NODELIST|\w*ADDR\w*)|\w*PASSW\w*")
_VALUE_LIMIT = 1_000
_DIST = re.compile(r"(?P<name>.+?)-(?P<version>\d[^-]*)(?:-.*)?\.(?:dist|egg)-info")


def environment(folder: Path) -> dict[str, Any]:
    """Return what is known about this interpreter, its packages, the repository around `folder` and the machine."""
    return {
        "python_version": sys.version.replace("\n", " "),
        "platform": machine.platform(),
        "platform_details": _details(),
        "python_executable": without_home(sys.executable or ""),
        "command": _command(),
        "pip_packages": packages(),
        "conda_packages": _conda_packages(),
        "conda_env": os.environ.get("CONDA_DEFAULT_ENV"),
        "git_info": git_state(folder),
        "env_variables": variables(),
        "cpu_count": os.cpu_count(),
        "memory_total_gb": _memory(),
        "gpu_info": gpu_names(),
    }


def variables() -> dict[str, str]:
    """Return the environment variables that may be written down, secrets masked by name and by value."""
    found = {}
    for name, value in sorted(os.environ.items()):
        if not ALLOWED.fullmatch(name) or _NEVER.fullmatch(name):
            continue
        found[name] = MASK if is_secret_name(name) else masked(value[:_VALUE_LIMIT])
    return found


def packages() -> list[str]:
    """Return ``name==version`` of every installed distribution, from the names of its folder alone.

    Reading each one's metadata, as ``importlib.metadata`` does, takes 30 times as long, and a training waits for it.
    """
    found: dict[str, str] = {}
    for place in sys.path:
        try:
            names = [entry.name for entry in Path(place or ".").iterdir()]
        except OSError:
            continue
        for name in names:
            match = _DIST.fullmatch(name)
            if match and match["name"].lower() not in found:
                found[match["name"].lower()] = f"{match['name']}=={match['version']}"
    return sorted(found.values(), key=str.lower)


def _details() -> dict[str, str]:
    import platform

    system = platform.uname()
    return {
        "system": system.system,
        "node": system.node,
        "release": system.release,
        "version": system.version,
        "machine": system.machine,
        "processor": system.processor,
        "python_implementation": platform.python_implementation(),
        "python_compiler": platform.python_compiler(),
    }


def _command() -> list[str]:
    """Return the command line, masked: a secret given as an option comes after its name."""
    words: list[str] = []
    hide = False
    for word in sys.argv[:200]:
        name, equals, _ = word.partition("=")
        secret = name.startswith("-") and is_secret_name(name.lstrip("-").replace("-", "_"))
        words.append(MASK if hide else f"{name}={MASK}" if secret and equals else masked(word[:_VALUE_LIMIT]))
        hide = secret and not equals
    return words


def _conda_packages() -> list[str] | None:
    folder = Path(sys.prefix, "conda-meta")
    if not folder.is_dir():
        return None
    found = []
    for path in sorted(folder.glob("*.json")):
        name, version, build = [*path.stem.rsplit("-", 2), "", ""][:3]
        found.append(f"{name}={version}={build}")
    return found


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3, 1)
    except (ValueError, OSError, AttributeError):
        return None
