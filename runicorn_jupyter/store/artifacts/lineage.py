"""Where an artifact or run comes from and what came of it: a walk up and a walk down, each to a depth."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runicorn_jupyter.models import Lineage, LineageEdge, LineageNode
from runicorn_jupyter.store.artifacts import index
from runicorn_jupyter.store.artifacts.catalog import Catalog
from runicorn_jupyter.store.artifacts.documents import read_json
from runicorn_jupyter.store.artifacts.links import End, Link, Links
from runicorn_jupyter.store.runs.values import as_number, as_text, as_whole

DEEPEST = 10
MOST_NODES = 2000
_SHOWN = 16

Node = End | str
"""An end of a link, or the id of a run."""


class Graph:
    """Builds the graph around one node.

    Parameters
    ----------
    root, catalog, links
        Where it looks.
    depth : int
        How many artifacts far to go in each direction.
    """

    def __init__(self, root: Path, catalog: Catalog, links: Links, depth: int) -> None:
        self._root = root
        self._links = links
        self._steps = 2 * max(0, min(depth, DEEPEST))
        names: dict[str, set[str]] = {}
        for item in catalog.all():
            names.setdefault(item.name, set()).add(item.type)
        self._ambiguous = {name for name, types in names.items() if len(types) > 1}
        self._nodes: dict[str, LineageNode] = {}
        self._edges: dict[tuple[str, str], LineageEdge] = {}
        self._truncated = False

    def around(self, start: Node) -> Lineage:
        """Return the graph: what `start` was made from, and what was made from it."""
        first = self._add(start)
        self._walk(start, up=True)
        self._walk(start, up=False)
        return Lineage(first, tuple(self._nodes.values()), tuple(self._edges.values()), self._truncated)

    def _walk(self, start: Node, *, up: bool) -> None:
        seen, edge_of_it = {start}, [start]
        for step in range(self._steps + 1):
            following = []
            for node in edge_of_it:
                for other, source, target, link in self._neighbours(node, up=up):
                    if step == self._steps or (self._id(other) not in self._nodes and len(self._nodes) >= MOST_NODES):
                        self._truncated = True
                        continue
                    self._add(other, link)
                    ends = self._id(source), self._id(target)
                    at = link.at if link else None
                    self._edges.setdefault(
                        ends, LineageEdge(*ends, "uses" if isinstance(target, str) else "produces", at)
                    )
                    if other not in seen:
                        seen.add(other)
                        following.append(other)
            edge_of_it = following

    def _neighbours(self, node: Node, *, up: bool) -> Iterable[tuple[Node, Node, Node, Link | None]]:
        """Yield (neighbour, source, target, link) of each edge that leads up from, or down from, `node`."""
        if isinstance(node, str):
            for link in self._links.of_run(node):
                if (link.role == "uses") is up:
                    yield (link.end, link.end, node, link) if up else (link.end, node, link.end, link)
            return
        told = set()
        for run, link in self._links.of_end(node):
            if (link.role == "produces") is up:
                told.add(run)
                yield (run, run, node, link) if up else (run, node, run, link)
        maker = self._maker(node) if up and node.kind == "artifact" else None
        if maker is not None and maker not in told:
            yield maker, maker, node, None

    def _maker(self, end: End) -> str | None:
        return as_text(self._metadata(end).get("created_by_run")) or None

    def _metadata(self, end: End) -> dict[str, Any]:
        return read_json(self._root, f"{index.place(end.type, end.name)}/v{end.version}/metadata.json") or {}

    def _id(self, node: Node) -> str:
        if isinstance(node, str):
            return f"run:{node}"
        if node.kind == "asset":
            return f"asset:{node.name}"
        before = f"{node.type}/" if node.name in self._ambiguous else ""
        return f"{before}{node.name}:v{node.version}"

    def _add(self, node: Node, link: Link | None = None) -> str:
        known = self._id(node)
        if known not in self._nodes:
            if isinstance(node, str):
                self._nodes[known] = self._run(known, node)
            elif node.kind == "asset":
                self._nodes[known] = _asset(known, link)
            else:
                self._nodes[known] = self._artifact(known, node)
        return known

    def _run(self, known: str, run_id: str) -> LineageNode:
        told: dict[str, Any] = {"run_id": run_id}
        run = self._links.runs.get(run_id)
        if run is None:
            told["missing"] = True
        else:
            told.update(project=run.project, name=run.name, status=run.status)
        label = run_id if len(run_id) <= _SHOWN else f"{run_id[:_SHOWN]}..."
        return LineageNode("run", known, f"Run {label}", told)

    def _artifact(self, known: str, end: End) -> LineageNode:
        metadata = self._metadata(end)
        told: dict[str, Any] = {
            "type": end.type,
            "size": as_whole(metadata.get("size_bytes")) or 0,
            "created_at": as_number(metadata.get("created_at")),
        }
        if not metadata:
            told["missing"] = True
        return LineageNode("artifact", known, f"{end.name} v{end.version}", told)


def _asset(known: str, link: Link | None) -> LineageNode:
    told = dict(link.told) if link else {}
    return LineageNode("asset", known, str(told.get("name", known)), told)
