"""What every list and file promises a polite client: HEAD, entity tags, gzip over a network, ranges."""

from __future__ import annotations

import gzip
import json

import pytest
from mounts import Mount

from runicorn_jupyter.server.runs import lists

LISTS = [
    "/runs", "/runs?limit=3&order_by=id", "/experiments?limit=4", "/v2/experiments?per_page=5",
    "/paths/runs?path=nlp", "/projects/nlp/names/bert-finetune/runs",
]  # fmt: skip
OTHERS = [
    "/facets?keys=status",
    "/projects",
    "/paths",
    "/paths/tree",
    "/recycle-bin",
    "/artifacts",
    "/config/ssh_connections",
    "/gpu",
]


async def test_every_list_is_tagged_and_answers_head(mount: Mount) -> None:
    for address in (*LISTS, *OTHERS):
        whole = await mount.fetch(address)
        head = await mount.fetch(address, method="HEAD")
        assert (head.code, head.body) == (200, b""), address
        assert head.headers["Content-Type"] == "application/json"
        if "/v2/" not in address:  # it tells how long the query took
            assert head.headers["Content-Length"] == str(len(whole.body)), address
        assert head.headers["ETag"].removeprefix("W/") == whole.headers["ETag"].removeprefix("W/"), address
        again = await mount.fetch(address, {**mount.token, "If-None-Match": whole.headers["ETag"]})
        assert (again.code, again.body) == (304, b""), address


async def test_every_list_is_packed_for_a_far_client(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "_WORTH_IT", 1)
    far = {**mount.token, "Accept-Encoding": "gzip", "X-Forwarded-For": "192.0.2.7"}
    for address in LISTS:
        packed = await mount.fetch(address, far, unpack=False)
        assert packed.headers["Content-Encoding"] == "gzip", address
        assert packed.headers["Vary"] == "Accept-Encoding"
        assert type(json.loads(gzip.decompress(packed.body))) in {list, dict}


async def test_head_is_refused_where_there_is_no_get(mount: Mount) -> None:
    for address in ("/runs/move", "/experiments/tag", "/v2/experiments/batch-delete"):
        refused = await mount.fetch(address, method="HEAD")
        assert refused.code == 405
        assert "HEAD" not in refused.headers["Allow"]
    assert (await mount.fetch("/runs/nope", method="HEAD")).code == 404
