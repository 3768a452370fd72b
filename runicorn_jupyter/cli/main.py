"""The command line as a whole: which commands there are, and how their errors are said."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from runicorn_jupyter._version import __version__
from runicorn_jupyter.cli import doctor, runs, viewer
from runicorn_jupyter.errors import RunicornError

USAGE_ERROR = 2

_LATER = ("config", "export", "import", "export-data", "manage", "artifacts", "rate-limit", "delete")
_DROPPED = {"generate-manifest": "Manifests are not needed here: runs are read from their own files at once."}


class Parser(argparse.ArgumentParser):
    """Names the nearest right option or command in its one-line complaint."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and what was probably meant; leave with code 2."""
        hint = self._nearest(message)
        self.exit(USAGE_ERROR, f"{self.prog}: {message}{hint}\n")

    def _nearest(self, message: str) -> str:
        wrong = [word for word in message.replace("'", " ").replace("=", " ").split() if word.startswith("--")]
        known = [option for action in self._actions for option in action.option_strings]
        for word in wrong:
            if word not in known and (near := difflib.get_close_matches(word, known, n=1, cutoff=0.5)):
                return f" (did you mean {near[0]}?)"
        return f" (see {self.prog} --help)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0, 1 for what went wrong, 2 for wrong arguments or an unusable root."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in {*_LATER, *_DROPPED}:
        return _absent(arguments[0])
    parser, commands = _parser()
    try:
        options, unknown = parser.parse_known_args(arguments)
        if unknown:
            commands.get(options.command, parser).error(f"unrecognized arguments: {' '.join(unknown)}")
    except SystemExit as end:
        return int(end.code or 0)
    run: Callable[[argparse.Namespace], int] | None = getattr(options, "run", None)
    if run is None:
        parser.print_help()
        return 0
    try:
        return run(options)
    except RunicornError as error:
        sys.stderr.write(f"runicorn: {error}\n")
        return USAGE_ERROR


def _parser() -> tuple[Parser, dict[str, Parser]]:
    parser = Parser(prog="runicorn", description="Experiment tracking that lives where the notebook lives.")
    parser.add_argument("--version", action="version", version=f"runicorn-jupyter {__version__}")
    found = parser.add_subparsers(dest="command", metavar="command")
    commands = {
        "viewer": found.add_parser("viewer", help="show the runs of a folder in a browser"),
        "runs": found.add_parser("runs", help="list runs, all or those that a query finds"),
        "doctor": found.add_parser("doctor", help="say what is installed, which root is used and why"),
    }
    viewer.add_options(commands["viewer"])
    runs.add_options(commands["runs"])
    doctor.add_options(commands["doctor"])
    return parser, commands


def _absent(command: str) -> int:
    later = f"`runicorn {command}` is not in version {__version__} yet; the viewer and `import runicorn` are."
    sys.stderr.write(f"runicorn: {_DROPPED.get(command, later)}\n")
    return 1
