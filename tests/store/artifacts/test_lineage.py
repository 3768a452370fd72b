"""The graph around an artifact or a run: both ways, through cycles and missing ends, to a depth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runicorn_jupyter.errors import RunNotFound
from runicorn_jupyter.models import Lineage
from runicorn_jupyter.store.artifacts import Artifacts, lineage
from runicorn_jupyter.store.artifacts.drawing import as_dot, as_mermaid
from runicorn_jupyter.store.artifacts.links import Linked
from runicorn_jupyter.workspace import Workspace


class Tree:
    """A root of runs and artifacts that is only files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runs: list[Linked] = []
        self.artifacts = Artifacts(root, lambda: self.runs)

    def artifact(self, name: str, version: int = 1, by: str | None = None, type_: str = "model") -> None:
        folder = self.root / "artifacts" / type_ / name
        (folder / f"v{version}").mkdir(parents=True)
        (folder / f"v{version}" / "metadata.json").write_text(json.dumps({"created_by_run": by, "size_bytes": 5}))
        rows = [{"version": number} for number in range(1, version + 1)]
        index = {"versions": rows, "aliases": {"latest": version}, "updated_at": 1.0}
        (folder / "versions.json").write_text(json.dumps(index))

    def run(self, run_id: str, made: tuple[str, ...] = (), used: tuple[str, ...] = (), **assets: object) -> None:
        folder = self.root / "p" / "n" / "runs" / run_id
        folder.mkdir(parents=True)
        for file, specs in (("artifacts_created.json", made), ("artifacts_used.json", used)):
            rows = [{"name": spec.split(":")[0], "type": "model", "version": int(spec.split(":")[1])} for spec in specs]
            (folder / file).write_text(json.dumps({"artifacts": rows}))
        (folder / "assets.json").write_text(json.dumps(assets))
        self.runs.append(Linked(run_id, f"p/n/runs/{run_id}", "p", "n", "finished", True))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def edges(graph: Lineage) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.edge_type, edge.target) for edge in graph.edges}


def test_both_ways_from_the_middle(tree):
    for name, by in (("raw", "r1"), ("data", "r2"), ("net", "r3"), ("other", "r4")):
        tree.artifact(name, by=by)
    tree.run("r1", made=("raw:1",))
    tree.run("r2", made=("data:1",), used=("raw:1",))
    tree.run("r3", made=("net:1",), used=("data:1",))
    tree.run("r4", made=("other:1",), used=("raw:1",))
    graph = tree.artifacts.lineage("data", 1)
    assert edges(graph) == {
        ("run:r1", "produces", "raw:v1"), ("raw:v1", "uses", "run:r2"), ("run:r2", "produces", "data:v1"),
        ("data:v1", "uses", "run:r3"), ("run:r3", "produces", "net:v1"),
    }  # fmt: skip
    assert graph.root == "data:v1" == graph.nodes[0].node_id
    assert not graph.truncated
    # A sibling is no ancestor; it is found from what both come from.
    assert "run:r4" in {node.node_id for node in tree.artifacts.lineage("raw", 1).nodes}
    shallow = tree.artifacts.lineage("raw", 1, depth=1)
    assert {node.node_id for node in shallow.nodes} == {
        "raw:v1", "run:r1", "run:r2", "run:r4", "data:v1", "other:v1",
    }  # fmt: skip
    assert shallow.truncated
    assert [node.node_id for node in tree.artifacts.lineage("raw", 1, depth=0).nodes] == ["raw:v1"]


def test_a_cycle_ends(tree):
    for name, by in (("a", "r1"), ("b", "r2")):
        tree.artifact(name, by=by)
    tree.run("r1", made=("a:1",), used=("b:1",))
    tree.run("r2", made=("b:1",), used=("a:1",))
    graph = tree.artifacts.lineage("a", 1, depth=10)
    assert len(graph.nodes) == len(graph.edges) == 4
    tree.artifact("self", by="r5")
    tree.run("r5", made=("self:1",), used=("self:1",))
    assert len(tree.artifacts.lineage("self", 1, depth=10).edges) == 2


def test_missing_ends_are_shown_as_missing(tree):
    tree.artifact("a", by="gone-run")
    tree.run("r1", made=("lost:7",), used=("a:1",))
    graph = tree.artifacts.lineage("a", 1)
    missing = {node.node_id for node in graph.nodes if node.metadata.get("missing")}
    assert missing == {"run:gone-run", "lost:v7"}
    assert ("run:gone-run", "produces", "a:v1") in edges(graph)


def test_a_graph_is_cut_at_a_size_and_says_so(tree, monkeypatch):
    monkeypatch.setattr(lineage, "MOST_NODES", 5)
    tree.artifact("a")
    for number in range(20):
        tree.run(f"r{number}", used=("a:1",))
    graph = tree.artifacts.lineage("a", 1)
    assert (len(graph.nodes), graph.truncated) == (5, True)
    known = {node.node_id for node in graph.nodes}
    assert all({edge.source, edge.target} <= known for edge in graph.edges)


def test_two_artifacts_of_one_name_are_two_nodes(tree):
    tree.artifact("a", by="r1")
    tree.artifact("a", by="r1", type_="dataset")
    tree.run("r1", made=("a:1",))
    graph = tree.artifacts.run_lineage("r1")
    assert {node.node_id for node in graph.nodes} == {"run:r1", "model/a:v1"}
    assert tree.artifacts.lineage("a", 1, "dataset").root == "dataset/a:v1"


def test_assets_of_one_content_join_the_runs_that_have_them(tree):
    tree.run("r1", outputs=[{"name": "w.pt", "fingerprint": "f" * 64, "archived_at": 5.0}])
    tree.run("r2", pretrained=[{"name": "start", "fingerprint": "f" * 64}], datasets=[{"name": "d", "uri": "s3://d"}])
    tree.run("r3", datasets=[{"name": "d", "uri": "s3://d"}], code={"snapshot": {"fingerprint": "c" * 64}})
    graph = tree.artifacts.run_lineage("r1", depth=2)
    assert ("run:r1", "produces", f"asset:{'f' * 32}") in edges(graph)
    assert (f"asset:{'f' * 32}", "uses", "run:r2") in edges(graph)
    above = tree.artifacts.run_lineage("r3", depth=1)
    assert {node.metadata["type"] for node in above.nodes if node.node_type == "asset"} == {"dataset", "code"}


def test_drawings_hold_every_node_and_nothing_breaks_out_of_them(tree):
    tree.artifact('odd "name" <b>&#', by="r1")
    tree.run("r1", datasets=[{"name": 'a"]; x\n --> y', "uri": 1}])
    graph = tree.artifacts.lineage('odd "name" <b>&#', 1)  # read, though nobody could create it
    dot, mermaid = as_dot(graph), as_mermaid(graph)
    assert dot.count("\n") == len(graph.nodes) + len(graph.edges) + 3
    assert mermaid.count("\n") == len(graph.nodes) + len(graph.edges) + 1
    for line in mermaid.splitlines()[1:]:
        assert "<b>" not in line
        assert line.count('"') in {0, 2}


def test_the_06_root_has_its_data_sets_code_and_outputs_in_the_graph(upstream_072):
    with Workspace(upstream_072) as hall:
        assert hall.wait_complete(20)
        kinds: set[str] = set()
        for run in hall.runs().runs:
            told = hall.assets(run.id)["assets"]
            graph = hall.artifacts.run_lineage(run.id, depth=1)
            names = {node.label for node in graph.nodes if node.node_type == "asset"}
            assert names >= {row["name"] for key in ("datasets", "pretrained", "outputs") for row in told.get(key, [])}
            kinds |= {node.metadata["type"] for node in graph.nodes if node.node_type == "asset"}
        assert {"dataset", "output"} <= kinds
        with pytest.raises(RunNotFound):
            hall.artifacts.run_lineage("none")


def test_every_use_in_the_sample_root_is_found_from_the_artifact(upstream_053):
    with Workspace(upstream_053) as hall:
        assert hall.wait_complete(20)
        uses = 0
        for path in upstream_053.rglob("artifacts_used.json"):
            for row in json.loads(path.read_text())["artifacts"]:
                graph = hall.artifacts.lineage(row["name"], row["version"], row["type"])
                assert (f"{row['name']}:v{row['version']}", "uses", f"run:{path.parent.name}") in edges(graph)
                uses += 1
        assert uses == 12
