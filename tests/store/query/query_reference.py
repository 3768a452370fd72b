"""What a query means, said a second time in plain Python over plain dictionaries: the judge of the SQL and of the page.

Written from docs/query.md, with the tree as its only link to the product.
"""

from __future__ import annotations

import re
from typing import Any

from runicorn_jupyter.store.query.keys import Key
from runicorn_jupyter.store.query.moments import span
from runicorn_jupyter.store.query.tree import Compare, Either, Every, Given, Holds, Missing, Moment, Node, Not, Within

STATS = ("last", "min", "max", "first", "mean", "best", "count")
LOW = {"loss", "error", "err", "mae", "mse", "rmse", "nll", "perplexity", "ppl", "wer", "cer"}


def value_of(key: Key, run: dict[str, Any]) -> Any:
    if key.scope == "field":
        return field(key.path[0], run)
    for place in ("config", "summary", "metrics"):
        if key.scope in {"any", place}:
            found = in_metrics(run, key.path) if place == "metrics" else in_document(run[place], key.path)
            if found is not None:
                return found
    return None


def field(name: str, run: dict[str, Any]) -> Any:
    if name != "duration":
        return run.get(name)
    begin = run["created_at"] if run["started_at"] is None else run["started_at"]
    end = run["updated_at"] if run["ended_at"] is None else run["ended_at"]
    return None if begin is None or end is None else max(0.0, end - begin)


def in_document(document: dict[str, Any], path: tuple[str, ...]) -> Any:
    flat = document.get(".".join(path))
    if flat is not None:
        return flat
    here: Any = document
    for part in path:
        here = here.get(part) if isinstance(here, dict) else None
    return here


def in_metrics(run: dict[str, Any], path: tuple[str, ...]) -> Any:
    names = [(".".join(path), "last")]
    if len(path) > 1 and path[-1] in STATS:
        names.append((".".join(path[:-1]), path[-1]))
    if len(path) > 1 and path[0] == "best":
        names.append((".".join(path[1:]), "best"))
    found = [stat(run, metric, word) for metric, word in names if metric in run["metrics"]]
    return next((value for value in found if value is not None), None)


def stat(run: dict[str, Any], metric: str, word: str) -> Any:
    figures = run["metrics"][metric]
    if word != "best":
        return figures[word]
    mode = run["best_metric_mode"] if run["best_metric_name"] == metric else None
    if mode not in {"min", "max"}:
        mode = "min" if LOW & set(re.split(r"[\W_]+", metric.lower())) else "max"
    return figures[mode]


def holds(node: Node, run: dict[str, Any], now: float) -> bool:
    if isinstance(node, Not):
        return not holds(node.term, run, now)
    if isinstance(node, Every | Either):
        found = [holds(term, run, now) for term in node.terms]
        return all(found) if isinstance(node, Every) else any(found)
    value = value_of(node.key, run)
    if isinstance(node, Missing):
        return (value is None) != node.negated
    if value is None:
        return False
    if isinstance(node, Given):
        return value is not False and value not in ("", [], {})
    if isinstance(node, Within):
        alike = [one for one in node.values if same_kind(value, one)]
        return bool(alike) and (value in alike) != node.negated
    if isinstance(node, Holds):
        return contains(value, node)
    assert isinstance(node, Compare)
    return compared(value, node, now)


def same_kind(one: Any, other: Any) -> bool:
    if isinstance(one, list | dict):
        return False
    return isinstance(one, str) == isinstance(other, str)


def contains(value: Any, node: Holds) -> bool:
    if isinstance(value, list):
        found = any(same_kind(one, node.value) and one == node.value for one in value if one is not None)
        return found != node.negated
    if isinstance(value, str) and isinstance(node.value, str):
        return (node.value in value) != node.negated
    return False


def compared(value: Any, node: Compare, now: float) -> bool:
    wanted = node.value
    if isinstance(wanted, Moment):
        return in_time(value, node.operator, *span(wanted, now))
    if node.operator in {"~", "!~", "=~"}:
        return like(value, node.operator, str(wanted))
    if not same_kind(value, wanted):
        return False
    return order(value, node.operator, wanted)


def like(value: Any, operator: str, wanted: str) -> bool:
    def test(text: Any) -> bool:
        if not isinstance(text, str):
            return False
        return bool(re.search(wanted, text)) if operator == "=~" else wanted.lower() in text.lower()

    if not isinstance(value, str | list):
        return False
    found = any(map(test, value)) if isinstance(value, list) else test(value)
    return found != (operator == "!~")


def order(value: Any, operator: str, wanted: Any) -> bool:
    return {
        "==": value == wanted,
        "!=": value != wanted,
        "<": value < wanted,
        "<=": value <= wanted,
        ">": value > wanted,
        ">=": value >= wanted,
    }[operator]


def in_time(value: Any, operator: str, begin: float, end: float) -> bool:
    if begin == end:
        return order(value, operator, begin)
    return {
        "==": begin <= value < end,
        "!=": not begin <= value < end,
        "<": value < begin,
        "<=": value < end,
        ">": value >= end,
        ">=": value >= begin,
    }[operator]
