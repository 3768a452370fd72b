"""The command line as a whole: one command is found and run, and its errors are said in a sentence.

Exit codes: 0 done; 1 what was asked for could not be done, or something is not as it should be; 2 wrong arguments or
an unusable folder; 130 ended by Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from runicorn_jupyter._version import __version__
from runicorn_jupyter.cli.commands import COMMANDS, DROPPED, find
from runicorn_jupyter.cli.output import discard_output, take_any_text
from runicorn_jupyter.cli.parser import USAGE_ERROR, Parser, nearest
from runicorn_jupyter.errors import BadRequest, RunicornError

FAILED = 1
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    take_any_text()
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = next((word for word in arguments if not word.startswith("-")), "")
    if arguments[:1] == [name] and find(name) is None:
        return _absent(name)
    try:
        options = _parsed(arguments, name)
    except SystemExit as end:
        return int(end.code or 0)
    run: Callable[[argparse.Namespace], int] | None = getattr(options, "run", None)
    return 0 if run is None else _run(run, options)


def _run(run: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    try:
        code = run(options)
        sys.stdout.flush()
    except RunicornError as error:
        sys.stderr.write(f"runicorn: {error}\n")
        return USAGE_ERROR if isinstance(error, BadRequest) else FAILED
    except BrokenPipeError:  # `| head` has what it wanted
        discard_output()
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return _INTERRUPTED
    return code


def parser_of(name: str = "") -> tuple[Parser, dict[str, Parser]]:
    """Return the parser of everything and those of the commands; only the one called `name` gets its options."""
    parser = Parser(
        prog="runicorn",
        description="Experiment tracking that lives where the notebook lives.",
        epilog="Exit codes: 0 done, 1 not done, 2 wrong arguments or an unusable folder. More: docs/cli.md.",
    )
    parser.add_argument("--version", action="version", version=f"runicorn-jupyter {__version__}")
    found = parser.add_subparsers(dest="command", metavar="command", parser_class=Parser)
    parsers = {command.name: found.add_parser(command.name, help=command.help) for command in COMMANDS}
    chosen = find(name)
    if chosen is not None:
        chosen.load().add_options(parsers[name])
    return parser, parsers


def _parsed(arguments: list[str], name: str) -> argparse.Namespace:
    parser, parsers = parser_of(name)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        parsers.get(options.command, parser).error(f"unrecognized arguments: {' '.join(unknown)}")
    if getattr(options, "run", None) is None:
        parser.print_help()
    return options


def _absent(command: str) -> int:
    if command in DROPPED:
        sys.stderr.write(f"runicorn: {DROPPED[command]}\n")
        return FAILED
    near = nearest(command, [known.name for known in COMMANDS])
    hint = f"did you mean {near}?" if near else "see runicorn --help"
    sys.stderr.write(f"runicorn: there is no command {command!r} ({hint})\n")
    return USAGE_ERROR
