"""Safe names and the choice of the root."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicorn_jupyter.errors import RootUnusable, UnsafeName
from runicorn_jupyter.paths import expand, find_root, open_regular, safe_name, split_path, write_atomically


@pytest.mark.parametrize("name", ["mlp", "你好", "emoji 🦄", "a" * 100, "v1.2_b-c", "con-text"])
def test_good_names_are_kept(name):
    """F04, F05: any script, up to a hundred characters."""
    assert safe_name(name) == unicodedata.normalize("NFC", name)


UNSAFE = """
../x|..|a/b|a\\b|/etc|.hidden|-rf|end |end.|NUL|com1.txt
""".strip().split("|")


@pytest.mark.parametrize("name", [*UNSAFE, "", "x\n", "x\0", "a" * 101, "好" * 100, "half \ud800"])
def test_unsafe_names_are_refused_in_a_sentence(name):
    """F01, F02: what could leave its folder, or cannot be stored everywhere, is never created."""
    with pytest.raises(UnsafeName, match=r"The project .*\."):
        safe_name(name, "project")


def test_names_that_are_no_text_are_refused():
    with pytest.raises(UnsafeName, match="not int"):
        safe_name(3)


@given(st.text(max_size=120))
def test_whatever_is_accepted_stays_one_component_below_its_folder(name):
    try:
        safe = safe_name(name)
    except UnsafeName:
        return
    assert os.path.normpath(f"/root/{safe}") == f"/root/{safe}"
    assert Path("/root", safe).parent == Path("/root")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", ("_root", "default")),
        ("/", ("_root", "default")),
        ("one", ("one", "default")),
        ("a/b/c", ("a", "b__c")),
    ],
)
def test_paths_map_to_project_and_folder(path, place):
    """D14."""
    assert split_path(path) == place


def test_the_root_is_chosen_by_rank(tmp_path, monkeypatch, own_home):
    """D21: argument, variable, setting, user config, home; upstream's own config is read too."""
    assert find_root() == (own_home / "runicorn_data", "default")
    theirs = own_home / ".config" / "runicorn"
    theirs.mkdir()
    (theirs / "config.json").write_text(json.dumps({"user_root_dir": "/data/theirs"}))
    assert find_root().reason == "user config"
    ours = own_home / ".config" / "runicorn-jupyter"
    ours.mkdir()
    (ours / "config.json").write_text(json.dumps({"user_root_dir": "/data/ours"}))
    assert str(find_root().path) == "/data/ours"
    assert find_root(setting="/data/setting") == (expand("/data/setting"), "setting")
    monkeypatch.setenv("RUNICORN_DIR", "$HOME/env")
    assert find_root(setting="/data/setting") == (own_home / "env", "RUNICORN_DIR")
    assert find_root("~/argument") == (own_home / "argument", "argument")


@pytest.mark.parametrize("text", ["E:\\RunicornData", "C:/x", "", "  ", "a\0b"])
def test_what_is_no_path_here_is_refused(text):
    with pytest.raises(RootUnusable):
        expand(text)


def test_regular_files_only_and_no_link_on_the_way(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_text("text")
    (tmp_path / "in" / "link").symlink_to("file")
    (tmp_path / "door").symlink_to("in")
    os.mkfifo(tmp_path / "in" / "fifo")
    with os.fdopen(open_regular(tmp_path, "in/file")) as file:
        assert file.read() == "text"
    for unsafe in ("in/link", "door/file", "in/fifo", "in", "in/../in/file", "/etc/passwd", "in//file", "absent"):
        with pytest.raises(OSError):
            open_regular(tmp_path, unsafe)


def test_a_replaced_file_is_never_half(tmp_path, monkeypatch):
    """G7: when writing fails the old content stands and nothing is left behind."""
    target = tmp_path / "status.json"
    write_atomically(target, b"old")
    assert target.read_bytes() == b"old"

    def full(fd, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_an_account_without_a_home_can_name_its_root(monkeypatch):
    """A container's user may have no home directory at all; only the default needs one."""

    def homeless(*_, **__):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("platformdirs.user_config_dir", homeless)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert find_root("/data/runs").reason == "argument"
    with pytest.raises(RootUnusable, match="no home directory"):
        find_root()
