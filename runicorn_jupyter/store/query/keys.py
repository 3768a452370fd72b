"""Names in a query: which value of a run they mean, and the SQL expression that reads it from the index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import orjson

Scope = Literal["field", "any", "config", "summary", "metrics"]
Type = Literal["text", "number", "time", "list", "any"]

STATS: Final = ("last", "min", "max", "first", "mean", "best", "count")
KEYWORDS: Final = frozenset({"and", "or", "not", "in", "is", "null", "none", "true", "false", "now", "today"})
_SCOPES: Final[dict[str, Scope]] = {
    "config": "config",
    "summary": "summary",
    "metrics": "metrics",
    "metric": "metrics",
}
_ALIASES: Final = {"created": "created_at", "created_time": "created_at", "tag": "tags"}
_LOW_IS_GOOD: Final = frozenset(
    {"loss", "error", "err", "mae", "mse", "rmse", "nll", "perplexity", "ppl", "wer", "cer"}
)
_BARE = re.compile(r"[^\W\d]\w*(?:/\w+)*")
_LATER = re.compile(r"\w+(?:/\w+)*")
_UNQUOTABLE = re.compile(r'["\\\x00-\x1f]')


class Field(NamedTuple):
    """A field of the run itself: where the index has it, and of what type it is."""

    sql: str
    type: Type


def _record(name: str) -> str:
    return f"json_extract(record, '$.{name}')"


_STARTED = f"coalesce({_record('started_at')}, created)"
_ENDED = f"coalesce({_record('ended_at')}, {_record('updated_at')})"

FIELDS: Final[dict[str, Field]] = {
    **{name: Field(name, "text") for name in ("id", "project", "name", "status", "state")},
    **{name: Field(_record(name), "text") for name in ("alias", "path", "notes", "hostname", "state_reason")},
    **{name: Field(_record(name), "text") for name in ("best_metric_name", "best_metric_mode")},
    **{name: Field(_record(name), "time") for name in ("started_at", "ended_at", "updated_at")},
    **{name: Field(_record(name), "number") for name in ("last_step", "pid", "bad_lines")},
    **{name: Field(_record(name), "number") for name in ("best_metric_value", "best_metric_step")},
    "created_at": Field("created", "time"),
    "duration": Field(f"max(0.0, {_ENDED} - {_STARTED})", "number"),
    "tags": Field(_record("tags"), "list"),
}


@dataclass(frozen=True, slots=True)
class Key:
    """A name, resolved as far as its text alone allows.

    ``any`` is looked up in config, then summary, then the metrics; a `path` of several parts means a nested value, a
    key with dots in it, or (last part) a figure of a metric.
    """

    scope: Scope
    path: tuple[str, ...]

    @property
    def text(self) -> str:
        """The name as it is written in a query."""
        parts = self.path if self.scope in {"field", "any"} else (self.scope, *self.path)
        return ".".join(_written(part, first=position == 0) for position, part in enumerate(parts))

    @property
    def type(self) -> Type:
        """The type that every value under this name has, ``any`` when runs may differ."""
        if self.scope == "field":
            return FIELDS[self.path[0]].type
        return "number" if self.scope == "metrics" else "any"


def make_key(parts: tuple[str, ...]) -> Key:
    """Return the key that a name of these `parts` means; a field of the run goes before everything else."""
    if len(parts) == 1:
        name = _ALIASES.get(parts[0], parts[0])
        return Key("field", (name,)) if name in FIELDS else Key("any", parts)
    scope = _SCOPES.get(parts[0])
    return Key("any", parts) if scope is None else Key(scope, parts[1:])


def expression(key: Key) -> str:
    """Return the SQL expression of the value, NULL where a run has none.

    It binds nothing and is the same text for the same key, so that an index can be made on it. It needs the functions
    of ``register`` only for names that SQLite's JSON paths cannot quote.
    """
    return FIELDS[key.path[0]].sql if key.scope == "field" else _first([one.value for one in _candidates(key)])


def kind(key: Key) -> str:
    """Return the SQL expression of the value's JSON type (``text``, ``integer``, ``real``, ``array``, …) or NULL."""
    return _first([one.kind for one in _candidates(key)])


class _Candidate(NamedTuple):
    value: str
    kind: str


def _candidates(key: Key) -> Iterator[_Candidate]:
    if key.scope in {"any", "config"}:
        yield from _documents("config", key.path)
    if key.scope in {"any", "summary"}:
        yield from _documents("summary", key.path)
    if key.scope in {"any", "metrics"}:
        yield from map(_figure, _metrics(key.path))


def _documents(column: str, path: tuple[str, ...]) -> Iterator[_Candidate]:
    yield _look_up(column, (".".join(path),))
    if len(path) > 1:
        yield _look_up(column, path)


def _metrics(path: tuple[str, ...]) -> Iterator[str]:
    yield _stat(".".join(path), "last")
    if len(path) > 1 and path[-1] in STATS:
        yield _stat(".".join(path[:-1]), path[-1])
    if len(path) > 1 and path[0] == "best":
        yield _stat(".".join(path[1:]), "best")


def _stat(metric: str, stat: str) -> str:
    if stat != "best":
        return _look_up("metrics", (metric, stat)).value
    low, high = (_look_up("metrics", (metric, end)).value for end in ("min", "max"))
    name, mode = _record("best_metric_name"), _record("best_metric_mode")
    primary = f"CASE {name} WHEN {_quoted(metric)} THEN {mode} END"
    usual = low if low_is_good(metric) else high
    return f"CASE {primary} WHEN 'min' THEN {low} WHEN 'max' THEN {high} ELSE {usual} END"


def low_is_good(metric: str) -> bool:
    """Tell whether the name of a metric says that less is better, as *loss* and *error* do."""
    return not _LOW_IS_GOOD.isdisjoint(re.split(r"[\W_]+", metric.lower()))


def _figure(value: str) -> _Candidate:
    return _Candidate(value, f"CASE WHEN {value} IS NOT NULL THEN 'real' END")


def _look_up(column: str, path: tuple[str, ...]) -> _Candidate:
    if any(map(_UNQUOTABLE.search, path)):
        # The names are escaped in the stored JSON, and SQLite before 3.45 compares them as they are stored.
        where = _quoted(orjson.dumps(path).decode())
        return _Candidate(f"runicorn_pick({column}, {where})", f"runicorn_kind({column}, {where})")
    where = _quoted("$" + "".join(f'."{part}"' for part in path))
    return _Candidate(f"json_extract({column}, {where})", f"nullif(json_type({column}, {where}), 'null')")


def _first(terms: list[str]) -> str:
    return terms[0] if len(terms) == 1 else f"coalesce({', '.join(terms)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _written(part: str, *, first: bool) -> str:
    if (_BARE if first else _LATER).fullmatch(part) and not (first and part.lower() in KEYWORDS):
        return part
    return "`" + part.replace("\\", "\\\\").replace("`", "\\`") + "`"
