"""The commands of the reference documents, run as they stand against a viewer: addresses and ids alone are changed.

What needs an SSH host is tested with the remote rooms.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from curls import curl
from viewers import ViewerProcess, running_viewer

RUN, OLD = "20250114_153045_a1b2c3", "{run_id}"
"""How the documents call a run."""

CURL = [
    "curl http://127.0.0.1:23300/api/health",
    "curl http://127.0.0.1:23300/api/runs",
    'curl "http://127.0.0.1:23300/api/artifacts?type=model"',
    """curl -X POST http://127.0.0.1:23300/api/runs/soft-delete \\
  -H "Content-Type: application/json" \\
  -d '{"run_ids": ["20250114_153045_a1b2c3"]}'""",
    'curl -X DELETE "http://127.0.0.1:23300/api/artifacts/resnet50-model/v1?permanent=false"',
]

ADDRESSES = [
    "/api/runs", "/api/runs/{run_id}", "/api/runs/{run_id}/metrics", "/api/runs/{run_id}/metrics_step",
    "/api/recycle-bin", "/api/metrics/cache/stats", "/api/artifacts?type=model", "/api/artifacts/stats",
    "/api/artifacts/resnet50-model/versions", "/api/artifacts/resnet50-model/v2",
    "/api/artifacts/resnet50-model/v2/lineage", "/api/artifacts/resnet50-model/v2/files",
    "/api/v2/experiments?project=demo&status=finished&page=1&per_page=50", "/api/v2/experiments?per_page=1000",
    "/api/v2/experiments?project=image_classification", "/api/v2/experiments?best_metric_min=0.9&status=finished",
    "/api/v2/experiments/{run_id}", "/api/v2/experiments/{run_id}/metrics/fast?downsample=1000",
    "/api/config", "/api/config/ssh_connections", "/api/projects", "/api/projects/nlp/names",
    "/api/projects/nlp/names/bert-finetune/runs", "/api/health", "/api/gpu/telemetry",
    "/docs", "/redoc", "/openapi.json",
]  # fmt: skip

PYTHON = {
    "filter": """
import requests
runs = requests.get('http://127.0.0.1:23300/api/runs').json()
finished = [r for r in runs if r['status'] == 'finished']
print(len(finished))
""",
    "plot": """
import requests
import matplotlib.pyplot as plt
run_id = '{run_id}'
metrics = requests.get(f'http://127.0.0.1:23300/api/runs/{run_id}/metrics_step').json()
steps = [row['global_step'] for row in metrics['rows']]
loss = [row['loss'] for row in metrics['rows']]
plt.plot(steps, loss)
plt.show()
print(len(steps))
""",
    "timeout": """
import requests
response = requests.get(
    'http://127.0.0.1:23300/api/runs',
    timeout=60  # 60 seconds
)
print(response.status_code)
""",
    "client": """
import runicorn.api as api
with api.connect("http://127.0.0.1:23300") as client:
    experiments = client.list_experiments(project="vision")
    metrics = client.get_metrics(experiments[0]["id"])
print(len(metrics))
""",
    "sdk": """
import runicorn as rn
run = rn.init(project="demo", name="exp1")
rn.log({"loss": 0.1, "accuracy": 0.95}, step=100)
artifact = rn.Artifact("my-model", type="model")
artifact.add_file("model.pth")
run.log_artifact(artifact)
rn.finish()
print(1)
""",
}

STREAM = """
import asyncio
import websockets

async def stream_logs(run_id):
    uri = f"ws://127.0.0.1:23300/api/runs/{run_id}/logs/ws"
    async with websockets.connect(uri) as ws:
        while True:
            print(await ws.recv(), flush=True)

asyncio.run(stream_logs("20250114_153045_a1b2c3"))
"""

JAVASCRIPT = {
    "fetch": """
const response = await fetch('http://127.0.0.1:23300/api/runs')
const runs = await response.json()

runs.forEach(run => {
  console.log(`${run.id}: ${run.status}`)
})
""",
    "cors": """
const response = await fetch('http://127.0.0.1:23300/api/runs', {
  mode: 'cors',
  headers: {
    'Content-Type': 'application/json'
  }
})
console.log(response.status)
""",
    "socket": """
const ws = new WebSocket('ws://127.0.0.1:23300/api/runs/{run_id}/logs/ws')

ws.onmessage = (event) => {
  console.log(event.data)
  ws.close()
}
""",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a user of this module."""
    place = tmp_path_factory.mktemp("reference")
    for folder in (".cache", ".config", "run"):
        (place / folder).mkdir(mode=0o700)
    return {"HOME": str(place), "XDG_CACHE_HOME": str(place / ".cache"), "XDG_CONFIG_HOME": str(place / ".config"),
            "XDG_RUNTIME_DIR": str(place / "run")}  # fmt: skip


@pytest.fixture(scope="module")
def viewer(sample_roots: Path, home: dict[str, str]) -> Iterator[ViewerProcess]:
    root = shutil.copytree(sample_roots / "upstream-0.5.3", Path(home["HOME"]) / "root", symlinks=True)
    with running_viewer(root, env=home) as started:
        yield started


@pytest.fixture(scope="module")
def run_id(viewer: ViewerProcess) -> str:
    """Return a run that logged a loss, and text."""
    runs = json.loads(viewer.get("/api/runs").body)
    return next(run["id"] for run in runs if run["name"] == "bert-finetune" and run["status"] == "finished")


def here(text: str, viewer: ViewerProcess, run_id: str) -> str:
    return text.replace("127.0.0.1:23300", f"127.0.0.1:{viewer.port}").replace(RUN, run_id).replace(OLD, run_id)


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_answers(address: str, viewer: ViewerProcess, run_id: str) -> None:
    answer = viewer.get(here(address, viewer, run_id))
    assert answer.status == 200, answer.body
    assert answer.headers["X-RateLimit-Limit"] == "6000" or not address.startswith("/api")


@pytest.mark.parametrize("command", CURL)
def test_every_command_of_curl_is_done(command: str, viewer: ViewerProcess) -> None:
    victim = json.loads(viewer.get("/api/runs?limit=1&order_by=id").body)[0]["id"]
    told = curl(here(command, viewer, victim))
    assert told.status == 200
    if told.sent:
        assert json.loads(told.body)["results"] == {victim: {"success": True}}


def node() -> str:
    found = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found, "make test brings Node"
    return found


@pytest.mark.parametrize("name", PYTHON)
def test_every_python_example_ends_well(
    name: str, viewer: ViewerProcess, run_id: str, home: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "model.pth").write_bytes(b"weights")
    environment = {**os.environ, **home, "MPLBACKEND": "Agg", "RUNICORN_DIR": str(tmp_path / "runs")}
    source = here(PYTHON[name], viewer, run_id)
    if name == "plot":  # f-strings have the braces that the documents give to a run
        source = PYTHON[name].replace("'{run_id}'", repr(run_id)).replace("23300", str(viewer.port))
    command = [sys.executable, "-W", "ignore", "-c", source]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) > 0


def first_line(command: list[str], env: dict[str, str]) -> str:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout
        line = process.stdout.readline()
        process.kill()
    return line


def test_the_stream_of_a_log_in_python(viewer: ViewerProcess, run_id: str) -> None:
    source = STREAM.replace("127.0.0.1:23300", f"127.0.0.1:{viewer.port}").replace(RUN, run_id)
    assert first_line([sys.executable, "-c", source], dict(os.environ)).strip()


@pytest.mark.parametrize("name", JAVASCRIPT)
def test_every_javascript_example_says_something(name: str, viewer: ViewerProcess, run_id: str) -> None:
    source = here(JAVASCRIPT[name], viewer, run_id)
    command = [node(), "--experimental-websocket", "--input-type=module", "-e", source]
    # Node waits for an answer that nobody reads: the first line is what the example is about.
    assert first_line(command, dict(os.environ)).strip()
