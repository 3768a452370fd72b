"""BLAKE3 beside the SHA-256: what was saved is recognised by it, what changed is not, and nothing depends on it."""

from __future__ import annotations

import hashlib
import json
import sys

import pytest
from artifact_trees import check, own_bytes, saved

from runicorn_jupyter.paths import cache_folder
from runicorn_jupyter.store.artifacts import fingerprints
from runicorn_jupyter.store.artifacts.fingerprints import Both

SIZE = 3 << 20


@pytest.fixture(params=["blake3", "none"])
def package(request, monkeypatch):
    """Run a test with the package and without."""
    fingerprints._blake3.cache_clear()
    if request.param == "none":
        monkeypatch.setitem(sys.modules, "blake3", None)
    yield request.param
    fingerprints._blake3.cache_clear()


@pytest.fixture
def hashes(monkeypatch):
    """Return which kinds of hash took large contents."""
    seen = []

    class Sha:
        def __init__(self, data=b""):
            self._inner = hashlib.new("sha256", data)

        def update(self, data):
            seen.append("sha256")
            self._inner.update(data)

        def hexdigest(self):
            return self._inner.hexdigest()

    monkeypatch.setattr(hashlib, "sha256", Sha)
    return seen


def weights(folder, byte=1):
    path = folder / "weights.bin"
    path.write_bytes(bytes([byte]) * SIZE)
    return [(str(path), "weights.bin")]


def test_a_second_identical_version_is_recognised(tmp_path, package, hashes):
    root = tmp_path / "root"
    first = saved(root, weights(tmp_path))
    assert "sha256" in hashes
    before = own_bytes(root)
    hashes.clear()
    again = saved(root, weights(tmp_path), verify=True)
    assert [file.digest for file in again.manifest.files] == [file.digest for file in first.manifest.files]
    assert own_bytes(root) == before
    assert ("sha256" in hashes) is (package == "none")
    assert check(root) == [1, 2]


def test_one_changed_bit_makes_another_content(tmp_path, package):
    root, path = tmp_path / "root", tmp_path / "weights.bin"
    saved(root, weights(tmp_path))
    changed = bytearray(path.read_bytes())
    changed[SIZE // 2] ^= 1
    path.write_bytes(changed)
    again = saved(root, [(str(path), "weights.bin")])
    assert again.manifest.files[0].digest == f"sha256:{hashlib.sha256(changed).hexdigest()}"
    assert check(root) == [1, 2], package


def test_a_cache_that_lies_or_is_broken_costs_only_time(tmp_path, package):
    root = tmp_path / "root"
    saved(root, weights(tmp_path))
    kept = cache_folder() / "fingerprints.json"
    assert kept.exists() is (package == "blake3")
    digest = hashlib.sha256(bytes([1]) * SIZE).hexdigest()
    for text in (json.dumps({digest: "0" * 64}), "{", "[]", json.dumps({digest: 3})):
        kept.write_text(text)
        again = saved(root, weights(tmp_path), verify=True)
        assert again.manifest.files[0].digest == f"sha256:{digest}"
    assert check(root) == [1, 2, 3, 4, 5]


def test_small_files_are_not_fingerprinted_and_the_list_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprints, "_MOST", 2)
    root, path = tmp_path / "root", tmp_path / "weights.bin"
    path.write_bytes(b"small")
    saved(root, [(str(path), "weights.bin")])
    kept = cache_folder() / "fingerprints.json"
    assert not kept.exists()
    for byte in range(4):
        saved(root, weights(tmp_path, byte))
    found = json.loads(kept.read_bytes())
    assert list(found) == [hashlib.sha256(bytes([byte]) * SIZE).hexdigest() for byte in (2, 3)]


def test_both_digests_are_of_the_same_bytes():
    found = Both(hashlib.new("sha512"))
    found.update(b"ab")
    found.update(b"c")
    assert found.hexdigest() == hashlib.sha256(b"abc").hexdigest()
    assert found.fingerprint() == hashlib.sha512(b"abc").hexdigest()
