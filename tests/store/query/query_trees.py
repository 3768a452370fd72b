"""Any tree, any run, and a tree as text again: strategies for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from runicorn_jupyter.store.query.keys import Key, make_key
from runicorn_jupyter.store.query.tree import Compare, Either, Every, Given, Holds, Missing, Moment, Node, Not, Within

LETTERS = "abz_Éß😀 .\"'\\`%/-0" + "\x01]?{"
TEXTS = st.text(LETTERS, max_size=4) | st.sampled_from(["adam", "Adam", "1", "[1]", "{}", ""])
NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, -0.5, 1e-3, 2.5e10, 2**60])
SCALARS = NUMBERS | TEXTS | st.booleans()
PARTS = st.sampled_from(["a", "b", "a.b", "acc", "loss", "max", "best", "last", "x y", 'q"', "b\\", "A", "and", "ß/1"])
PATHS = st.lists(PARTS, min_size=1, max_size=3).map(tuple)
FIELDS = st.sampled_from(["name", "status", "alias", "notes", "last_step", "best_metric_value", "duration"])
TIMES = st.sampled_from(["created_at", "started_at", "ended_at", "updated_at"])


def _scoped(path: tuple[str, ...], scope: str) -> Key:
    return make_key(path) if scope == "any" else Key(scope, path)


KEYS = st.builds(_scoped, PATHS, st.sampled_from(["any", "any", "config", "summary", "metrics"])) | FIELDS.map(
    lambda name: make_key((name,))
)
LISTS = KEYS | st.just(make_key(("tags",)))
MOMENTS = st.builds(Moment, st.sampled_from(["now", "today"]), st.integers(-9, 0).map(lambda days: days * 86400.0)) | (
    st.sampled_from(["2026-11-20", "2026-11-20 10:00", "2026-11-20T10:00:01Z", "2026-11-20T10:00+01:00"]).map(Moment)
)
ORDERS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
LEAVES = st.one_of(
    st.builds(Compare, KEYS, ORDERS, SCALARS),
    st.builds(Compare, LISTS, st.sampled_from(["~", "!~"]), TEXTS),
    st.builds(Compare, LISTS, st.just("=~"), st.sampled_from(["^a", "\\d", "(?i)AD", "b$", "."])),
    st.builds(Compare, TIMES.map(lambda name: make_key((name,))), ORDERS, MOMENTS | NUMBERS),
    st.builds(Within, KEYS, st.lists(SCALARS, min_size=1, max_size=3).map(tuple), st.booleans()),
    st.builds(Holds, LISTS, SCALARS, st.booleans()),
    st.builds(Missing, LISTS, st.booleans()),
    st.builds(Given, LISTS),
)
TREES = st.recursive(
    LEAVES,
    lambda terms: st.one_of(
        terms.map(Not),
        st.lists(terms, min_size=2, max_size=3).map(lambda found: Every(tuple(found))),
        st.lists(terms, min_size=2, max_size=3).map(lambda found: Either(tuple(found))),
    ),
    max_leaves=8,
)

VALUES = st.recursive(
    SCALARS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PARTS, inner, max_size=3),
    max_leaves=5,
)
DOCUMENTS = st.dictionaries(PARTS, VALUES, max_size=5)
FIGURE = st.none() | st.sampled_from([0.0, 0.5, 1.0, -2.0])
FIGURES = st.fixed_dictionaries(dict.fromkeys(("last", "min", "max", "first", "mean"), FIGURE) | {"count": NUMBERS})
MOMENT = st.none() | st.sampled_from([1795176000.0, 1795176060.5, 1795000000.0, 1800000000.0])
RUNS = st.fixed_dictionaries(
    dict.fromkeys(("id", "project", "name", "status", "state", "notes"), TEXTS)
    | {name: TEXTS | st.none() for name in ("alias", "hostname", "path")}
    | dict.fromkeys(("created_at", "started_at", "ended_at", "updated_at"), MOMENT)
    | {name: st.none() | st.sampled_from(["acc", "loss", "a.b"]) for name in ("best_metric_name",)}
    | {"best_metric_mode": st.sampled_from([None, "min", "max"]), "tags": st.lists(TEXTS, max_size=3)}
    | {"best_metric_value": FIGURE, "last_step": st.none() | st.integers(0, 3)}
    | {"config": DOCUMENTS, "summary": DOCUMENTS}
    | {"metrics": st.dictionaries(st.sampled_from(["acc", "loss", "a.b", "acc.max", 'q"', "x y"]), FIGURES, max_size=4)}
)


def written(node: Node) -> str:
    """Return a query that says what the tree says."""
    if isinstance(node, Not):
        return f"not {_inside(node.term)}"
    if isinstance(node, Every | Either):
        word = " and " if isinstance(node, Every) else " or "
        return word.join(_inside(term) for term in node.terms)
    name, word = node.key.text, "not in" if getattr(node, "negated", False) else "in"
    if isinstance(node, Compare):
        return f"{name} {node.operator} {_value(node.value)}"
    if isinstance(node, Within):
        return f"{name} {word} ({', '.join(map(_value, node.values))})"
    if isinstance(node, Holds):
        return f"{_value(node.value)} {word} {name}"
    if isinstance(node, Missing):
        return f"{name} is {'not ' if node.negated else ''}null"
    return name


def _inside(node: Node) -> str:
    return f"({written(node)})" if isinstance(node, Every | Either) else written(node)


def _value(value: Any) -> str:
    if isinstance(value, Moment):
        if value.text in {"now", "today"}:
            return value.text + (f" - {-value.shift:g}" if value.shift else "")
        return f'"{value.text}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)
