"""What NVIDIA's library says about the GPUs, where it is installed; no process is started to ask."""

from __future__ import annotations

import contextlib
from importlib import import_module
from typing import Any, Self


def gpu_names() -> list[dict[str, Any]] | None:
    """Return index, name and memory of each GPU; None where there is none to ask."""
    with Gpus() as gpus:
        return gpus.names() or None


class Gpus:
    """An open session with nvidia-ml; it has no GPUs where the library or the driver is missing."""

    def __init__(self) -> None:
        self._library: Any = None
        self._handles: list[Any] = []

    def __enter__(self) -> Self:
        with contextlib.suppress(Exception):
            pynvml = import_module("pynvml")
            pynvml.nvmlInit()
            self._library = pynvml
            self._handles = [pynvml.nvmlDeviceGetHandleByIndex(at) for at in range(pynvml.nvmlDeviceGetCount())]
        return self

    def __exit__(self, *_: object) -> None:
        if self._library is not None:
            with contextlib.suppress(Exception):
                self._library.nvmlShutdown()

    def names(self) -> list[dict[str, Any]]:
        """Return index, name and memory of each GPU."""
        return [
            {
                "index": at,
                "name": _text(self._ask("nvmlDeviceGetName", handle)),
                "mem_total_mib": _mib(getattr(self._ask("nvmlDeviceGetMemoryInfo", handle), "total", None)),
            }
            for at, handle in enumerate(self._handles)
        ]

    def sample(self) -> list[dict[str, Any]]:
        """Return load, memory, temperature and power of each GPU now."""
        found = []
        for at, handle in enumerate(self._handles):
            load = self._ask("nvmlDeviceGetUtilizationRates", handle)
            memory = self._ask("nvmlDeviceGetMemoryInfo", handle)
            power = self._ask("nvmlDeviceGetPowerUsage", handle)
            found.append({
                "index": at,
                "util": getattr(load, "gpu", None),
                "mem_used_mib": _mib(getattr(memory, "used", None)),
                "mem_total_mib": _mib(getattr(memory, "total", None)),
                "temp_c": self._ask("nvmlDeviceGetTemperature", handle, 0),
                "power_w": None if power is None else power / 1000,
            })  # fmt: skip
        return found

    def _ask(self, name: str, *words: Any) -> Any:
        try:
            return getattr(self._library, name)(*words)
        except Exception:  # noqa: BLE001 - a GPU may not know one figure, or be gone
            return None


def _text(name: Any) -> str | None:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name


def _mib(size: int | None) -> float | None:
    return None if size is None else round(size / 1024**2, 1)
