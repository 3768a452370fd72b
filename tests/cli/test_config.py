"""`runicorn config`, `rate-limit` and `cache`: what is saved for this user, and what holds."""

from __future__ import annotations

import json

import pytest
from rundirs import write_run
from viewers import running_viewer

from runicorn_jupyter import paths, settings
from runicorn_jupyter.cli import main
from runicorn_jupyter.workspace import Workspace


def said(capsys) -> object:
    return json.loads(capsys.readouterr().out)


def test_the_root_is_shown_set_and_used(tmp_path, capsys):
    assert main(["config", "--json"]) == 0
    assert said(capsys)["storage_reason"] == "default"
    assert main(["config", "--set-user-root", str(tmp_path / "new")]) == 0
    out = capsys.readouterr().out
    assert f"Storage root: {tmp_path / 'new'} (user config)" in out
    assert (tmp_path / "new").is_dir()
    assert paths.find_root().path == tmp_path / "new"


def test_a_folder_here_is_one_for_ever(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["config", "--set-user-root", "mine"]) == 0
    assert paths.configured_root() == str(tmp_path / "mine")


def test_a_saved_root_that_is_outranked_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path))
    assert main(["config", "--set-user-root", str(tmp_path / "new")]) == 0
    assert "RUNICORN_DIR outranks it" in capsys.readouterr().out


@pytest.mark.parametrize("root", ["", "/etc/x", "E:\\runs"])
def test_a_root_that_cannot_be_one(root, capsys):
    assert main(["config", "--set-user-root", root]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert paths.configured_root() is None


def limits(capsys, *words: str) -> dict[str, int]:
    assert main(["rate-limit", *words, "--json"]) == 0
    return {row["kind"]: row["max_requests"] for row in said(capsys)}


def test_limits_are_saved_shown_and_forgotten(capsys):
    before = limits(capsys)
    assert before == {"standard": 6000, "v2": 6000, "delete": 10, "connect": 5}
    assert limits(capsys, "--action", "set", "--endpoint", "v2", "--max-requests", "7")["v2"] == 7
    assert limits(capsys, "--action", "set", "--endpoint", "/api/remote/connect", "--max-requests", "2")["connect"] == 2
    assert limits(capsys, "--action", "get", "--endpoint", "v2") == {"v2": 7}
    assert limits(capsys, "--action", "remove", "--endpoint", "v2") == {**before, "connect": 2}
    assert limits(capsys, "--action", "settings", "--enable")["standard"] == 60
    assert set(limits(capsys, "--action", "settings", "--disable").values()) == {0}
    assert limits(capsys, "--action", "reset") == before


def test_a_viewer_keeps_to_what_is_saved_and_its_own_option_outranks_it(upstream_053, capsys):
    limits(capsys, "--action", "set", "--endpoint", "standard", "--max-requests", "1234")
    with running_viewer(upstream_053) as viewer:
        assert viewer.get("/api/projects").headers["X-RateLimit-Limit"] == "1234"
    with running_viewer(upstream_053, "--rate-limit", "standard=4321") as viewer:
        assert viewer.get("/api/projects").headers["X-RateLimit-Limit"] == "4321"


@pytest.mark.parametrize(
    "words",
    [["--action", "set"], ["--action", "set", "--endpoint", "v2"], ["--action", "set", "--endpoint", "v3"],
     ["--action", "set", "--endpoint", "v2", "--max-requests", "99999999"],
     ["--action", "set", "--endpoint", "v2", "--max-requests", "5", "--window", "10"],
     ["--action", "settings", "--enable", "--disable"]],
)  # fmt: skip
def test_limits_that_are_none(words, capsys):
    assert main(["rate-limit", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert settings.rate_limits() == {}


def test_what_is_saved_can_be_wrong(capsys):
    assert main(["rate-limit", "--action", "validate"]) == 0
    settings.set_rate_limits({"nonsense": 3})
    assert main(["rate-limit", "--action", "validate"]) == 1
    assert "reset" in capsys.readouterr().err
    assert main(["rate-limit", "--action", "reset"]) == 0
    assert main(["rate-limit", "--action", "validate"]) == 0


def test_options_of_upstream_without_meaning_are_taken(capsys):
    assert main(["rate-limit", "--burst", "3", "--no-log-violations", "--whitelist-localhost"]) == 0
    assert "--burst, --log-violations, --whitelist-localhost changes nothing" in capsys.readouterr().err


@pytest.fixture
def cached(tmp_path):
    """Read two roots, so that something is kept of both."""
    roots = []
    for name in ("one", "two"):
        write_run(tmp_path / name, points=20_000)
        with Workspace(tmp_path / name) as hall:
            assert hall.wait_complete(20)
            hall.curves(["20260101_120000_abcdef"])
        roots.append(tmp_path / name)
    return roots


def test_what_is_kept_is_shown_by_root(cached, capsys):
    assert main(["cache", "--json"]) == 0
    found = said(capsys)
    assert {row["root"] for row in found["roots"]} == {str(root) for root in cached}
    assert all(row["index_bytes"] > 0 and row["curves_bytes"] > 0 for row in found["roots"])
    assert found["limit_bytes"] > 0
    assert main(["cache"]) == 0
    assert str(cached[0]) in capsys.readouterr().out


def test_one_root_is_cleared_and_read_again(cached, capsys):
    assert main(["cache", "clear", "--storage", str(cached[0]), "--json"]) == 0
    assert said(capsys)["freed_bytes"] > 0
    main(["cache", "--json"])
    assert [row["root"] for row in said(capsys)["roots"]] == [str(cached[1])]
    assert main(["runs", "--storage", str(cached[0])]) == 0
    assert "1 run" in capsys.readouterr().out


def test_curves_alone_or_all(cached, capsys):
    assert main(["cache", "clear", "--all", "--curves"]) == 0
    capsys.readouterr()
    main(["cache", "--json"])
    assert [row["curves_bytes"] for row in said(capsys)["roots"]] == [0, 0]
    assert main(["cache", "clear", "--all"]) == 0
    capsys.readouterr()
    main(["cache"])
    assert "nothing is kept" in capsys.readouterr().out


def test_an_open_workspace_outlives_a_clearing(cached, capsys):
    with Workspace(cached[0]) as hall:
        assert hall.wait_complete(20)
        assert main(["cache", "clear", "--storage", str(cached[0])]) == 0
        assert hall.wait_complete(20)
        assert len(hall.runs().runs) == 1
        [curve] = hall.curves(["20260101_120000_abcdef"])
        assert curve.total == 20_000
