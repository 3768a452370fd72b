"""The query language (docs/query.md): text in, a bound SQL condition over the index out, nothing ever evaluated."""

from __future__ import annotations

from runicorn_jupyter.store.query.functions import FUNCTIONS, register, time_limit
from runicorn_jupyter.store.query.keys import Key, expression
from runicorn_jupyter.store.query.parser import check_query, is_query, parse, parse_key
from runicorn_jupyter.store.query.sql import Compiled, compile_query

__all__ = [
    "FUNCTIONS",
    "Compiled",
    "Key",
    "check_query",
    "compile_query",
    "expression",
    "is_query",
    "parse",
    "parse_key",
    "register",
    "time_limit",
]
