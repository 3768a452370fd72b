"""The text of a query cut into tokens, each knowing where it stands."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from runicorn_jupyter.errors import QueryError

LONGEST: Final = 4096

_UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[^\W\d]\w*(?:/\w+)*")
_PART = re.compile(r"\w+(?:/\w+)*")
_NUMBER = re.compile(r"(-?(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(min|[smhdw])?(?![\w.])")
_LIKE_NUMBER = re.compile(r"-?\.?[0-9][\w.]*")
_SIGN = re.compile(r"=~|!~|===|==|!==|!=|<>|<=|>=|=<|=>|&&|\|\||[=<>~!&|()\[\],-]")
_MEANT: Final = {"=": "==", "&&": "and", "&": "and", "||": "or", "|": "or", "!": "not"}
_WRONG: Final = {"===": "==", "!==": "!=", "<>": "!=", "=<": "<=", "=>": ">="}
_QUOTES: Final = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "«": '"', "»": '"'}


class Token(NamedTuple):
    """One piece of a query.

    `value` is the text or number meant; of a name the text as written. `parts` are those of a name that its dots
    separate; `bare` says that none of them stands in backquotes.
    """

    kind: Literal["name", "text", "number", "sign", "end"]
    value: str | float
    position: int
    length: int
    parts: tuple[str, ...] = ()
    bare: bool = True


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of `text`, the last one of kind ``end``.

    Raises
    ------
    QueryError
        A character means nothing here, a quote is not closed, or the text is over 4,096 characters.
    """
    if len(text) > LONGEST:
        raise QueryError(f"A query has at most {LONGEST} characters.", LONGEST, len(text) - LONGEST)
    at = _skip(text, 0)
    while at < len(text):
        token = _token(text, at)
        yield token
        at = _skip(text, at + token.length)
    yield Token("end", "", len(text), 0)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _token(text: str, at: int) -> Token:
    mark = text[at]
    if mark in "\"'":
        value, end = _quoted(text, at)
        return Token("text", value, at, end - at)
    if mark == "`" or _WORD.match(text, at):
        return _name(text, at)
    if _LIKE_NUMBER.match(text, at):
        return _number(text, at)
    sign = _SIGN.match(text, at)
    if sign is None:
        raise QueryError(_strange(mark), at, 1)
    if sign[0] in _WRONG:
        raise QueryError(f"Write {_WRONG[sign[0]]} instead of {sign[0]}.", at, len(sign[0]))
    return Token("sign", _MEANT.get(sign[0], sign[0]), at, len(sign[0]))


def _strange(mark: str) -> str:
    if mark in _QUOTES:
        return f"Put text between straight quotes, {_QUOTES[mark]}, not {mark}."
    if mark in "+*/%^":
        return f"Queries do not calculate: {mark} means nothing here. A name with it goes in backquotes."
    if mark == ".":
        return "A dot joins the parts of a name; one stands alone here."
    shown = mark if mark.isprintable() else f"U+{ord(mark):04X}"
    return f"{shown} means nothing here; text goes in quotes, a name with other characters in backquotes."


def _quoted(text: str, at: int) -> tuple[str, int]:
    """Return what stands in the quotes that open at `at`, and where they end.

    A backslash takes its meaning from a quote or another backslash only, so that regular expressions stay readable.
    """
    quote, pieces, here = text[at], list[str](), at + 1
    while here < len(text):
        mark = text[here]
        if mark == quote:
            return "".join(pieces), here + 1
        if mark == "\\" and text[here + 1 : here + 2] in {"\\", '"', "'", "`"}:
            here += 1
            mark = text[here]
        if "\ud800" <= mark <= "\udfff" or mark == "\0":
            raise QueryError("This character cannot be stored in any run; leave it out.", here, 1)
        pieces.append(mark)
        here += 1
    raise QueryError(f"The quote {quote} that opens here is never closed.", at, len(text) - at)


def _name(text: str, at: int) -> Token:
    parts, bare, here, pattern = list[str](), True, at, _WORD
    while True:
        if text[here : here + 1] == "`":
            part, here = _quoted(text, here)
            bare = False
        else:
            found = pattern.match(text, here)
            assert found is not None
            part, here = found[0], found.end()
        parts.append(part)
        if text[here : here + 1] != "." or not (_PART.match(text, here + 1) or text[here + 1 : here + 2] == "`"):
            return Token("name", text[at:here], at, here - at, tuple(parts), bare)
        here, pattern = here + 1, _PART


def _number(text: str, at: int) -> Token:
    found = _NUMBER.match(text, at)
    if found is None:
        word = _LIKE_NUMBER.match(text, at)
        assert word is not None
        raise QueryError(f"{word[0]} is no number; text goes in quotes, such a name in backquotes.", at, len(word[0]))
    digits, unit = found[1].replace("_", ""), found[2] or ""
    value: float = float(digits) * _UNITS[unit]
    if not math.isfinite(value):
        raise QueryError(f"{found[0]} is too large for a number.", at, len(found[0]))
    if not unit and digits.lstrip("-").isdigit() and abs(value) < 2**53:
        value = int(digits)
    return Token("number", value, at, len(found[0]))
