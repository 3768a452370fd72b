"""Whether this server and its store can be trusted right now, and what the readers' cache did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated

from runicorn_jupyter._version import __version__
from runicorn_jupyter.models import Health
from runicorn_jupyter.server.gate import Gate

API_VERSION = "1"
_CACHE_LIMIT = 100


class HealthHandler(Gate):
    """R47; a stranger learns that we run and which version, nothing of the store (security G1)."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Report the store's health."""
        if self.current_user is None:
            await self.reply({"status": "ok", "version": __version__})
            return
        report = await self.ask(lambda hall: _report(hall.health(), hall.root_reason, hall.label), patient=False)
        await self.reply(report)


class CacheStatsHandler(Gate):
    """R9."""

    async def get(self) -> None:
        """Report hits and misses of the curve cache."""
        await self.reply(await self.ask(lambda hall: _stats(hall.health().curve_cache), patient=False))


def _report(health: Health, reason: str, label: str) -> dict[str, Any]:
    stats = _stats(health.curve_cache)
    counts = ("hits", "misses", "incremental_updates", "size", "max_size")
    return {
        "status": "ok",
        "version": __version__,
        "api_version": API_VERSION,
        "storage": health.storage,
        "cache": {
            "enabled": True,
            "type": "incremental",
            "hit_rate": f"{stats['hit_rate'] * 100:.1f}%",
            **{name: stats[name] for name in counts},
        },
        "complete": health.complete,
        "pending": health.pending,
        "state": "ready" if health.complete else "indexing",
        "runs": health.runs,
        "label": label,
        "storage_reason": reason,
        "notes": list(health.notes),
    }


def _stats(counts: Mapping[str, int]) -> dict[str, float]:
    hits, misses, grown = (counts.get(name, 0) for name in ("hits", "misses", "incremental_updates"))
    reads = hits + misses + grown
    return {
        "size": counts.get("size", 0),
        "max_size": counts.get("max_size", _CACHE_LIMIT),
        "hits": hits,
        "misses": misses,
        "incremental_updates": grown,
        "hit_rate": hits / reads if reads else 0.0,
        "incremental_rate": grown / reads if reads else 0.0,
    }
