"""The GPUs of this machine (R48, K6) and their history (X32), asked of NVIDIA's library: no request starts a process.

Where that library's Python package is missing, a sampler that somebody switched on asks nvidia-smi instead.
"""

from __future__ import annotations

import contextlib
import csv
import shutil
import subprocess
import threading
import time
from collections import deque
from importlib import import_module
from typing import Any, NamedTuple

from runicorn_jupyter import settings

_SECTION = "gpu_telemetry"
_MIB = 1024 * 1024
_PATIENCE = 10.0
_MOST = 100_000
INTERVALS = (0.5, 3600.0)
HOURS = (0.01, 168.0)
COLUMNS = {
    "index": "index",
    "name": "name",
    "util_gpu": "utilization.gpu",
    "util_mem": "utilization.memory",
    "mem_total_mib": "memory.total",
    "mem_used_mib": "memory.used",
    "temp_c": "temperature.gpu",
    "power_w": "power.draw",
    "power_limit_w": "enforced.power.limit",
    "clock_sm_mhz": "clocks.sm",
    "clock_mem_mhz": "clocks.mem",
    "pstate": "pstate",
    "fan_speed_pct": "fan.speed",
}
"""What is told of a GPU (contract §6.6), and how nvidia-smi calls it."""

_TEXTS = frozenset({"name", "pstate"})


class Sampling(NamedTuple):
    """Whether a history is kept, how often it is added to, and how far back it goes."""

    enabled: bool = False
    interval_sec: float = 2.0
    max_duration_h: float = 24.0


class GpuWatch:
    """Answers about the GPUs, and keeps their history when it is switched on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: deque[dict[str, Any]] = deque(maxlen=_MOST)
        self._stop: threading.Event | None = None
        self._sampling: Sampling | None = None

    @property
    def sampling(self) -> Sampling:
        """How the history is kept, as it was last set."""
        with self._lock:
            if self._sampling is None:
                self._sampling = _remembered()
            return self._sampling

    def now(self) -> dict[str, Any]:
        """Return what the GPUs do now, or why there is nothing to tell."""
        found = _asked_library()
        if found is not None:
            return {"available": True, "ts": time.time(), "gpus": found}
        with self._lock:
            latest = self._samples[-1] if self._samples and self._stop is not None else None
        if latest is not None:
            return latest
        if shutil.which("nvidia-smi") is None:
            return {"available": False, "reason": "nvidia-smi not found in PATH"}
        reason = "install nvidia-ml-py, or switch the history on (POST gpu/telemetry/config), to see these GPUs"
        return {"available": False, "reason": reason}

    def history(self) -> list[dict[str, Any]]:
        """Return what was sampled, the oldest first."""
        with self._lock:
            return list(self._samples)

    def change(
        self, *, enabled: bool | None = None, interval_sec: float | None = None, max_duration_h: float | None = None
    ) -> Sampling:
        """Change and remember how the history is kept; it takes effect at once."""
        before = self.sampling
        wanted = Sampling(
            before.enabled if enabled is None else enabled,
            before.interval_sec if interval_sec is None else interval_sec,
            before.max_duration_h if max_duration_h is None else max_duration_h,
        )
        settings.change(settings.CONFIG, lambda held: held.update({_SECTION: wanted._asdict()}))
        self.close()
        with self._lock:
            self._sampling = wanted
            if wanted.enabled:
                self._stop = threading.Event()
                arguments = (self._stop, wanted)
                threading.Thread(target=self._sample, args=arguments, name="runicorn-gpus", daemon=True).start()
        return wanted

    def close(self) -> None:
        """Stop sampling; what was sampled stays."""
        with self._lock:
            if self._stop is not None:
                self._stop.set()
                self._stop = None

    def _sample(self, stop: threading.Event, sampling: Sampling) -> None:
        while not stop.is_set():
            found = _asked_library() or _asked_command()
            with self._lock:
                if found and not stop.is_set():
                    self._samples.append({"available": True, "ts": time.time(), "gpus": found})
                while self._samples and self._samples[0]["ts"] < time.time() - sampling.max_duration_h * 3600:
                    self._samples.popleft()
            stop.wait(sampling.interval_sec)


def _remembered() -> Sampling:
    held = settings.read(settings.CONFIG).get(_SECTION)
    held = held if isinstance(held, dict) else {}
    usual = Sampling()
    return Sampling(
        enabled=False,  # nothing samples until somebody asks this server to
        interval_sec=_within(held.get("interval_sec"), INTERVALS, usual.interval_sec),
        max_duration_h=_within(held.get("max_duration_h"), HOURS, usual.max_duration_h),
    )


def _within(value: Any, limits: tuple[float, float], usual: float) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and limits[0] <= value <= limits[1] else usual


def _asked_library() -> list[dict[str, Any]] | None:
    """Return the GPUs as NVIDIA's library tells them, None where it or its driver is missing."""
    try:
        library = import_module("pynvml")
        library.nvmlInit()
    except Exception:  # noqa: BLE001 - not installed, no driver, no permission: there is nothing to tell then
        return None
    try:
        count = library.nvmlDeviceGetCount()
        return [_device(library, at) for at in range(count)] or None
    except Exception:  # noqa: BLE001 - as above
        return None
    finally:
        with contextlib.suppress(Exception):
            library.nvmlShutdown()


def _device(library: Any, at: int) -> dict[str, Any]:
    handle = library.nvmlDeviceGetHandleByIndex(at)

    def ask(name: str, *words: Any) -> Any:
        try:
            return getattr(library, name)(handle, *words)
        except Exception:  # noqa: BLE001 - a GPU may not know one figure
            return None

    load, memory, name = ask("nvmlDeviceGetUtilizationRates"), ask("nvmlDeviceGetMemoryInfo"), ask("nvmlDeviceGetName")
    state = ask("nvmlDeviceGetPerformanceState")
    return _finished({
        "index": at,
        "name": name.decode("utf-8", "replace") if isinstance(name, bytes) else name,
        "util_gpu": getattr(load, "gpu", None),
        "util_mem": getattr(load, "memory", None),
        "mem_total_mib": _scaled(getattr(memory, "total", None), _MIB),
        "mem_used_mib": _scaled(getattr(memory, "used", None), _MIB),
        "temp_c": ask("nvmlDeviceGetTemperature", 0),
        "power_w": _scaled(ask("nvmlDeviceGetPowerUsage"), 1000),
        "power_limit_w": _scaled(ask("nvmlDeviceGetEnforcedPowerLimit"), 1000),
        "clock_sm_mhz": ask("nvmlDeviceGetClockInfo", 1),
        "clock_mem_mhz": ask("nvmlDeviceGetClockInfo", 2),
        "pstate": None if state is None else f"P{state}",
        "fan_speed_pct": ask("nvmlDeviceGetFanSpeed"),
    })  # fmt: skip


def _asked_command() -> list[dict[str, Any]]:
    """Return the GPUs as nvidia-smi tells them; only the sampler's own thread asks."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    query = f"--query-gpu={','.join(COLUMNS.values())}"
    try:
        answer = subprocess.run(  # noqa: S603 - a fixed command without a shell
            [command, query, "--format=csv,noheader,nounits"],
            capture_output=True, text=True, timeout=_PATIENCE, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return []
    return parsed(answer.stdout)


def parsed(table: str) -> list[dict[str, Any]]:
    """Return the GPUs in a table of nvidia-smi, its columns as in `COLUMNS`; what it does not know is None."""
    found = []
    for row in csv.reader(table.splitlines(), skipinitialspace=True):
        if len(row) == len(COLUMNS):
            told = dict(zip(COLUMNS, row, strict=True))
            found.append(_finished({name: text if name in _TEXTS else _number(text) for name, text in told.items()}))
    return found


def _finished(gpu: dict[str, Any]) -> dict[str, Any]:
    total, used = gpu["mem_total_mib"], gpu["mem_used_mib"]
    index = gpu["index"]
    share = round(100 * used / total, 1) if total and used is not None else None
    return {**gpu, "index": None if index is None else int(index), "mem_used_pct": share}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # "[N/A]", "[Not Supported]"
        return None


def _scaled(value: float | None, by: int) -> float | None:
    return None if value is None else round(value / by, 1)
