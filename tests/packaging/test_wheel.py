"""The wheel a stranger installs: complete, without Node.js, and the same whether built from git or from the sdist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from places import REPOSITORY

from runicorn_jupyter import __version__

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def run(*command: str | Path, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build sdist and wheel as `make build` does, from a clean clone."""
    out = tmp_path_factory.mktemp("dist")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    run(REPOSITORY / "scripts" / "build.sh", out, cwd=REPOSITORY, env={**os.environ, "PATH": path})
    [wheel], [sdist] = out.glob("*.whl"), out.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def without_node(tmp_path_factory):
    """Return an environment whose PATH has a few plain tools, but no Node.js."""
    programs = tmp_path_factory.mktemp("bin")
    for tool in ("env", "bash", "sh", "uname", "rm", "mkdir"):
        (programs / tool).symlink_to(shutil.which(tool))
    return {**os.environ, "PATH": str(programs), "HOME": str(programs)}


@pytest.fixture(scope="module")
def clean_environment(built, without_node, tmp_path_factory):
    """Install the wheel, and JupyterLab to show it in, into a virtual environment of its own."""
    wheel, _ = built
    folder = tmp_path_factory.mktemp("venv")
    uv = Path(sys.executable).with_name("uv")
    run(uv, "venv", "--python", sys.executable, folder, env=os.environ)
    run(uv, "pip", "install", "--python", folder / "bin" / "python", wheel, "jupyterlab", env=os.environ)
    return folder / "bin"


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        return {name for name in opened.namelist() if not name.endswith("RECORD")}


def test_the_wheel_carries_every_part(built):
    wheel, _ = built
    files = names(wheel)
    for part in (
        "runicorn/__init__.py",
        "runicorn/py.typed",
        "runicorn_jupyter/static/widget.js",
        "runicorn_jupyter/static/remote.js",
        "runicorn_jupyter/static/page.js",
        "runicorn_jupyter/labextension/package.json",
    ):
        assert part in files
    shared = {name.split(".data/data/")[1] for name in files if ".data/data/" in name}
    assert "etc/jupyter/jupyter_server_config.d/runicorn_jupyter.json" in shared
    assert "share/jupyter/labextensions/runicorn-jupyter/package.json" in shared
    assert "share/jupyter/labextensions/runicorn-jupyter/install.json" in shared
    assert not [name for name in files if name.startswith(("tests/", "labextension/", "examples/"))]


def test_nothing_of_the_building_machine_is_in_the_wheel(built):
    wheel, _ = built
    places = [str(Path.home()), str(REPOSITORY), str(wheel.parent)]
    with zipfile.ZipFile(wheel) as opened:
        for name in opened.namelist():
            content = opened.read(name)
            assert not [place for place in places if len(place) > 5 and place.encode() in content], name


def test_the_sdist_builds_the_same_wheel(built, tmp_path):
    wheel, sdist = built
    run(sys.executable, "-m", "build", "--wheel", "--installer", "uv", "--outdir", tmp_path, _unpacked(sdist, tmp_path))
    [again] = tmp_path.glob("*.whl")
    assert names(again) == names(wheel)


def _unpacked(sdist: Path, folder: Path) -> Path:
    run("tar", "xzf", sdist, "-C", folder)
    [source] = [path for path in folder.iterdir() if path.is_dir()]
    return source


def test_jupyter_finds_it_without_an_enable_command(clean_environment, without_node):
    """Conventions 1 and 2: `pip install` is the whole installation, and both lists say OK."""
    servers = plain(run(clean_environment / "jupyter-server", "extension", "list", env=without_node))
    assert "runicorn_jupyter enabled" in servers
    assert f"runicorn_jupyter {__version__} OK" in servers
    labs = plain(run(clean_environment / "jupyter-labextension", "list", env=without_node))
    [line] = [line for line in labs.splitlines() if "runicorn-jupyter" in line]
    assert "enabled OK" in line


def plain(text: str) -> str:
    """Return `text` without the colours that Jupyter prints to any pipe."""
    return re.sub(r"\x1b\[\d+m", "", text)


def test_training_and_the_command_line_work_there(clean_environment, without_node, tmp_path):
    script = f"""
import runicorn as rn
run = rn.init(project="p", name="n", storage={str(tmp_path)!r})
run.log({{"loss": 1.0}})
run.finish()
print(len(rn.runs(storage=run.storage_root)), list(run.metrics()["loss"]))
"""
    assert "1 [1.0]" in run(clean_environment / "python", "-c", script, env=without_node)
    assert __version__ in run(clean_environment / "runicorn", "--version", env=without_node)
