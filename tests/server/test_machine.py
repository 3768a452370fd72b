"""The machine: X13, X14, GPU telemetry R48, K6, X32; a stand-in nvidia-smi where there is no GPU."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from mounts import Mount, until

from runicorn_jupyter.paths import config_folder
from runicorn_jupyter.server.machine.gpus import COLUMNS, GpuWatch, parsed
from runicorn_jupyter.server.machine.machine import temperatures
from runicorn_jupyter.server.service import SETTING

LINE = "0, Some GPU, 41, 12, 24576, 6144, 61, 187.35, 350.00, 1710, 9501, P2, [N/A]"
GPU = {
    "index": 0, "name": "Some GPU", "util_gpu": 41.0, "util_mem": 12.0, "mem_total_mib": 24576.0,
    "mem_used_mib": 6144.0, "temp_c": 61.0, "power_w": 187.35, "power_limit_w": 350.0, "clock_sm_mhz": 1710.0,
    "clock_mem_mhz": 9501.0, "pstate": "P2", "fan_speed_pct": None, "mem_used_pct": 25.0,
}  # fmt: skip


async def send(mount: Mount, body: Any, code: int = 200) -> Any:
    headers = {**mount.token, "Content-Type": "application/json"}
    response = await mount.fetch("/gpu/telemetry/config", headers, method="POST", body=json.dumps(body).encode())
    assert response.code == code, response.body
    return json.loads(response.body)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program called nvidia-smi in the path that prints one line, and notes that it was called."""
    folder = tmp_path / "stand-in"
    folder.mkdir()
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho called >> {folder}/calls\necho '{LINE}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder / "calls"


def calls(notes: Path) -> int:
    return len(notes.read_text().splitlines()) if notes.exists() else 0


async def test_x13_x14_are_what_the_system_says(mount: Mount, root: Path) -> None:
    told = await mount.json("/system/monitor")
    assert told["available"] is True
    assert told["memory"]["total"] == psutil.virtual_memory().total
    assert told["cpu"]["logical_count"] == psutil.cpu_count() == len(told["cpu"]["per_core"])
    assert told["disk"]["path"] == str(root)
    assert 0 < told["disk"]["total"] == psutil.disk_usage(str(root)).total
    assert told["platform"].keys() == {"system", "release", "machine"}
    heat = await mount.json("/system/temperatures")
    assert heat["available"] is bool(heat.get("sensors"))
    assert heat["available"] or heat["reason"] == "Temperature sensors not available"


def test_x14_with_sensors(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = SimpleNamespace(label="Core 0", current=51.0, high=80.0, critical=100.0)
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: {"coretemp": [sensor]}, raising=False)
    wanted = {"label": "Core 0", "current": 51.0, "high": 80.0, "critical": 100.0}
    assert temperatures() == {"available": True, "sensors": {"coretemp": [wanted]}}


async def test_r48_without_a_gpu_is_an_honest_answer(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pynvml", None)
    for address in ("/gpu", "/gpu/telemetry"):
        assert await mount.json(address) == {"available": False, "reason": "nvidia-smi not found in PATH"}
    assert await mount.json("/gpu/telemetry/history") == {"available": False, "enabled": False, "samples": []}


async def test_x32_history_is_kept_when_asked_and_a_get_starts_no_process(
    mount: Mount, stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G2: only the sampler that was switched on by a POST calls the program."""
    monkeypatch.setitem(sys.modules, "pynvml", None)
    usual = {"enabled": False, "interval_sec": 2.0, "max_duration_h": 24.0}
    assert await mount.json("/gpu/telemetry/config") == usual
    assert "history" in (await mount.json("/gpu"))["reason"]
    assert calls(stand_in) == 0
    watch = mount.application.settings[SETTING].gpus
    assert (await send(mount, {"enabled": True, "interval_sec": 0.5}))["ok"] is True
    await until(lambda: len(watch.history()) >= 2)
    assert calls(stand_in) >= 2
    history = await mount.json("/gpu/telemetry/history")
    assert (history["available"], history["enabled"], history["samples"][0]["gpus"]) == (True, True, [GPU])
    assert (await mount.json("/gpu"))["gpus"] == [GPU]
    stopped = await send(mount, {"enabled": False})
    assert stopped == {"ok": True, "enabled": False, "interval_sec": 0.5, "max_duration_h": 24.0}
    assert json.loads((config_folder() / "config.json").read_text())["gpu_telemetry"]["interval_sec"] == 0.5
    assert GpuWatch().sampling == (False, 0.5, 24.0)


async def test_x32_a_wrong_setting_changes_nothing(viewer_mount: Mount) -> None:
    for wrong in ({"enabled": 1}, {"interval_sec": 0.1}, {"interval_sec": "2"}, {"max_duration_h": 1e9}):
        told = await send(viewer_mount, {"enabled": False, **wrong}, code=400)
        assert next(iter(wrong)) in told["detail"]
    assert not (config_folder() / "config.json").exists()


def test_what_a_gpu_does_not_know_is_null() -> None:
    unknown = ", ".join(["0", "x"] + ["[Not Supported]"] * (len(COLUMNS) - 2))
    [gpu] = parsed(unknown + "\n\nsome warning\n")
    assert {name for name, value in gpu.items() if value is not None} == {"index", "name", "pstate"}
