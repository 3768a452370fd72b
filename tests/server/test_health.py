from __future__ import annotations

from mounts import Mount

from runicorn_jupyter import __version__


async def test_r47_documented_health_and_ours(mount: Mount, root) -> None:
    await mount.json("/runs")
    health = await mount.json("/health")
    assert list(health)[:2] == ["status", "version"]
    assert (health["status"], health["version"], health["storage"]) == ("ok", __version__, str(root))
    assert set(health["cache"]) == {
        "enabled", "type", "hit_rate", "hits", "misses", "incremental_updates", "size", "max_size",
    }  # fmt: skip
    assert health["cache"]["type"] == "incremental"
    assert health["cache"]["hit_rate"].endswith("%")
    assert {"api_version": "1", "complete": True, "pending": 0, "state": "ready", "runs": 72}.items() <= health.items()
    assert health["storage_reason"] in {"setting", "argument"}


async def test_a_stranger_learns_status_and_version_only(mount: Mount) -> None:
    assert await mount.json("/health", mount.stranger) == {"status": "ok", "version": __version__}


async def test_r9_cache_statistics(mount: Mount) -> None:
    stats = await mount.json("/metrics/cache/stats")
    assert set(stats) == {
        "size", "max_size", "hits", "misses", "incremental_updates", "hit_rate", "incremental_rate",
    }  # fmt: skip
    assert 0 <= stats["hit_rate"] <= 1


async def test_r22_config_names_the_root(mount: Mount, root, own_home) -> None:
    config = await mount.json("/config")
    assert config["user_root_dir"] == ""
    assert config["storage"] == str(root)
    assert config["config_file"].endswith("config.json")
