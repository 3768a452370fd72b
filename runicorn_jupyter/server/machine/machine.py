"""The machine this server runs on: processor, memory, disk (X13), temperatures (X14)."""

from __future__ import annotations

import contextlib
import platform
import time
from typing import Any, NotRequired, TypedDict

import psutil

from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request.fields import answers

psutil.cpu_percent(percpu=True)  # the first answer is about the time since now, not a row of zeros


class Monitor(TypedDict):
    """What the machine does now; sizes are in bytes."""

    available: bool
    ts: float
    cpu: dict[str, Any]
    memory: dict[str, Any]
    disk: dict[str, Any]
    platform: dict[str, str]


class Temperatures(TypedDict):
    """Temperatures in degrees Celsius by sensor, or the reason why there are none."""

    available: bool
    reason: NotRequired[str]
    sensors: NotRequired[dict[str, list[dict[str, Any]]]]


class MonitorHandler(Gate):
    """X13."""

    @answers(Monitor)
    async def get(self) -> None:
        """Report what the machine does now."""
        root = await self.ask(lambda hall: str(hall.root), patient=False)
        await self.reply(await self.service.in_thread(lambda: monitor(root)))


class TemperaturesHandler(Gate):
    """X14."""

    @answers(Temperatures)
    async def get(self) -> None:
        """Report the temperatures that the machine knows."""
        await self.reply(await self.service.in_thread(temperatures))


def monitor(root: str) -> Monitor:
    """Return what the machine does now; loads are since the last question."""
    return {
        "available": True,
        "ts": time.time(),
        "cpu": _cpu(),
        "memory": _memory(),
        "disk": _disk(root),
        "platform": {"system": platform.system(), "release": platform.release(), "machine": platform.machine()},
    }


def temperatures() -> Temperatures:
    """Return the machine's sensors."""
    read = getattr(psutil, "sensors_temperatures", None)
    found: dict[str, Any] = {}
    if read is not None:
        with contextlib.suppress(OSError, RuntimeError):
            found = read()
    if not found:
        return {"available": False, "reason": "Temperature sensors not available"}
    sensors = {
        name: [{"label": one.label, "current": one.current, "high": one.high, "critical": one.critical} for one in some]
        for name, some in found.items()
    }
    return {"available": True, "sensors": sensors}


def _cpu() -> dict[str, Any]:
    per_core = psutil.cpu_percent(percpu=True)
    frequency = None
    with contextlib.suppress(OSError, RuntimeError, NotImplementedError, AttributeError):
        frequency = psutil.cpu_freq()
    told = {"current": frequency.current, "min": frequency.min, "max": frequency.max} if frequency else None
    return {
        "percent": sum(per_core) / len(per_core) if per_core else None,
        "count": psutil.cpu_count(logical=False),
        "logical_count": psutil.cpu_count(),
        "per_core": per_core,
        "frequency": told,
        "load_avg": list(psutil.getloadavg()),
    }


def _memory() -> dict[str, Any]:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return {
        "total": memory.total,
        "available": memory.available,
        "used": memory.used,
        "percent": memory.percent,
        "swap_total": swap.total,
        "swap_used": swap.used,
        "swap_percent": swap.percent,
    }


def _disk(root: str) -> dict[str, Any]:
    try:
        found = psutil.disk_usage(root)
    except OSError:  # a root that is still to come
        found = psutil.disk_usage("/")
    counters = None
    with contextlib.suppress(OSError, RuntimeError):
        counters = psutil.disk_io_counters()
    io = {
        "read_bytes": counters.read_bytes,
        "write_bytes": counters.write_bytes,
        "read_count": counters.read_count,
        "write_count": counters.write_count,
    } if counters else None  # fmt: skip
    sizes = {"total": found.total, "used": found.used, "free": found.free, "percent": found.percent}
    return {"path": root, **sizes, "io": io}
