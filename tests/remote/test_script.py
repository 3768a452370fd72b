"""What our programs find on a host, over a real sshd; with login noise, old Pythons and hosts that lie (S07–S09)."""

from __future__ import annotations

import ast
import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fixtures_sshd import Sshd

from runicorn_jupyter.models import Detected
from runicorn_jupyter.remote import errors, folders, script
from runicorn_jupyter.remote.address import address
from runicorn_jupyter.remote.connect import connect
from runicorn_jupyter.remote.credentials import Credentials
from runicorn_jupyter.remote.environments import detected, named
from runicorn_jupyter.remote.hostkeys import HostKeys

FAR = Path(script.__file__).with_name("far")


@pytest.fixture
def far(sshd: Sshd, tmp_path: Path):
    """Return how to ask the host: one connection a question."""

    async def question(operation, **arguments):
        keys = HostKeys([sshd.known_hosts], tmp_path / "own")
        key = Credentials(private_key_path=str(sshd.key), use_agent=False)
        connection = await connect(address("127.0.0.1", sshd.port, sshd.user), key, keys)
        try:
            return await script.ask(connection, operation, **arguments)
        finally:
            connection.close()
            await connection.wait_closed()

    return lambda operation, **arguments: asyncio.run(question(operation, **arguments))


def test_the_host_tells_its_environments(far) -> None:
    found = detected(far("environments"))
    assert found.environments[0].name == "system"
    assert found.environments[0].python_version
    assert found.host.hostname == os.uname().nodename
    assert named(found, "system").type == "system"
    with pytest.raises(errors.EnvironmentNotFound):
        named(found, "nowhere; touch canary")


@pytest.fixture
def home(own_home: Path) -> Path:
    """Return a home with one environment of each kind, laid out as its tool does."""

    def environment(path: str, *, config: str = "", ours: str = "", conda: str = "") -> None:
        prefix = own_home / path
        packages = prefix / "lib" / "python3.12" / "site-packages"
        packages.mkdir(parents=True)
        (prefix / "bin").mkdir()
        (prefix / "bin" / "python").symlink_to(sys.executable)
        if config:
            (prefix / "pyvenv.cfg").write_text(config)
        if conda:
            (prefix / "conda-meta").mkdir()
            (prefix / "conda-meta" / f"python-{conda}-h1_0.json").write_text("{}")
        if ours:
            (packages / f"{ours}.dist-info").mkdir()

    environment("miniforge3", conda="3.11.9")
    environment("miniforge3/envs/torch", conda="3.10.14", ours="runicorn_jupyter-0.3.0")
    environment("work/.venv", config="home = /x\nuv = 0.5.1\nversion_info = 3.13.1\n")
    environment("thesis/venv", config="version = 3.9.2\n", ours="runicorn-0.5.3")
    environment(".cache/pypoetry/virtualenvs/paper-x1-py3.12", config="version = 3.12.1\n")
    environment(".pyenv/versions/3.8.18")
    environment("tool/.pixi/envs/default", conda="3.12.4")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", own_home / ".virtualenvs" / "real"], check=True)
    return own_home


def locally(operation: str, home: Path, **arguments: object) -> dict[str, object]:
    """Run a sent program here, with another home."""
    request = f'{{"nonce": "n", "operation": "{operation}", "arguments": {{}}}}\n'
    program = script._script(operation)
    told = subprocess.run(
        [sys.executable, "-c", 'import sys;i=sys.stdin.buffer;exec(compile(i.read(int(i.readline())),"x","exec"))'],
        input=b"%d\n%b%b" % (len(program), program, request.encode()),
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
    )
    assert not told.stderr
    return script._checked(told.stdout.partition(b"\n")[2])


def test_every_kind_of_environment_is_found(home) -> None:
    found = detected(locally("environments", home))
    assert {
        (one.type, one.name, one.python_version, one.distribution, one.runicorn_version)
        for one in found.environments[1:]
    } == {
        ("conda", "base", "3.11.9", None, None),
        ("conda", "torch", "3.10.14", "runicorn-jupyter", "0.3.0"),
        ("uv", "work", "3.13.1", None, None),
        ("venv", "thesis", "3.9.2", "runicorn", "0.5.3"),
        ("poetry", "paper-x1-py3.12", "3.12.1", None, None),
        ("pyenv", "3.8.18", "3.12", None, None),
        ("pixi", "default", "3.12.4", None, None),
        ("venv", "real", ".".join(map(str, sys.version_info[:3])), None, None),
    }
    assert [one.has_viewer for one in found.environments if one.name in {"torch", "thesis"}] == [True, False]


def test_environments_of_one_name_are_told_apart(home) -> None:
    shutil.copytree(home / "work", home / "other" / "work", symlinks=True)
    names = [one.name for one in detected(locally("environments", home)).environments]
    assert len(names) == len(set(names))
    assert {"work", "work (2)"} <= set(names)


def test_the_root_is_found_as_the_host_would_find_it(home) -> None:
    def root() -> tuple[str, str]:
        host = detected(locally("environments", home)).host
        return host.root, host.root_reason

    assert root() == (str(home / "runicorn_data"), "default")
    (home / ".config" / "runicorn").mkdir(parents=True)
    (home / ".config" / "runicorn" / "config.json").write_text('{"user_root_dir": "~/runs of mine"}')
    assert root() == (str(home / "runs of mine"), "configuration")
    (home / ".config" / "runicorn" / "config.json").write_text("[]")
    assert root()[1] == "default"


def test_storage_roots_are_proposed(home) -> None:
    (home / "data" / "old" / "runs" / "20250101_000000_abcdef").mkdir(parents=True)
    (home / "store" / "digits" / "mlp" / "runs" / "20250101_000000_abcdef").mkdir(parents=True)
    found = folders.roots(locally("roots", home))["candidates"]
    assert [(one["path"], one["name"], one["run_count"]) for one in found] == [
        (str(home / "store"), "store", 1),
        (str(home / "data" / "old"), "old", 1),
    ]


def test_folders_are_listed(far, tmp_path) -> None:
    (tmp_path / "b.txt").write_text("four")
    (tmp_path / "z").mkdir()
    items = far("listing", path=str(tmp_path))["items"]
    assert [(item["name"], item["is_dir"]) for item in items][:2] == [("z", True), ("b.txt", False)]
    assert far("exists", path=str(tmp_path / "z")) == {"path": str(tmp_path / "z"), "exists": True, "is_dir": True}
    assert not far("exists", path=str(tmp_path / "no"))["exists"]


def test_why_a_folder_is_not_listed_is_told_in_a_sentence(far, tmp_path) -> None:
    (tmp_path / "file").touch()
    for name, kind in (("no", errors.FolderNotFound), ("file", errors.NotAFolder)):
        with pytest.raises(kind) as told:
            folders.folder(far("listing", path=str(tmp_path / name)))
        assert str(tmp_path / name) in str(told.value)
        assert "Error" not in str(told.value)
    with pytest.raises(errors.FolderForbidden, match="may not look into /root on"):
        folders.folder({"path": "/ro\x1bot", "cause": "forbidden"})


def test_s07_parameters_are_data(far, tmp_path, monkeypatch) -> None:
    for text in ("'; touch canary #", '"$(touch canary)"', "`touch canary`", "a\nb", "-rf", "|x", "\u2028"):
        assert far("exists", path=f"{tmp_path}/{text}") == {
            "path": f"{tmp_path}/{text}", "exists": False, "is_dir": False,
        }  # fmt: skip
    assert not list(Path.home().glob("canary"))


class Reader:
    """A channel whose bytes come in the given parts."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = list(parts)

    async def read(self, most: int) -> bytes:
        part = self.parts.pop(0) if self.parts else b""
        if len(part) > most:
            self.parts.insert(0, part[most:])
        return part[:most]


MARK = b"\0rnj:n:"


@pytest.mark.parametrize(
    "parts",
    [
        (b"\0rnj:n:2\n{}",),
        (b"Welcome!\nno mail\n\0rnj:other:9\n", b"\0rn", b"j:n:", b"2", b"\n{", b"}more"),
        (b"x" * 100_000, b"\0rnj:n:2\n{}"),
    ],
)
def test_s09_noise_around_the_answer_does_no_harm(parts) -> None:
    assert asyncio.run(script._framed(Reader(*parts), MARK)) == b"{}"


@pytest.mark.parametrize("parts", [(), (b"noise",), (b"\0rnj:n:9\n{}",)])
def test_an_answer_cut_short_is_none(parts) -> None:
    assert asyncio.run(script._framed(Reader(*parts), MARK)) is None


@pytest.mark.parametrize(
    "parts",
    [
        (b"\0rnj:n:-1\nx",), (b"\0rnj:n:99999999999\n",), (b"\0rnj:n:x",), (b"\0rnj:n:" + b"9" * 5000 + b"\n",),
        (b"\0rnj:n:", *(b"9" * 64,) * 99), (b"y" * 65_536,) * 8,
    ],
)  # fmt: skip
def test_s08_a_length_that_is_none_and_noise_without_end_are_refused(parts) -> None:
    with pytest.raises(errors.RemoteError):
        asyncio.run(script._framed(Reader(*parts), MARK))


@pytest.mark.parametrize("told", [b"[]", b"{", b"{}", b'{"ok": []}', b'{"error": "no"}', b"\xff"])
def test_s08_answers_of_another_form_are_refused(told) -> None:
    with pytest.raises(errors.RemoteError):
        script._checked(told)


def test_s08_hostile_names_become_plain_text() -> None:
    told = {
        "host": dict.fromkeys(("hostname", "os", "home", "python_version", "root", "root_reason"), "x\x1b[31m\n"),
        "environments": [dict.fromkeys(("name", "type", "prefix", "python"), "$(x)\0\r")] * 2000,
    }
    found: Detected = detected(told)
    assert found.host.hostname == "x[31m"
    assert len(found.environments) == 500
    assert found.environments[0].name == "$(x)"
    for wrong in ({}, {"host": [], "environments": []}, {**told, "environments": [{"name": 1}]}):
        with pytest.raises(errors.RemoteError):
            detected(wrong)


@pytest.mark.parametrize("file", sorted(FAR.glob("*.py")), ids=lambda file: file.name)
def test_what_is_sent_is_python_of_3_6(file) -> None:
    tree = ast.parse(file.read_text(), feature_version=(3, 6))
    imported = {
        name
        for node in ast.walk(tree)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
    }
    assert imported <= sys.stdlib_module_names
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.NamedExpr | ast.Match)]


@pytest.mark.parametrize(
    "told",
    [
        {}, {"items": {}}, {"path": "/", "items": [1], "total": 1}, {"path": 1, "items": [], "total": 0},
        {"path": "/", "items": [{"name": "a", "is_dir": 1, "size": "x", "mtime": 0}], "total": 1},
        {"path": "/", "cause": "else"}, {"path": "/", "cause": []}, {"path": 1, "cause": "file"},
        {"path": "/", "items": [], "total": float("inf")}, {"path": "x" * 5000, "items": [], "total": 0},
    ],
)  # fmt: skip
def test_s08_a_listing_of_another_form_is_refused(told) -> None:
    with pytest.raises(errors.RemoteError):
        folders.folder(told)


def test_an_account_without_python_is_told(far, monkeypatch) -> None:
    monkeypatch.setattr(script, "PYTHONS", ("no-python-here",))
    with pytest.raises(errors.PythonMissing):
        far("environments")


def test_an_account_that_runs_nothing_is_told(far, monkeypatch) -> None:
    monkeypatch.setattr(script, "PYTHONS", ("sh -c 'echo This account is currently not available.; exit 1'",))
    with pytest.raises(errors.NoShell):
        far("environments")
