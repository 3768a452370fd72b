"""GPU telemetry over HTTP (R48, K6, X32)."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from runicorn_jupyter.errors import BadRequest, SettingsUnwritable
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.machine.gpus import HOURS, INTERVALS
from runicorn_jupyter.server.request import body
from runicorn_jupyter.server.request.fields import answers


class GpuTelemetry(TypedDict):
    """What the GPUs do now, or the reason why there is nothing to tell."""

    available: bool
    reason: NotRequired[str]
    ts: NotRequired[float]
    gpus: NotRequired[list[dict[str, Any]]]


class GpuHistory(TypedDict):
    """What was sampled since the history was switched on."""

    available: bool
    enabled: bool
    samples: list[GpuTelemetry]


class GpuSampling(TypedDict):
    """How the history is kept."""

    enabled: bool
    interval_sec: float
    max_duration_h: float


class GpuSamplingSet(GpuSampling):
    """How the history is kept from now on."""

    ok: bool


class GpuHandler(Gate):
    """R48, K6."""

    @answers(GpuTelemetry)
    async def get(self) -> None:
        """Report what the GPUs do now."""
        await self.reply(await self.service.in_thread(self.service.gpus.now))


class GpuHistoryHandler(Gate):
    """X32."""

    @answers(GpuHistory)
    async def get(self) -> None:
        """Return what was sampled of the GPUs."""
        gpus = self.service.gpus
        samples, enabled = gpus.history(), await self.service.in_thread(lambda: gpus.sampling.enabled)
        await self.reply({"available": bool(samples), "enabled": enabled, "samples": samples})


class GpuSamplingHandler(Gate):
    """X32."""

    @answers(GpuSampling)
    async def get(self) -> None:
        """Report how the history of the GPUs is kept."""
        await self.reply((await self.service.in_thread(lambda: self.service.gpus.sampling))._asdict())

    @answers(GpuSamplingSet, raises=(SettingsUnwritable,))
    async def post(
        self,
        *,
        enabled: bool | None = body.value({"type": "boolean"}, "Keep a history"),
        interval_sec: float | None = body.number("Seconds between two samples, 0.5 to 3,600", default=None),
        max_duration_h: float | None = body.number("Hours to keep, 0.01 to 168", default=None),
    ) -> None:
        """Change how the history of the GPUs is kept."""
        if not isinstance(enabled, bool | None):
            raise BadRequest("enabled must be true or false.")
        _check("interval_sec", interval_sec, INTERVALS)
        _check("max_duration_h", max_duration_h, HOURS)
        gpus = self.service.gpus
        changed = await self.service.in_thread(
            lambda: gpus.change(enabled=enabled, interval_sec=interval_sec, max_duration_h=max_duration_h)
        )
        await self.reply({"ok": True, **changed._asdict()})


def _check(name: str, value: float | None, limits: tuple[float, float]) -> None:
    if value is not None and not limits[0] <= value <= limits[1]:
        raise BadRequest(f"{name} must be a number from {limits[0]:g} to {limits[1]:g}.")
