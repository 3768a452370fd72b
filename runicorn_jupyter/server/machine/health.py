"""Whether this server and its store can be trusted right now, and what the readers' cache did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

from jupyter_server.auth.decorator import allow_unauthenticated

from runicorn_jupyter._version import __version__
from runicorn_jupyter.models import Health
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request.fields import answers

API_VERSION = "1"
_CACHE_LIMIT = 100


class Counts(TypedDict):
    """What the cache of curves did."""

    hits: int
    misses: int
    incremental_updates: int
    size: int
    max_size: int


class CacheHealth(Counts):
    """The same, as health has it."""

    enabled: bool
    type: str
    hit_rate: str


class CacheStats(Counts):
    """The same, with rates from 0 to 1."""

    hit_rate: float
    incremental_rate: float


class MinimalHealth(TypedDict):
    """What a stranger learns."""

    status: Literal["ok"]
    version: str


class HealthBody(MinimalHealth):
    """Whether the store can be trusted."""

    api_version: str
    storage: str
    cache: CacheHealth
    complete: bool
    pending: int
    state: Literal["ready", "indexing"]
    runs: int
    label: str
    storage_reason: str
    notes: list[str]


class HealthHandler(Gate):
    """R47; a stranger learns that we run and which version, nothing of the store (security G1)."""

    @allow_unauthenticated
    @answers(HealthBody | MinimalHealth)
    async def get(self) -> None:
        """Report the store's health."""
        if self.current_user is None:
            await self.reply({"status": "ok", "version": __version__})
            return
        report = await self.ask(lambda hall: _report(hall.health(), hall.root_reason, hall.label), patient=False)
        await self.reply(report)


class CacheStatsHandler(Gate):
    """R9."""

    @answers(CacheStats)
    async def get(self) -> None:
        """Report hits and misses of the curve cache."""
        await self.reply(await self.ask(lambda hall: _stats(hall.health().curve_cache), patient=False))


def _report(health: Health, reason: str, label: str) -> HealthBody:
    stats = _stats(health.curve_cache)
    return {
        "status": "ok",
        "version": __version__,
        "api_version": API_VERSION,
        "storage": health.storage,
        "cache": {
            "enabled": True,
            "type": "incremental",
            "hit_rate": f"{stats['hit_rate'] * 100:.1f}%",
            **_counts(health.curve_cache),
        },
        "complete": health.complete,
        "pending": health.pending,
        "state": "ready" if health.complete else "indexing",
        "runs": health.runs,
        "label": label,
        "storage_reason": reason,
        "notes": list(health.notes),
    }


def _counts(counts: Mapping[str, int]) -> Counts:
    return {
        "hits": counts.get("hits", 0),
        "misses": counts.get("misses", 0),
        "incremental_updates": counts.get("incremental_updates", 0),
        "size": counts.get("size", 0),
        "max_size": counts.get("max_size", _CACHE_LIMIT),
    }


def _stats(counts: Mapping[str, int]) -> CacheStats:
    known = _counts(counts)
    reads = known["hits"] + known["misses"] + known["incremental_updates"]
    return {
        **known,
        "hit_rate": known["hits"] / reads if reads else 0.0,
        "incremental_rate": known["incremental_updates"] / reads if reads else 0.0,
    }
