"""References: what a version names is compared with its checksum where it can be read, and told as unchecked else."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from io import BytesIO

import pytest
from artifact_trees import files, saved

from runicorn_jupyter.models import ReferenceEntry, Verified, Verifying
from runicorn_jupyter.store.artifacts import Artifacts

CONTENT = b"parquet" * 1000
ANSWERS = {"https://host/data.bin": CONTENT, "http://host/long": CONTENT * 2}


@contextmanager
def answered(address):
    if address not in ANSWERS:
        raise OSError("no server can be reached there")
    yield BytesIO(ANSWERS[address])


def digest(kind="sha256"):
    return f"{kind}:{hashlib.new(kind, CONTENT).hexdigest()}"


@pytest.fixture
def verified(tmp_path):
    def verify(*references, fetch=False, opener=answered):
        root = tmp_path / "root"
        saved(root, files(tmp_path / "src", one=b"1"), references=references)
        return Artifacts(root, opener=opener).verify("a", fetch=fetch)

    return verify


@pytest.fixture
def there(tmp_path):
    path = tmp_path / "far" / "train set.bin"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path


def test_files_of_this_machine_are_read_whatever_their_checksum(verified, there):
    kinds = [digest(kind) for kind in ("sha256", "md5", "sha1", "sha512")]
    bare = digest().removeprefix("sha256:").upper()
    names = [ReferenceEntry(str(there), told, len(CONTENT)) for told in [*kinds, bare]]
    found = verified(*names, ReferenceEntry(there.as_uri(), digest()), ReferenceEntry(str(there), None, len(CONTENT)))
    assert (found.ok, found.references, dict(found.unchecked)) == (True, 7, {})


def test_a_changed_or_missing_file_is_a_problem(verified, there):
    gone = there.with_name("gone")
    whole = ReferenceEntry(there.as_uri(), digest(), len(CONTENT))
    short = ReferenceEntry(str(there), digest(), 5)
    there.write_bytes(CONTENT[:-1] + b"!")
    found = verified(whole, short, ReferenceEntry(str(gone), digest()), ReferenceEntry(str(there.parent), digest()))
    assert found.problems == {
        there.as_uri(): "has another content than the one that was saved",
        str(there): f"has {len(CONTENT)} bytes instead of 5",
        str(gone): "is not on this machine",
        str(there.parent): "is no regular file",
    }


def test_a_pipe_does_not_hold_the_reader(verified, there):
    pipe = there.with_name("pipe")
    os.mkfifo(pipe)
    assert verified(ReferenceEntry(str(pipe), digest())).problems == {str(pipe): "is no regular file"}


def test_what_cannot_be_read_here_is_told_as_not_checked(verified, there):
    found = verified(
        ReferenceEntry("s3://bucket/train.parquet", digest(), 1234),
        ReferenceEntry("train/set.bin", digest()),
        ReferenceEntry(str(there)),
        ReferenceEntry(there.as_uri(), "crc32c:12345678"),
        ReferenceEntry("file://elsewhere/set.bin", digest()),
        ReferenceEntry("https://host/data.bin", digest()),
    )
    assert (found.ok, found.references) == (True, 0)
    assert {uri: why.removeprefix("was not checked: ") for uri, why in found.unchecked.items()} == {
        "s3://bucket/train.parquet": "what lies at s3: is not read",
        "train/set.bin": "it is no absolute path of this machine",
        str(there): "it was added without a checksum",
        there.as_uri(): "its checksum is of a kind that is not known here",
        "file://elsewhere/set.bin": "what lies at file: is not read",
        "https://host/data.bin": "it lies on the network, which is only asked when you say so",
    }


def test_the_network_is_asked_only_when_told_to(verified):
    fine = ReferenceEntry("https://host/data.bin", digest(), len(CONTENT))
    long = ReferenceEntry("http://host/long", digest(), len(CONTENT))
    away = ReferenceEntry("https://nobody/", digest())
    found = verified(fine, long, away, fetch=True)
    assert found.problems == {
        "http://host/long": f"has more than {len(CONTENT)} bytes",
        "https://nobody/": "cannot be read: no server can be reached there",
    }
    assert found.references == 3


def test_verifying_says_how_far_it_is_and_ends_when_nobody_asks(tmp_path):
    root = tmp_path / "root"
    large = bytes(40 << 20)
    saved(root, files(tmp_path / "src", one=large, two=large))
    steps = list(Artifacts(root).verifying("a"))
    told = [step.done_bytes for step in steps if isinstance(step, Verifying)]
    assert told == sorted(told)
    assert len(told) >= 6
    assert {step.total_bytes for step in steps if isinstance(step, Verifying)} == {80 << 20}
    assert isinstance(steps[-1], Verified)
    asked = Artifacts(root).verifying("a")
    next(asked)
    asked.close()
    assert list(asked) == []
