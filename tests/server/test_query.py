"""The query language over HTTP: `q=` on the list, its mistakes as D3 bodies with a place, on both mounts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mounts import Mount
from places import DATA
from rundirs import append, write_run

VECTORS = json.loads((DATA / "query-vectors.json").read_text())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return runs whose learning rate falls and whose best accuracy rises with their number."""
    for n in range(4):
        run_dir = write_run(tmp_path, f"run-{n}", name=f"mlp-{n}", status="failed" if n == 3 else "finished")
        append(run_dir, {"acc": 0.6 + n / 10, "global_step": 1}, {"acc": 0.1, "global_step": 2})
        (run_dir / "assets.json").write_text(json.dumps({"config": {"args": {"lr": 10.0**-n}}}))
    write_run(tmp_path, "endless", name="a" * 60 + "!", status="finished")
    return tmp_path


async def ids(mount: Mount, query: str, more: str = "") -> set[str]:
    return {run["id"] for run in await mount.json(f"/runs?q={quote(query)}{more}")}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("lr < 0.05 and acc.max > 0.75", {"run-2", "run-3"}),
        ("lr < 0.05 and acc.max > 0.75 and status == finished", {"run-2"}),
        ("lr is null", {"endless"}),
        ('not (acc < 0.5) and "mlp" not in name', {"endless"}),
        ("lr >= 1 or status == failed", {"run-0", "run-3"}),
    ],
)
async def test_q_finds_runs_and_joins_with_the_other_filters(mount: Mount, query: str, found: set[str]) -> None:
    assert await ids(mount, query) == found
    assert await ids(mount, query, "&status=failed") == found & {"run-3"}
    response = await mount.fetch(f"/runs?limit=1&q={quote(query)}")
    assert response.headers["X-Total-Count"] == str(len(found))


async def test_every_vector_is_answered(mount: Mount) -> None:
    for vector in VECTORS["queries"]:
        response = await mount.fetch(f"/runs?limit=1&q={quote(vector['query'])}")
        assert response.code == 200, vector["query"]


async def test_a_mistake_is_a_400_that_knows_its_place(mount: Mount) -> None:
    for vector in VECTORS["errors"]:
        response = await mount.fetch(f"/runs?q={quote(vector['query'])}")
        body: dict[str, Any] = json.loads(response.body)
        assert (response.code, body["error"], body["ok"], body["success"]) == (400, "query_error", False, False)
        assert body["detail"] == body["message"]
        assert (body["position"], body["length"]) == (vector["position"], vector["length"])


async def test_an_expression_without_end_is_refused_soon(mount: Mount) -> None:
    response = await mount.fetch("/runs?q=" + quote('name =~ "^(a|a|aa)+$"'))
    assert (response.code, json.loads(response.body)["error"]) == (400, "query_too_slow")
    assert await ids(mount, 'name =~ "^a+!$"') == {"endless"}
