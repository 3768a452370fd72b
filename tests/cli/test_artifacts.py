"""`runicorn artifacts`, as typed, in its own words and in the documented ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from runicorn_jupyter.cli import artifacts, main


@pytest.fixture
def root(upstream_053: Path, tmp_path: Path, monkeypatch) -> Path:
    """Return a root with the sample's artifacts and none of its runs."""
    root = tmp_path / "root"
    shutil.copytree(upstream_053 / "artifacts", root / "artifacts")
    monkeypatch.setenv("RUNICORN_DIR", str(root))
    return root


def said(capsys, *words: str, code: int = 0) -> str:
    assert main(["artifacts", *words]) == code, capsys.readouterr()
    return capsys.readouterr().out


@pytest.mark.parametrize("words", [["list"], ["--action", "list"]])
def test_what_there_is(root, capsys, words):
    text = said(capsys, *words)
    assert text.splitlines()[-1] == "6 artifacts"
    assert "vision-data-0" in text
    assert len(json.loads(said(capsys, *words, "--json"))) == 6
    assert said(capsys, *words, "--type", "model").splitlines()[-1] == "3 artifacts"
    assert said(capsys, *words, "--type", "none") == "0 artifacts\n"


@pytest.mark.parametrize(
    ("words", "documented"),
    [
        (["versions", "nlp-data-2"], ["--action", "versions", "--name", "nlp-data-2"]),
        (["info", "nlp-data-2:v2"], ["--action", "info", "--name", "nlp-data-2", "--version", "2"]),
        (["info", "nlp-data-2"], ["--action", "info", "--name", "nlp-data-2", "--type", "dataset"]),
        (["stats"], ["--action", "stats"]),
    ],
)
def test_the_documented_flags_say_the_same(root, capsys, words, documented):
    text = said(capsys, *words)
    assert text == said(capsys, *documented)
    assert len(text.splitlines()) > 2


def test_a_version_is_fetched_and_checked(root, capsys, tmp_path):
    out = tmp_path / "out"
    assert "3 files" in said(capsys, "download", "vision-data-0:v2", "--out", str(out))
    stored = root / "artifacts" / "dataset" / "vision-data-0" / "v2" / "files"
    for path in (path for path in stored.rglob("*") if path.is_file()):
        assert (out / path.relative_to(stored)).read_bytes() == path.read_bytes()
    assert "18 of 18 versions" in said(capsys, "verify")
    (stored / "weights.bin").unlink()
    (stored / "weights.bin").write_bytes(b"x" * 4096)
    assert "weights.bin has another content" in said(capsys, "verify", "vision-data-0", code=1)
    assert "0 of 1" in said(capsys, "verify", "vision-data-0:2", code=1)
    assert [file["path"] for file in json.loads(said(capsys, "files", "vision-data-0:2", "--json"))["files"]] == [
        "config.json",
        "sub/shared_vocab.txt",
        "weights.bin",
    ]
    assert "s3://bucket" in said(capsys, "files", "vision-data-0:2")


def test_delete_asks_restore_brings_back_and_gc_frees(root, capsys, monkeypatch):
    assert "Nothing was deleted" in said(capsys, "delete", "nlp-data-2:v1", code=1)
    answers = iter([True, False])
    monkeypatch.setattr(artifacts, "confirm", lambda _question: next(answers))
    assert "can be restored" in said(capsys, "delete", "nlp-data-2:v1")
    assert "deleted" in said(capsys, "versions", "nlp-data-2").splitlines()[1]
    assert "is back" in said(capsys, "restore", "nlp-data-2:v1")
    assert "for good" in said(
        capsys, "--action", "delete", "--name", "nlp-data-2", "--version", "1", "--permanent", "--force"
    )
    assert said(capsys, "versions", "nlp-data-2").splitlines()[-1] == "2 versions"
    promised = said(capsys, "gc", "--dry-run")
    assert promised.startswith("Would free 2 contents")
    assert "Nothing was freed" in said(capsys, "gc", code=1)
    assert said(capsys, "gc", "--force") == promised.replace("Would free", "Freed")
    assert json.loads(said(capsys, "gc", "--json"))["blobs"] == 0


def test_aliases_stages_and_the_graph(root, capsys):
    assert said(capsys, "alias", "resnet50-model:2", "--alias", "best") == "resnet50-model:best is v2.\n"
    assert "went from experimental to staging" in said(capsys, "promote", "resnet50-model:best", "--stage", "staging")
    assert "produces" in said(capsys, "lineage", "vision-data-0:v1")
    assert said(capsys, "lineage", "vision-data-0:v1", "--format", "mermaid").startswith("flowchart")
    assert json.loads(said(capsys, "lineage", "vision-data-0:v1", "--json"))["root_artifact"] == "vision-data-0:v1"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 2, "What is to be done"),
        (["info"], 2, "Which artifact"),
        (["delete", "nlp-data-2"], 2, "Which version"),
        (["info", "nothing"], 1, "not found"),
        (["info", "nlp-data-2:v9"], 1, "not found"),
        (["info", "nlp-data-2:nobody"], 1, "Alias not found"),
        (["info", "../x"], 2, "plain word"),
        (["alias", "nlp-data-2:1"], 2, "--alias"),
        (["alias", "nlp-data-2:1", "--alias", "v3"], 2, "An alias is a word"),
        (["promote", "nlp-data-2:1"], 2, "--stage"),
        (["promote", "nlp-data-2:1", "--stage", "production"], 2, "Invalid transition"),
        (["list", "--action", "stats"], 2, "different things"),
        (["info", "a:1", "--version", "2"], 2, "different things"),
        (["lsit"], 2, "list"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(root, capsys, words, code, sentence):
    assert main(["artifacts", *words]) == code
    assert sentence in capsys.readouterr().err
