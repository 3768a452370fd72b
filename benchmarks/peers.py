"""How each viewer is started on a data folder of its own kind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server import Server, free_port
from benchmarks.venvs import python_of

Command = Callable[[Path, int], list[str]]
Environment = Callable[[Path, int], dict[str, str]]


@dataclass(frozen=True)
class Viewer:
    """A command, the path that says it works, and what its environment needs."""

    command: Command
    health: str
    environment: Environment = lambda _root, _port: {}
    rotate: bool = False


def start(who: str, root: Path, home: Path, command: Command | None = None) -> Server:
    """Start the viewer `who` on `root`.

    Parameters
    ----------
    home : Path
        Takes its caches, settings and log; the same one again is a restart.
    command : callable, optional
        Another command for the same viewer.
    """
    viewer, port = VIEWERS[who], free_port()
    home.mkdir(parents=True, exist_ok=True)
    folders = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA", "STATE")}
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    environment = {"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "PYTHONUNBUFFERED": "1", **folders}
    return Server(
        (command or viewer.command)(root, port),
        port,
        viewer.health,
        {**environment, **viewer.environment(root, port)},
        home / "server.log",
        rotate=viewer.rotate,
    )


def _ours(root: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "runicorn_jupyter", "viewer", "--storage", str(root), "--port", str(port)]


def _upstream(version: str) -> Command:
    def command(root: Path, port: int) -> list[str]:
        python = str(python_of(f"runicorn-{version}"))
        return [python, "-m", "runicorn", "viewer", "--storage", str(root), "--host", "127.0.0.1", "--port", str(port)]

    return command


def _trackio(_: Path, port: int) -> list[str]:
    ask = f"import trackio; trackio.show(block_thread=True, open_browser=False, host='127.0.0.1', server_port={port})"
    return [str(python_of("trackio")), "-c", ask]


def _mlflow(root: Path, port: int) -> list[str]:
    store = ["--backend-store-uri", f"sqlite:///{root}/mlflow.db", "--default-artifact-root", f"{root}/artifacts"]
    listen = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    return [str(python_of("mlflow")), "-m", "mlflow", "server", *store, *listen]


def _tensorboard(root: Path, port: int) -> list[str]:
    program = str(python_of("tensorboard").with_name("tensorboard"))
    listen = ["--host", "127.0.0.1", "--port", str(port)]
    return [program, "--logdir", str(root), *listen, "--samples_per_plugin", "scalars=1000", "--load_fast", "true"]


VIEWERS: dict[str, Viewer] = {
    "ours": Viewer(_ours, "/api/health"),
    "runicorn-0.5.3": Viewer(_upstream("0.5.3"), "/api/health", rotate=True),
    "runicorn-0.7.2": Viewer(_upstream("0.7.2"), "/api/health", rotate=True),
    "trackio": Viewer(
        _trackio,
        "/version",
        lambda root, _: {"TRACKIO_DIR": str(root), "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"},
    ),
    # Its job consumers burn a core for half a minute after each start; they have no part in what is asked here.
    "mlflow": Viewer(_mlflow, "/health", lambda _root, _port: {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}),
    "tensorboard": Viewer(_tensorboard, "/data/environment"),
}
