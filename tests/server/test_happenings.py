"""What Jupyter's event log is told of runs and of the root: nothing but lives, and no path."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from mounts import Mount, until
from rundirs import append, write_run

from runicorn_jupyter.server.happenings import FOLDER, RUN, SESSION


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_run(tmp_path / "place", "20260101_000000_000000", name="before", points=3)
    return tmp_path / "place"


@pytest.fixture
def heard(jp_serverapp: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return what a listener hears."""
    found: list[tuple[str, dict[str, Any]]] = []

    async def listen(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        found.append((schema_id, data))

    for schema in (RUN, SESSION):
        jp_serverapp.event_logger.add_listener(schema_id=schema, listener=listen)
    return found


def end(run: Path) -> None:
    (run / "status.json").write_text(json.dumps({"status": "finished", "ended_at": time.time()}))


async def test_a_run_begins_and_ends(heard: list[tuple[str, dict[str, Any]]], jupyter_mount: Mount, root: Path) -> None:
    await jupyter_mount.settled()
    run = write_run(root, status="running", created_at=time.time() + 1)
    (run / "heartbeat").write_text("{}")
    await until(lambda: (RUN, "began") in [(schema, data["action"]) for schema, data in heard])
    append(run, {"loss": 1.0, "global_step": 1})
    end(run)
    await until(lambda: heard[-1][1].get("state") == "finished")
    assert heard[0] == (SESSION, {"action": "opened", "label": "place"})
    lives = [(data["action"], data["run_id"], data["state"]) for schema, data in heard if schema == RUN]
    assert [lives[0][0], lives[-1][0]] == ["began", "changed"]
    assert {run_id for _, run_id, _ in lives} == {"20260101_120000_abcdef"}, "what was there before is no news"
    assert str(root) not in json.dumps([data for _, data in heard])


def test_the_schemas_are_registered_and_shipped(jp_serverapp: Any) -> None:
    assert {RUN, SESSION} <= set(jp_serverapp.event_logger.schemas.schema_ids)
    assert len(list(FOLDER.glob("*.yaml"))) == 2
