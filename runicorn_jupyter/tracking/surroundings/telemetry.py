"""How busy the machine and the program are, every few seconds, in telemetry.jsonl; only when asked for."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from runicorn_jupyter.tracking.surroundings.gpus import Gpus
from runicorn_jupyter.tracking.writing.appendfile import AppendFile


class Telemetry:
    """Samples in a daemon thread until `stop`.

    Parameters
    ----------
    file : AppendFile
        Where each sample becomes one line ``{ts, cpu, mem, mem_total, proc_cpu, proc_mem, gpu}``: shares in percent,
        memory in bytes; ``proc_cpu`` is 100 for one busy core.
    every : float
        Seconds between two samples.
    """

    def __init__(self, file: AppendFile, every: float) -> None:
        self._file = file
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="runicorn-telemetry", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more samples."""
        self._stop.set()
        self._thread.join(2.0)
        self._file.close()

    def _work(self) -> None:
        import psutil

        process = psutil.Process()
        psutil.cpu_percent()
        process.cpu_percent()
        with Gpus() as gpus:
            while not self._stop.wait(self._every):
                self._file.recover()
                self._file.append(json.dumps(_sample(psutil, process, gpus), separators=(",", ":")).encode() + b"\n")


def _sample(psutil: Any, process: Any, gpus: Gpus) -> dict[str, Any]:
    memory = psutil.virtual_memory()
    return {
        "ts": time.time(),
        "cpu": psutil.cpu_percent(),
        "mem": memory.total - memory.available,
        "mem_total": memory.total,
        "proc_cpu": process.cpu_percent(),
        "proc_mem": process.memory_info().rss,
        "gpu": gpus.sample(),
    }
