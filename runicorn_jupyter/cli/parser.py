"""Arguments, and what is said of wrong ones: one line that names what was probably meant."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterable
from typing import NoReturn

USAGE_ERROR = 2

_CHOICES = re.compile(r"invalid choice: '(?P<wrong>[^']*)' \(choose from (?P<known>.*)\)")


class Parser(argparse.ArgumentParser):
    """Names the nearest right option, command or choice in its one-line complaint."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and what was probably meant; leave with code 2."""
        said = " ".join(message.split())
        self.exit(USAGE_ERROR, f"{self.prog}: {said}{self._hint(said)}\n")

    def _hint(self, message: str) -> str:
        if found := _CHOICES.search(message):
            known = [word.strip(" '") for word in found["known"].split(",")]
            return _meant(found["wrong"], known) or ""
        options = [option for action in self._actions for option in action.option_strings]
        for word in re.split(r"[\s'=:,]+", message):
            if word.startswith("-") and word not in options and (meant := _meant(word, options)):
                return meant
        return f" (see {self.prog} --help)"


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """Return the word of `known` that `wrong` was probably meant to be."""
    return next(iter(difflib.get_close_matches(wrong, list(known), n=1, cutoff=0.5)), None)


def count(text: str) -> int:
    """Return `text` as a whole number from 0.

    Raises
    ------
    argparse.ArgumentTypeError
        It is none.
    """
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"a whole number from 0 is wanted here, not {text!r}")
    return int(text)


def storage(parser: argparse.ArgumentParser) -> None:
    """Add ``--storage``, as every command on a folder has it."""
    parser.add_argument(
        "--storage", metavar="DIR", help="the folder that holds the runs (default: as `runicorn doctor` says)"
    )


def _meant(wrong: str, known: Iterable[str]) -> str | None:
    near = nearest(wrong, known)
    return near and f" (did you mean {near}?)"
