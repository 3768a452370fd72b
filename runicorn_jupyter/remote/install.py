"""Our viewer, put into a private environment on a host: only after somebody said yes, and whole or not at all.

The host's own index serves the packages where pip reaches one there; else they are fetched here, for the host's
platform and Python, and pushed. The folder of the environment holds everything until its mark is written last.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncssh

from runicorn_jupyter._version import __version__
from runicorn_jupyter.models import Environment
from runicorn_jupyter.remote import pushing, wheels
from runicorn_jupyter.remote.connections import Connection
from runicorn_jupyter.remote.errors import InstallFailed, PythonMissing, RemoteError
from runicorn_jupyter.remote.script import ask

OnStep = Callable[[str, int, int], None]
"""Called with a step (``python``, ``copy``, ``environment``, ``packages``, ``download``, ``check``, ``done``), and how
far it is: done of total, bytes where files are copied."""

_LOOK_S = 180.0
_BUILD_S = 120.0
_PACKAGES_S = 900.0
_CHECK_S = 180.0
_DISCARD_S = 20.0
_POLL_S = 1.0
_MARKERS = (
    "implementation_name", "implementation_version", "os_name", "platform_machine", "platform_python_implementation",
    "platform_release", "platform_system", "platform_version", "python_full_version", "python_version", "sys_platform",
)  # fmt: skip
_PLATFORM = re.compile(r"[a-z0-9_]{1,64}")
_PYTHON = re.compile(r"3\.\d{1,2}")
_MOST_PLATFORMS = 200
_TEXT = 300


class Installer:
    """Installs on hosts, at most once at a time by one login; only for coroutines of one event loop."""

    def __init__(self) -> None:
        self._token = secrets.token_hex(8)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def install(self, connection: Connection, progress: OnStep) -> Environment:
        """Return the private environment of a host that has this very viewer, after making it where there is none.

        Parameters
        ----------
        connection : Connection
            An open login.
        progress : callable
            Told each step, on the thread of SSH.

        Raises
        ------
        PythonMissing
            The host has no Python that the viewer runs on.
        QuotaExceeded
            There is no room for it.
        InstallFailed, ConnectionTimeout, RemoteError
            Anything else; the half environment is removed, as long as the host can be reached.
        """
        owner = f"{self._token} {connection.where.key}"
        async with self._turns[connection.where.key]:
            with TemporaryDirectory(prefix="runicorn-wheels-") as room:
                return await _Installation(connection, progress, Path(room)).run(owner)


class _Installation:
    """One installation on one host."""

    def __init__(self, connection: Connection, progress: OnStep, room: Path) -> None:
        self._connection = connection
        self._ssh = connection.ssh
        self._progress = progress
        self._room = room
        self._folder = ""

    async def run(self, owner: str) -> Environment:
        self._progress("python", 0, 1)
        ours = await asyncio.to_thread(wheels.wheel, wheels.OURS)
        digest = ours.digest
        seen = await self._connection.detect()
        candidates = [one.python for one in seen.environments if one.type != "private"]
        told = await self._ask(
            "prepare", _LOOK_S, version=__version__, digest=digest, owner=owner, candidates=candidates
        )
        if "ready" not in told:
            python = _python(told)
            self._folder = _folder(told.get("folder"))
            try:
                await self._make(python, ours)
            except BaseException:
                await self._discard()
                raise
        return await self._environment(_folder(told.get("ready") or self._folder))

    async def _make(self, python: str, ours: wheels.Wheel) -> None:
        pip = await asyncio.to_thread(wheels.wheel, "pip")
        ours_here = ours.write(self._room)
        async with await pushing.sftp(self._ssh) as files:
            await self._push(files, [ours_here, pip.write(self._room)])
            self._progress("environment", 0, 1)
            told = await self._ask("build", _BUILD_S, folder=self._folder, python=python)
            _done(told, "The environment could not be made on the host")
            told = await self._packages(files, pip.name, ours.name, index=True)
            if told.get("code") != 0:
                await self._bring(files, pip.name, ours_here)
                told = await self._packages(files, pip.name, ours.name, index=False)
                _done(told, "The packages could not be installed on the host")
        self._progress("check", 0, 1)
        told = await self._ask("finish", _CHECK_S, folder=self._folder, version=__version__, digest=ours.digest)
        if told.get("prefix") != self._folder:
            _done(told, "The viewer was installed on the host but does not start there")

    async def _push(self, files: asyncssh.SFTPClient, paths: list[Path]) -> None:
        total = await asyncio.to_thread(lambda: sum(path.stat().st_size for path in paths))
        copied = 0

        def told(count: int) -> None:
            nonlocal copied
            copied += count
            self._progress("copy", copied, total)

        for path in paths:
            await pushing.push(self._ssh, files, path, self._folder, told)

    async def _packages(self, files: asyncssh.SFTPClient, pip: str, wheel: str, *, index: bool) -> Mapping[str, Any]:
        """Let the host install, and tell how many packages its pip has found and how many it has installed."""
        total = await asyncio.to_thread(wheels.needed)
        done = 0
        self._progress("packages", 0, 2 * total)
        work = self._ask("packages", _PACKAGES_S, folder=self._folder, pip=pip, wheel=wheel, index=index)
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({task}, timeout=_POLL_S))[0]:
                with suppress(OSError, asyncssh.Error, RemoteError, ValueError):
                    found, installed = (await pushing.within(_POLL_S, _read(files, f"{self._folder}/progress"))).split()
                    total = max(total, int(found[:4]), int(installed[:4]))
                    done = max(done, int(found[:4]) + int(installed[:4]))
                self._progress("packages", done, 2 * total)
        finally:
            task.cancel()
        return task.result()

    async def _bring(self, files: asyncssh.SFTPClient, pip: str, ours: Path) -> None:
        """Fetch the packages here and push them."""
        total = await asyncio.to_thread(wheels.needed)
        self._progress("download", 0, total)
        target = _target(await self._ask("target", _BUILD_S, folder=self._folder, pip=pip))
        folder = self._room / "for-the-host"
        folder.mkdir()
        await wheels.download(ours, target, folder, lambda found: self._progress("download", found, max(total, found)))
        await self._push(files, sorted(path for path in folder.iterdir() if path.name != ours.name))

    async def _discard(self) -> None:
        """Remove the half environment where the host still answers; it is never taken for a whole one anyway."""
        with suppress(RemoteError):
            await ask(self._ssh, "discard", patience=_DISCARD_S, folder=self._folder)

    async def _environment(self, folder: str) -> Environment:
        found = await self._connection.detect(again=True)
        for one in found.environments:
            if one.prefix == folder and one.has_viewer:
                self._progress("done", 1, 1)
                return one
        raise InstallFailed("The viewer was installed on the host, but its environment is not found there any more.")

    async def _ask(self, operation: str, patience: float, **arguments: Any) -> Mapping[str, Any]:
        told = await ask(self._ssh, operation, patience=patience, **arguments)
        if told.get("full") is True:
            raise pushing.full()
        return told


async def _read(files: asyncssh.SFTPClient, path: str) -> str:
    async with files.open(path, "r") as stream:
        return str(await stream.read(16))


def _python(told: Mapping[str, Any]) -> str:
    python = told.get("python")
    if isinstance(python, str) and python:
        return python
    versions = [one for one in told.get("seen") or () if isinstance(one, str) and _PYTHON.fullmatch(one)]
    seen = f" (it has {', '.join(versions[:10])})" if versions else ""
    raise PythonMissing(
        f"The host has no Python 3.11 or later that could be found{seen}: install one there, for example with "
        "`uv python install 3.12`, then try again."
    )


def _folder(told: object) -> str:
    if not isinstance(told, str) or not told.startswith("/") or not told.isprintable() or len(told) > 4096:
        raise RemoteError("The host answered with something else than was asked for.")
    return told


def _target(told: Mapping[str, Any]) -> wheels.Target:
    """Return what the host says of its machine, as far as it has the form that it must have."""
    markers, platforms = told.get("markers"), told.get("platforms")
    if not isinstance(markers, dict) or not isinstance(platforms, list):
        _done(told, "The host does not tell what packages would suit it")
        raise RemoteError("The host answered with something else than was asked for.")
    texts = {name: str(markers.get(name, ""))[:_TEXT] for name in _MARKERS}
    names = [one for one in platforms if isinstance(one, str) and _PLATFORM.fullmatch(one)]
    if not _PYTHON.fullmatch(texts["python_version"]):
        raise RemoteError("The host answered with something else than was asked for.")
    return wheels.Target(texts["python_version"], tuple(names[:_MOST_PLATFORMS]), texts)


def _done(told: Mapping[str, Any], otherwise: str) -> None:
    """Raise with the end of what the host's program said, unless it ended well."""
    if told.get("code") == 0:
        return
    said = " ".join(str(told.get("text", "")).split())
    tail = "".join(mark for mark in said[-_TEXT:] if mark.isprintable())
    raise InstallFailed(f"{otherwise}: {tail or 'it did not say why'}")
