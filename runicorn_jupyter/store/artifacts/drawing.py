"""A lineage graph as text that Graphviz or Mermaid draws."""

from __future__ import annotations

from runicorn_jupyter.models import Lineage, LineageNode

_SHAPES = {"artifact": "box", "run": "ellipse", "asset": "note"}
_CONTROL = dict.fromkeys(range(32), " ")


def as_dot(graph: Lineage) -> str:
    """Return the graph in the language of Graphviz, from left to right; what is missing is dashed."""
    lines = ["digraph lineage {", "  rankdir=LR;"]
    for node in graph.nodes:
        style = ", style=dashed" if node.metadata.get("missing") else ", style=bold" if _is_root(node, graph) else ""
        lines.append(
            f'  "{_dot(node.node_id)}" [label="{_dot(_label(node))}", shape={_SHAPES[node.node_type]}{style}];'
        )
    lines += [f'  "{_dot(edge.source)}" -> "{_dot(edge.target)}" [label="{edge.edge_type}"];' for edge in graph.edges]
    return "\n".join([*lines, "}", ""])


def as_mermaid(graph: Lineage) -> str:
    """Return the graph as a Mermaid flowchart; what is missing has a dashed border."""
    numbers = {node.node_id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        left, right = ("([", "])") if node.node_type == "run" else ("[", "]")
        lines.append(f'  {numbers[node.node_id]}{left}"{_mermaid(_label(node))}"{right}')
    lines += [f"  {numbers[edge.source]} -->|{edge.edge_type}| {numbers[edge.target]}" for edge in graph.edges]
    lines += [
        f"  style {numbers[node.node_id]} stroke-dasharray: 4 3" for node in graph.nodes if node.metadata.get("missing")
    ]
    return "\n".join([*lines, ""])


def _is_root(node: LineageNode, graph: Lineage) -> bool:
    return node.node_id == graph.root


def _label(node: LineageNode) -> str:
    kind = node.metadata.get("type") if node.node_type != "run" else node.metadata.get("name")
    return f"{node.label} ({kind})" if kind else node.label


def _dot(text: str) -> str:
    return text.translate(_CONTROL).replace("\\", "\\\\").replace('"', '\\"')


def _mermaid(text: str) -> str:
    plain = text.translate(_CONTROL).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace('"', "&quot;").replace("#", "&#35;")
