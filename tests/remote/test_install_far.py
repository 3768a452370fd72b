"""What the far side of an installation keeps, removes and answers; and what is made of answers that lie (S08)."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runicorn_jupyter.remote import errors, install
from runicorn_jupyter.remote.far import environments
from runicorn_jupyter.remote.far import install as far


@pytest.fixture
def base(own_home: Path) -> Path:
    base = own_home / ".local" / "share" / "runicorn-jupyter"
    base.mkdir(parents=True)
    return base


def environment(
    base: Path, name: str, *, digest: str | None = None, owner: str = "", python: str = sys.executable
) -> Path:
    """Make a folder like an environment; whole when it has a digest."""
    folder = base / name
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(python)
    for part in ("tmp", "wheels"):
        (folder / part).mkdir()
    if digest:
        (folder / "complete").write_text(json.dumps({"digest": digest}))
    (folder / "owner").write_text(owner)
    return folder


def aged(folder: Path) -> Path:
    """Return the folder as if nothing had moved in it for long."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1, 1), follow_symlinks=False)
    return folder


def python(path: Path, version: str, *, kind: str = "cpython", size: int = 8, free: str = "false") -> Path:
    """Write a program that answers as a Python of this version does."""
    path.write_text(f"#!/bin/sh\necho '[[{version.replace('.', ', ')}, 1], \"{kind}\", {size}, {free}]'\n")
    path.chmod(0o755)
    return path


def test_the_python_is_one_that_the_viewer_runs_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(far, "PYTHONS", ())
    monkeypatch.setattr(sys, "executable", str(python(tmp_path / "login", "3.6")))
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no\n")
    broken.chmod(0o755)
    unfit = [
        str(python(tmp_path / "old", "3.10")), str(python(tmp_path / "pypy", "3.11", kind="pypy")), str(broken),
        str(python(tmp_path / "small", "3.12", size=4)), str(python(tmp_path / "free", "3.13", free="true")), "", "x",
    ]  # fmt: skip
    assert far._python(unfit) == (None, ["3.10", "3.11", "3.12", "3.13", "3.6"])
    new, right = python(tmp_path / "new", "3.99"), python(tmp_path / "right", "3.12")
    assert far._python([*unfit, str(new)])[0] == str(new)
    assert far._python([*unfit, str(new), str(right)])[0] == str(right)


def test_a_whole_one_of_the_same_bytes_is_taken(base: Path) -> None:
    environment(base, "env-1-other", digest="other")
    folder = environment(base, "env-1-same", digest="same")
    assert far.prepare("1", "same", "me", []) == {"ready": str(folder)}


def test_a_half_one_is_never_taken(base: Path) -> None:
    half = environment(base, "env-1-half", owner="somebody")
    told = far.prepare("1", "same", "me", [])
    assert told["folder"] != str(half)
    assert half.exists()


def test_half_ones_of_earlier_tries_are_removed(base: Path) -> None:
    mine = environment(base, "env-1-mine", owner="me")
    theirs = environment(base, "env-1-theirs", owner="you")
    dead = aged(environment(base, "env-1-dead", owner="you"))
    far.prepare("1", "same", "me", [])
    assert [path.exists() for path in (mine, theirs, dead)] == [False, True, False]


def test_only_whole_ones_are_environments(own_home: Path, base: Path) -> None:
    whole = environment(base, "env-1-whole", digest="x")
    environment(base, "env-1-half")
    found = environments.environments()["environments"]
    assert [(one["name"], one["type"], one["prefix"]) for one in found][1:] == [
        ("runicorn-private", "private", str(whole))
    ]


def test_an_older_one_goes_unless_something_runs_from_it(base: Path, tmp_path: Path) -> None:
    fine = tmp_path / "fine"
    fine.write_text("#!/bin/sh\nexit 0\n")
    fine.chmod(0o755)
    new = environment(base, "env-2-new", python=str(fine))
    used, unused = (environment(base, f"env-1-{name}", digest=name) for name in ("used", "unused"))
    half = environment(base, "env-1-half")
    with subprocess.Popen([used / "bin" / "python", "-c", "input()"], stdin=subprocess.PIPE) as running:
        assert finished(new, base) == {"prefix": str(new)}
        running.communicate(b"\n", timeout=30)
    assert [path.exists() for path in (used, unused, half)] == [True, False, True]
    assert far.marked(str(new))["digest"] == "new"


def finished(folder: Path, base: Path) -> dict[str, object]:
    """Call `finish` as the host does: with an open standard input."""
    call = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from runicorn_jupyter.remote.far import install; import json;"
        "print(json.dumps(install.finish(sys.argv[2], '2', 'new')))"
    )
    root = Path(install.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", call, root, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        told = run.stdout.read()
        run.stdin.close()
    return json.loads(told)


def test_a_viewer_that_does_not_start_is_no_whole_environment(base: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no such module; exit 1\n")
    broken.chmod(0o755)
    folder = environment(base, "env-2-new", python=str(broken))
    assert finished(folder, base) == {"code": 1, "text": "no such module\n", "full": False}
    assert not far.marked(str(folder))


def test_discard_takes_only_a_half_environment_of_ours(base: Path, tmp_path: Path) -> None:
    whole, half = environment(base, "env-1-whole", digest="x"), environment(base, "env-1-half")
    other = environment(tmp_path, "env-1-other")
    for folder in (whole, half, other, base / ".." / "runicorn-jupyter", base):
        far.discard(str(folder))
    assert [path.exists() for path in (whole, half, other, base)] == [True, False, True, True]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_an_answer(code: int) -> None:
    def failing() -> dict[str, object]:
        raise OSError(code, "full")

    assert far.guarded(failing)() == {"full": True}
    assert far._told(1, f"OSError: [Errno {code}] {os.strerror(code)}")["full"]


def test_any_other_fault_is_not_taken_for_a_full_disk() -> None:
    def failing() -> dict[str, object]:
        raise PermissionError(errno.EACCES, "no")

    with pytest.raises(PermissionError):
        far.guarded(failing)()
    assert not far._told(1, "No matching distribution found")["full"]


@pytest.mark.parametrize("told", [None, 1, "", "relative", "/with\nline", "/" + "x" * 5000, ["/"]])
def test_s08_a_folder_that_is_none_is_refused(told: object) -> None:
    with pytest.raises(errors.RemoteError):
        install._folder(told)


MARKERS = {"python_version": "3.13", "platform_machine": "x86_64"}


def test_s08_a_machine_is_told_in_plain_words_only() -> None:
    target = install._target({
        "markers": {**MARKERS, "other": "x", "os_name": "p" * 9000},
        "platforms": ["linux_x86_64", "--index-url=evil", "a b", 7, "../x"],
    })  # fmt: skip
    assert target.platforms == ("linux_x86_64",)
    assert set(target.markers) == set(install._MARKERS)
    assert len(target.markers["os_name"]) == 300


@pytest.mark.parametrize(
    "told",
    [
        {}, {"markers": [], "platforms": []}, {"markers": MARKERS, "platforms": {}},
        {"markers": {"python_version": "3.13 --pre"}, "platforms": []},
        {"markers": {"python_version": 3}, "platforms": []},
        {"code": 1, "text": "\x1b[31mno"},
    ],
)  # fmt: skip
def test_s08_a_machine_of_another_form_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(errors.RemoteError) as refused:
        install._target(told)
    assert str(refused.value).isprintable()


def test_s08_pythons_that_are_none_are_not_repeated() -> None:
    with pytest.raises(errors.PythonMissing) as told:
        install._python({"python": None, "seen": ["3.6", "3.9", "<script>", 4, "3.10\n"]})
    assert "(it has 3.6, 3.9)" in str(told.value)
    assert "script" not in str(told.value)


def test_s08_the_end_of_a_failure_is_cleaned() -> None:
    with pytest.raises(errors.InstallFailed) as told:
        install._done({"code": 1, "text": "x" * 9000 + "\x1b]0;title\x07 no\n"}, "It failed")
    assert str(told.value).endswith(" no")
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 400
