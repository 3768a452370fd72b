"""Wheels for a host: of what is installed here, made anew from its files, and of what that needs, for another machine.

A wheel is a zip file with three texts beside the packages (packaging.python.org, "Binary distribution format"), so no
build tool is needed to make one of files that are installed already.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from runicorn_jupyter.remote.errors import InstallFailed

OURS = "runicorn-jupyter"
_PACKAGES = {OURS: ("runicorn_jupyter", "runicorn"), "pip": ("pip",)}
_LEFT_OUT = {"__pycache__", "labextension"}
_WHEEL = "Wheel-Version: 1.0\nGenerator: runicorn-jupyter\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_DOWNLOAD_S = 900.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TAIL = 300


@dataclass(frozen=True, slots=True)
class Target:
    """The machine that wheels are for, as it tells of itself: checked, and never anything but an argument of pip."""

    python: str
    platforms: tuple[str, ...]
    markers: Mapping[str, str]
    """The environment that the markers of requirements are read in."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """The wheel of a distribution that is installed here."""

    name: str
    content: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of it, in hex."""
        return hashlib.sha256(self.content).hexdigest()

    def write(self, folder: Path) -> Path:
        """Put it into a folder."""
        file = folder / self.name
        file.write_bytes(self.content)
        return file


@cache
def wheel(distribution: str) -> Wheel:
    """Make the wheel of an installed distribution of pure Python, the same bytes from the same files; once a process.

    Raises
    ------
    InstallFailed
        It is not installed here as a whole.
    """
    try:
        known = metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        raise InstallFailed(f"{distribution} is not installed here as a package: install it with pip first.") from None
    stem = f"{distribution.replace('-', '_')}-{known.version}"
    info = f"{stem}.dist-info"
    contents = {name: path.read_bytes() for name, path in _files(distribution)}
    contents[f"{info}/METADATA"] = (known.read_text("METADATA") or "").encode()
    contents[f"{info}/entry_points.txt"] = (known.read_text("entry_points.txt") or "").encode()
    contents[f"{info}/WHEEL"] = _WHEEL.encode()
    contents[f"{info}/RECORD"] = _record(contents, f"{info}/RECORD")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), content, zipfile.ZIP_DEFLATED)
    return Wheel(f"{stem}-py3-none-any.whl", packed.getvalue())


def _files(distribution: str) -> Iterator[tuple[str, Path]]:
    """Yield the files of its packages; another distribution's package of the same name is not one of them."""
    owners = metadata.packages_distributions()
    for package in _PACKAGES[distribution]:
        spec = find_spec(package)
        if spec is None or not spec.origin or set(owners.get(package, [distribution])) - {distribution}:
            continue
        top = Path(spec.origin).parent
        for path in sorted(top.rglob("*")):
            parts = path.relative_to(top).parts
            if path.is_file() and not _LEFT_OUT.intersection(parts):
                yield "/".join((package, *parts)), path


def _record(contents: Mapping[str, bytes], itself: str) -> bytes:
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in contents.items()]
    return "\n".join([*lines, f"{itself},,", ""]).encode()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def needed() -> int:
    """Return about how many distributions an installation of ours consists of, for telling how far one has come."""
    found: set[str] = set()
    waiting = [OURS]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        with suppress(metadata.PackageNotFoundError):
            required = metadata.requires(name) or []
            waiting += [_normal(one) for one in required if "extra ==" not in one]
    return len(found)


def _normal(requirement: str) -> str:
    name = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""


async def download(file: Path, target: Target, folder: Path, told: Callable[[int], None]) -> None:
    """Fetch the wheels that `file` needs on another machine, by our own pip and its configuration here.

    Parameters
    ----------
    file, target, folder
        The wheel, the machine it shall run on, and where to put what it needs.
    told : callable
        Called with the number of distributions found so far.

    Raises
    ------
    InstallFailed
        No index is reached from here either, or a distribution has no wheel for that machine.
    """
    options = ["--only-binary=:all:", "--disable-pip-version-check", "--no-input", "--no-cache-dir"]
    machine = [f"--python-version={target.python}", "--implementation=cp"]
    machine += [f"--platform={platform}" for platform in target.platforms]
    command = [sys.executable, "-m", "runicorn_jupyter.remote.pipfor", "download", *options, *machine]
    process = await asyncio.create_subprocess_exec(
        *command,
        f"--dest={folder}",
        str(file),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_DOWNLOAD_S):
            tail = await _watched(process, json.dumps(dict(target.markers)).encode(), told)
    except TimeoutError:
        tail = "it took too long"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise InstallFailed(
            f"The host reaches no package index, and the packages could not be fetched from here either: {tail}"
        )


async def _watched(process: asyncio.subprocess.Process, markers: bytes, told: Callable[[int], None]) -> str:
    """Feed the process, count what it finds, and return the end of what it says."""
    if process.stdin is None or process.stdout is None:
        return ""
    process.stdin.write(markers)
    process.stdin.close()
    found, tail = 0, ""
    async for line in process.stdout:
        text = line.decode(errors="replace").strip()
        tail = text or tail
        if text.startswith("Collecting "):
            found += 1
            told(found)
    await process.wait()
    return "".join(mark for mark in tail[-_TAIL:] if mark.isprintable())
