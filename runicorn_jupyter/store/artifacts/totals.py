"""What the artifacts of a root come to."""

from __future__ import annotations

from collections.abc import Iterable

from runicorn_jupyter.models import ArtifactItem, ArtifactStats, TypeTotals


def stats_of(items: Iterable[ArtifactItem], blobs: int, pooled: int) -> ArtifactStats:
    """Return the statistics of `items` beside a pool of so many contents and bytes."""
    found: dict[str, list[int]] = {}
    files = 0
    for item in items:
        sums = found.setdefault(item.type, [0, 0, 0])
        sums[0] += 1
        for row in item.versions:
            sums[1] += 1
            sums[2] += row.size_bytes
            files += row.num_files
    by_type = {name: TypeTotals(*sums) for name, sums in found.items()}
    return ArtifactStats(
        total_artifacts=sum(one.count for one in by_type.values()),
        total_versions=sum(one.versions for one in by_type.values()),
        total_size_bytes=sum(one.size_bytes for one in by_type.values()),
        total_files=files,
        by_type=by_type,
        dedup_pool_size_bytes=pooled,
        dedup_pool_files=blobs,
    )
