"""Wheels made of what is installed, and wheels fetched for another machine."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import importlib.metadata
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from runicorn_jupyter import __version__
from runicorn_jupyter.remote import wheels
from runicorn_jupyter.remote.errors import InstallFailed
from runicorn_jupyter.remote.wheels import Target, Wheel


def read(wheel: Wheel) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(wheel.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("distribution", [wheels.OURS, "pip"])
def test_the_record_names_every_file_with_its_digest(distribution: str) -> None:
    files = read(wheels.wheel(distribution))
    [record] = [name for name in files if name.endswith(".dist-info/RECORD")]
    rows = [line.rsplit(",", 2) for line in files[record].decode().splitlines()]
    assert {name for name, _, _ in rows} == set(files)
    for name, digest, size in rows:
        if name != record:
            right = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).rstrip(b"=").decode()
            assert (digest, int(size)) == (f"sha256={right}", len(files[name]))


def test_ours_holds_what_a_viewer_needs() -> None:
    files = read(wheels.wheel(wheels.OURS))
    assert {"runicorn_jupyter/viewer.py", "runicorn_jupyter/remote/far/install.py", "runicorn/py.typed"} <= set(files)
    assert not [name for name in files if "__pycache__" in name or "labextension" in name or "/." in name]
    info = f"runicorn_jupyter-{__version__}.dist-info"
    assert b"Requires-Dist: jupyter" in files[f"{info}/METADATA"]
    assert b"runicorn = runicorn_jupyter.cli:main" in files[f"{info}/entry_points.txt"]


def test_an_installer_takes_it(tmp_path: Path) -> None:
    file = wheels.wheel(wheels.OURS).write(tmp_path)
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "pip", "install", "--quiet", "--no-deps", "--target", tmp_path / "there", file], check=True)
    found = importlib.metadata.Distribution.at(tmp_path / "there" / f"runicorn_jupyter-{__version__}.dist-info")
    assert (found.metadata["Name"], found.version) == (wheels.OURS, __version__)
    assert (tmp_path / "there" / "bin" / "runicorn").exists()


def test_another_owner_of_a_name_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: {"runicorn": ["runicorn", wheels.OURS]})
    assert {name.split("/")[0] for name, _ in wheels._files(wheels.OURS)} == {"runicorn_jupyter"}


def test_what_is_not_installed_is_told() -> None:
    with pytest.raises(InstallFailed, match="not installed here"):
        wheels.wheel("no-such-distribution")


def test_about_how_many_are_needed() -> None:
    assert 20 < wheels.needed() < 300


def tiny(folder: Path, name: str, *requires: str) -> Path:
    """Write a wheel that holds nothing but what it requires."""
    info = f"{name}-1.0.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    file = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}")
        archive.writestr(f"{info}/WHEEL", wheels._WHEEL)
        archive.writestr(f"{info}/RECORD", "")
    return file


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that pip takes for the only index there is."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return shelf


def fetched(file: Path, folder: Path, machine: str) -> set[str]:
    folder.mkdir()
    markers = {"platform_machine": machine, "python_version": "3.13", "extra": ""}
    counts: list[int] = []
    target = Target("3.13", ("manylinux_2_28_x86_64", "linux_x86_64"), markers)
    asyncio.run(wheels.download(file, target, folder, counts.append))
    assert counts == sorted(counts)
    return {path.name.split("-")[0] for path in folder.iterdir()}


def test_markers_are_read_as_the_other_machine_reads_them(shelf: Path, tmp_path: Path) -> None:
    file = tiny(shelf, "ours", "here ; platform_machine != 'elsewhere'", "there ; platform_machine == 'elsewhere'")
    for name in ("here", "there"):
        tiny(shelf, name)
    assert fetched(file, tmp_path / "one", "elsewhere") == {"ours", "there"}
    assert fetched(file, tmp_path / "two", "x86_64") == {"ours", "here"}


def test_a_package_that_cannot_be_had_is_told(shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(InstallFailed, match="nowhere-to-be-had"):
        fetched(tiny(shelf, "ours", "nowhere-to-be-had"), tmp_path / "one", "x86_64")
