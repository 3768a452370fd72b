"""What passes between a client of ours and a viewer on another host: named headers and media types, nothing else (G13).

Both ways it is a list of what may pass. What is not on it stays here, whatever its name: to the host go no cookie, no
Authorization, no Origin and no word of who asks; from it come no Set-Cookie, no CORS, no CSP, no rate limits.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus

from tornado.httputil import HTTPHeaders

from runicorn_jupyter.errors import AnswerRefused
from runicorn_jupyter.server.remote.passages import Passage
from runicorn_jupyter.server.runs.media import INLINE

_REQUEST = (
    *("Accept", "Content-Type", "Content-Length", "Range"),
    *("If-Range", "If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since"),
)
_OURS = {"token", "login", "_xsrf"}
"""Members of a query by which a caller of ours may prove who it is."""

_ANSWER = {
    "Etag": r'(?:W/)?"[\x21\x23-\x7e]{0,200}"',
    "Last-Modified": r"[A-Za-z0-9:, -]{1,40}",
    "Accept-Ranges": r"bytes|none",
    "Content-Range": r"bytes (?:[0-9]{1,18}-[0-9]{1,18}|\*)/(?:[0-9]{1,18}|\*)",
    "Retry-After": r"[0-9]{1,6}",
    "Allow": r"[A-Z, ]{1,100}",
}
_DECLARED = re.compile(r"[\x20-\x7e]{0,4096}")
_LENGTH = re.compile(r"[0-9]{1,18}")
_FILENAME = re.compile(r"attachment; filename\*=utf-8''([A-Za-z0-9%._~+-]{1,1000})", re.IGNORECASE)
_JSON = "application/json"
_TEXT = "text/plain"
_UNKNOWN = "application/octet-stream"
_FILE = "*/*"
_ACTIVE = re.compile(r"html|xml|svg|script|pdf|xsl|wasm|flash")
_ERRORS_BEGIN = 400
_ASKS_FOR_LOGIN = {401, 407}
_BODYLESS = {204, 304}
_SUCCESSES = {200, 201, 202, 204, 206, 304}


class Form(Enum):
    """How the body of an answer passes."""

    NONE = "none"
    JSON = "json"
    """Whole, after it was looked through."""
    STREAM = "stream"
    """Piece by piece."""


class Shown(NamedTuple):
    """An answer as the client gets it: how its body passes, and its headers."""

    form: Form
    headers: HTTPHeaders
    packed: bool = False
    """Whether the body is gzip."""


def request_headers(given: HTTPHeaders) -> HTTPHeaders:
    """Return what of a request's headers goes to the other host."""
    found = HTTPHeaders({"Host": "localhost"})
    for name in _REQUEST:
        if name in given:
            found[name] = given[name]
    coded = {word.split(";", 1)[0].strip().lower() for word in given.get("Accept-Encoding", "").split(",")}
    found["Accept-Encoding"] = "gzip" if "gzip" in coded else "identity"
    return found


def request_query(query: str) -> str:
    """Return the query without the tokens that are meant for us."""
    return "&".join(part for part in query.split("&") if unquote_plus(part.split("=", 1)[0]) not in _OURS)


def shown(passage: Passage, method: str, status: int, given: HTTPHeaders, *, takes_gzip: bool) -> Shown:
    """Return how an answer may pass.

    Parameters
    ----------
    passage : Passage
        What was asked for.
    method : str
        How.
    status : int
        Of the answer.
    given : HTTPHeaders
        Of the answer.
    takes_gzip : bool
        Whether gzip was asked for.

    Raises
    ------
    AnswerRefused
        It may not pass at all.
    """
    _check_status(status)
    headers = _plain(passage, given)
    if method == "HEAD" or status in _BODYLESS:
        if _kind(given):
            _describe(passage, headers, given, failed=status >= _ERRORS_BEGIN)
        return Shown(Form.NONE, headers)
    _check_framing(given)
    packed = _packed(given, takes_gzip=takes_gzip)
    if packed:
        headers["Content-Encoding"] = "gzip"
        headers["Vary"] = "Accept-Encoding"
    return Shown(_describe(passage, headers, given, failed=status >= _ERRORS_BEGIN), headers, packed)


def _check_status(status: int) -> None:
    if status in _ASKS_FOR_LOGIN:
        raise AnswerRefused("The viewer on the other host did not let us in; start it again.")
    if status not in _SUCCESSES and not _ERRORS_BEGIN <= status < 600:
        raise AnswerRefused(f"The viewer on the other host answered with status {status}, which never passes.")


def _check_framing(given: HTTPHeaders) -> None:
    """Refuse an answer that only ends with its connection: a cut one would look whole."""
    if "Content-Length" not in given and "Transfer-Encoding" not in given:
        raise AnswerRefused("The viewer on the other host did not say how long its answer is.")


def _packed(given: HTTPHeaders, *, takes_gzip: bool) -> bool:
    coding = given.get("Content-Encoding", "identity").strip().lower()
    if coding == "identity":
        return False
    if coding == "gzip" and takes_gzip:
        return True
    raise AnswerRefused("The viewer on the other host packed its answer in a way that was not asked for.")


def _plain(passage: Passage, given: HTTPHeaders) -> HTTPHeaders:
    """Return the headers that say nothing of the kind of the body, those that are well-formed."""
    found = HTTPHeaders()
    for name, pattern in _ANSWER.items():
        if re.fullmatch(pattern, given.get(name, "")):
            found[name] = given[name]
    for name in passage.answer.headers:
        if name in given and _DECLARED.fullmatch(given[name]):
            found[name] = given[name]
    if _LENGTH.fullmatch(given.get("Content-Length", "")):
        found["Content-Length"] = given["Content-Length"]
    return found


def _describe(passage: Passage, headers: HTTPHeaders, given: HTTPHeaders, *, failed: bool) -> Form:
    """Set type and disposition in `headers`; return how the body passes."""
    kind = _kind(given) or _UNKNOWN
    if kind == _JSON and (failed or passage.has_schema):
        headers["Content-Type"] = _JSON
        return Form.JSON
    if failed or not passage.kinds:
        raise AnswerRefused("The viewer on the other host answered with something that is no JSON.")
    if _FILE not in passage.kinds and kind not in passage.kinds:
        raise AnswerRefused("The viewer on the other host answered with another kind of file than was asked for.")
    inline = kind in INLINE or kind == _TEXT
    headers["Content-Type"] = f"{_TEXT}; charset=utf-8" if kind == _TEXT else _UNKNOWN if _ACTIVE.search(kind) else kind
    name = _FILENAME.fullmatch(given.get("Content-Disposition", ""))
    if name or not inline:
        headers["Content-Disposition"] = f"attachment; filename*=utf-8''{_file_name(name[1]) if name else 'download'}"
    return Form.STREAM


def _kind(given: HTTPHeaders) -> str:
    """Return the media type in lower case, without its parameters; a malformed one is unknown bytes."""
    kind = given.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind if not kind or re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}", kind) else _UNKNOWN


def _file_name(quoted: str) -> str:
    """Return an encoded name without anything that is a folder, or invisible, once decoded."""
    name = unquote(quoted, errors="replace")
    return quoted if name.isprintable() and not re.search(r'[/\\:*?"<>|]|^\.', name) else "download"
