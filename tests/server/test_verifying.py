"""Verifying over HTTP: one answer, or lines that say how far it is; references to the network only when asked."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from mounts import Mount

import runicorn as rn

CONTENT = b"rows" * 100


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def root(tmp_path: Path, elsewhere: ThreadingHTTPServer) -> Path:
    root, big = tmp_path / "root", tmp_path / "big.bin"
    big.write_bytes(bytes(40 << 20))
    with rn.init(project="p", name="n", storage=str(root), capture_env=False) as run:
        made = rn.Artifact("data", type="dataset").add_file(big)
        made.add_reference(f"http://127.0.0.1:{elsewhere.server_port}/rows", hashlib.sha256(CONTENT).hexdigest())
        made.add_reference("s3://bucket/rows", "sha256:ab", 3)
        run.log_artifact(made)
    return root


async def posted(mount: Mount, body: object, accept: str = "application/json"):
    headers = {**mount.token, "Content-Type": "application/json", "Accept": accept}
    answer = await mount.fetch("/artifacts/data/v1/verify", headers, method="POST", body=json.dumps(body).encode())
    assert answer.code == 200, answer.body
    return answer


async def test_the_network_is_asked_only_when_told_to(mount: Mount, elsewhere: ThreadingHTTPServer) -> None:
    address = f"http://127.0.0.1:{elsewhere.server_port}/rows"
    quiet = json.loads((await posted(mount, {})).body)
    assert (quiet["ok"], quiet["references"], set(quiet["unchecked"])) == (True, 0, {address, "s3://bucket/rows"})
    await mount.json("/artifacts/data/v1")
    await mount.json("/artifacts/data/v1/files")
    assert elsewhere.asked == []  # type: ignore[attr-defined]
    asked = json.loads((await posted(mount, {"fetch": True})).body)
    assert (asked["ok"], asked["references"], set(asked["unchecked"])) == (True, 1, {"s3://bucket/rows"})
    assert elsewhere.asked == ["/rows"]  # type: ignore[attr-defined]


async def test_lines_say_how_far_it_is_and_end_with_the_answer(mount: Mount, root: Path) -> None:
    answer = await posted(mount, {}, "application/x-ndjson")
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    *progress, last = map(json.loads, answer.body.splitlines())
    assert all(step["total_bytes"] == 40 << 20 for step in progress)
    assert last == json.loads((await posted(mount, {})).body)
    (root / "artifacts" / "dataset" / "data" / "v1" / "files" / "big.bin").unlink()
    *_, last = map(json.loads, (await posted(mount, {}, "application/x-ndjson")).body.splitlines())
    assert (last["ok"], last["problems"]) == (False, {"big.bin": "is missing"})
