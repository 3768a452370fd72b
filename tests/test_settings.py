"""The small files of the user's configuration: damaged ones, and several writers at once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from runicorn_jupyter import settings
from runicorn_jupyter.errors import RootUnusable
from runicorn_jupyter.paths import config_folder


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b'{"column_widths": 5}'])
def test_a_damaged_file_counts_as_empty_and_is_replaced(content):
    config_folder().mkdir(parents=True)
    (config_folder() / settings.PREFERENCES).write_bytes(content)
    assert settings.column_widths("t@s") == {}
    assert settings.dismissed_alerts() == []
    settings.set_column_widths("t@s", {"a": 1})
    assert settings.column_widths("t@s") == {"a": 1}


def test_unknown_keys_of_a_file_are_kept():
    settings.change(settings.CONFIG, lambda held: held.update(other=[1]))
    settings.change(settings.CONFIG, lambda held: held.update(user_root_dir="x"))
    assert settings.read(settings.CONFIG) == {"other": [1], "user_root_dir": "x"}


def test_processes_that_save_at_once_lose_nothing():
    source = (
        "import sys\nfrom runicorn_jupyter import settings\n"
        "for n in range(40): settings.set_alert(f'{sys.argv[1]}-{n}', dismissed=True)\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", source, str(who)]) for who in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert sorted(settings.dismissed_alerts()) == sorted(f"{who}-{n}" for who in range(3) for n in range(40))


def test_only_the_newest_tables_are_kept():
    many = {str(number): {"widths": {}} for number in range(510)}
    settings.change(settings.PREFERENCES, lambda held: held.update(column_widths=many))
    settings.set_column_widths("last", {"a": 1})
    kept = settings.read(settings.PREFERENCES)["column_widths"]
    assert len(kept) == 500
    assert "last" in kept
    assert "0" not in kept


def test_a_root_in_a_folder_without_permission_is_refused(tmp_path):
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o500)
    source = (
        "import sys\nfrom runicorn_jupyter import errors, settings\n"
        "try: settings.set_root(sys.argv[1])\nexcept errors.RootUnusable as error: print(error)\n"
    )
    command = [sys.executable, "-c", source, str(shut / "in")]
    if os.geteuid() == 0:  # root writes everywhere: drop the capabilities that let it
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "cannot be made (permission denied)" in done.stdout
    assert not (shut / "in").exists()


@pytest.mark.parametrize("path", ["mine", "./mine", "a/b", ".", "$NOTHING/x"])
def test_a_root_that_is_relative_is_refused(tmp_path, monkeypatch, path):
    """A server stands somewhere that nobody chose: what it would make there is no root of the user."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RootUnusable, match="relative"):
        settings.set_root(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limits", [{}, {"v2": 5, "delete": 0}])
def test_rate_limits_are_kept(limits):
    settings.set_rate_limits(limits)
    assert settings.rate_limits() == limits


def test_rate_limits_that_are_no_numbers_do_not_count():
    settings.change(settings.RATE_LIMITS, lambda held: held.update(limits={"v2": "x", "delete": True, "connect": 3}))
    assert settings.rate_limits() == {"connect": 3}
