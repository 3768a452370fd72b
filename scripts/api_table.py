"""Write the table of addresses in docs/http.md anew from the OpenAPI document (`make docs-api`)."""

from __future__ import annotations

import re
from pathlib import Path

from runicorn_jupyter.server.spec.openapi import document

_PAGE = Path(__file__).resolve().parent.parent / "docs" / "http.md"
_MARKS = re.compile(r"(<!-- addresses -->\n).*?(<!-- end -->)", re.DOTALL)


def table() -> str:
    """Return the table: one line for each verb of each address."""
    lines = ["| address | what it does |", "| --- | --- |"]
    for path, verbs in document()["paths"].items():
        lines += [f"| `{verb.upper()} {path}` | {operation['summary']} |" for verb, operation in verbs.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    page = _PAGE.read_text()
    _PAGE.write_text(_MARKS.sub(lambda found: f"{found[1]}{table()}\n{found[2]}", page))
