"""X26: what a run used and made; its files and no other's, through no link."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from mounts import Mount


@pytest.fixture
def root(tmp_path: Path, upstream_072: Path) -> Path:
    return Path(shutil.copytree(upstream_072, tmp_path / "place", symlinks=True))


def archived(root: Path) -> dict[str, list[str]]:
    """Return, read with plain Python, what of the archive each run names, as written in its files."""
    found: dict[str, list[str]] = {}
    for file in root.rglob("assets.json"):
        assets = json.loads(file.read_text())
        snapshot = (assets.get("code") or {}).get("snapshot")
        entries = [*assets.get("datasets", []), *assets.get("pretrained", []), *assets.get("outputs", [])]
        entries += [snapshot] if snapshot else []
        found[file.parent.name] = [
            path for one in entries if (path := one.get("archive_path") or one.get("manifest_path"))
        ]
    return found


async def test_x26_every_archived_file_of_a_run_is_served_byte_for_byte(mount: Mount, root: Path) -> None:
    served = 0
    for run_id, paths in archived(root).items():
        for path in paths[:1]:
            local = root / "archive" / path.split("/archive/")[1]
            if served >= 5 or not local.is_file():
                continue
            for asked in (path, str(local)):
                got = await mount.fetch(f"/runs/{run_id}/assets/download?path={quote(asked)}&filename=my.bin")
                assert (got.code, got.body) == (200, local.read_bytes())
                assert "attachment" in got.headers["Content-Disposition"]
                assert "my.bin" in got.headers["Content-Disposition"]
            part = await mount.fetch(
                f"/runs/{run_id}/assets/download?path={quote(path)}", {**mount.token, "Range": "bytes=0-3"}
            )
            assert (part.code, part.body) == (206, local.read_bytes()[:4])
            head = await mount.fetch(f"/runs/{run_id}/assets/download?path={quote(path)}", method="HEAD")
            assert (head.code, head.headers["Content-Length"]) == (200, str(local.stat().st_size))
            served += 1
    assert served == 5


async def test_x26_tells_what_no_other_run_names(mount: Mount, root: Path) -> None:
    everybodys = archived(root)
    run_id = max(everybodys, key=lambda one: len(everybodys[one]))
    assets = await mount.json(f"/runs/{run_id}/assets")
    assert assets["assets"].keys() >= {"code", "config", "datasets", "pretrained", "outputs"}
    told = await mount.json(f"/runs/{run_id}/assets/refs")
    counts = {path: sum(path in set(paths) for paths in everybodys.values()) for path in everybodys[run_id]}
    assert sorted(one["ref_count"] for one in told["orphaned_assets"] + told["shared_assets"]) == sorted(
        counts.values()
    )
    assert told["orphaned_count"] == sum(count == 1 for count in counts.values())
    assert told["shared_count"] == sum(count > 1 for count in counts.values())


async def test_x26_the_runs_own_files_and_nothing_else(mount: Mount, root: Path, tmp_path: Path) -> None:
    everybodys = archived(root)
    run = next(one for one in await mount.json("/runs") if one["id"] in everybodys)
    place = Path(run["run_dir"])
    (tmp_path / "secret").write_text("secret")
    (place / "link").symlink_to(tmp_path / "secret")
    (place / "dir").symlink_to(tmp_path)
    base = f"/runs/{run['id']}/assets/download?path="
    for mine in ("meta.json", str(place / "meta.json")):
        got = await mount.fetch(base + quote(mine))
        assert (got.code, got.body) == (200, (place / "meta.json").read_bytes())
    others = {path for name, paths in everybodys.items() for path in paths if name != run["id"]}
    foreign = next(iter(others - set(everybodys[run["id"]])))
    neighbour = next(one for one in await mount.json("/runs") if one["id"] != run["id"])
    for outside in (
        str(tmp_path / "secret"), "../meta.json", "link", "dir/secret", "/etc/passwd", "a/../../b", "runicorn.db",
        foreign, neighbour["run_dir"] + "/meta.json", str(root / "runicorn.db"), "\0", ".", "",
    ):  # fmt: skip
        refused = await mount.fetch(base + quote(outside))
        assert refused.code in {400, 403, 404}, outside
        assert b"secret" not in refused.body
        if outside not in {"runicorn.db", ""}:
            assert (refused.code, json.loads(refused.body)["error"]) == (403, "forbidden"), outside
    assert (await mount.fetch(base + "nope.txt")).code == 404
    assert (await mount.fetch(base + "media")).code == 404
    assert (await mount.fetch("/runs/nope/assets")).code == 404
