"""`runicorn doctor`: what is installed, which root is used and why, and what stands in the way."""

from __future__ import annotations

import argparse

from runicorn_jupyter.cli.findings import Finding, findings
from runicorn_jupyter.cli.output import say, say_json

_FAILED = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add how to print it; the doctor asks no questions."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the findings; return 1 when something needs a hand, else 0."""
    found = list(findings())
    ill = [finding for finding in found if finding.remedy]
    if options.json:
        say_json([{**finding._asdict(), "ok": not finding.remedy} for finding in found])
    else:
        say("\n".join([*map(_line, found), *map(_advice, ill), *([] if ill else ["No problems found."])]))
    return _FAILED if ill else 0


def _line(finding: Finding) -> str:
    return f"{'✗' if finding.remedy else '✓'} {finding.part}: {finding.says}"


def _advice(finding: Finding) -> str:
    return f"Problem with {finding.part}: {finding.says}. {finding.remedy}"
