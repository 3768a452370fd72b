"""Opening an address that an artifact names, to compare what lies there: no login of the user goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

_CONNECT_S, _READ_S = 10.0, 30.0
_REDIRECTS = 5


class Bytes(Protocol):
    """Bytes that come one part after the other."""

    def read(self, size: int, /) -> bytes:
        """Return the next part, empty at the end."""


class _Nobody(AuthBase):
    """Keeps requests from looking into the user's netrc for a login at that host."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Body:
    """The body of an answer, decoded; what breaks it is an OSError."""

    def __init__(self, answer: requests.Response) -> None:
        self._raw = answer.raw

    def read(self, size: int, /) -> bytes:
        """Return the next part, empty at the end."""
        try:
            part: bytes = self._raw.read(size, decode_content=True)
        except (HTTPError, OSError) as error:
            raise OSError("the connection broke while it was read") from error
        return part


@contextmanager
def opened(address: str) -> Iterator[Bytes]:
    """Open an http(s) address for reading; at most five redirects are followed, and no cookie is kept.

    Raises
    ------
    OSError
        Nobody answers within ten seconds, or the answer is no success; the message says which.
    """
    with requests.Session() as session:
        session.auth = _Nobody()
        session.max_redirects = _REDIRECTS
        try:
            answer = session.get(address, stream=True, timeout=(_CONNECT_S, _READ_S))
        except requests.RequestException as error:
            raise OSError(_why(error)) from error
        with answer:
            if answer.status_code != requests.codes.ok:
                raise OSError(f"the server there answers {answer.status_code}")
            yield _Body(answer)


def _why(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "the certificate of the server there is not trusted"
    if isinstance(error, requests.Timeout):
        return "the server there does not answer"
    if isinstance(error, requests.TooManyRedirects):
        return "the address leads from one to another without an end"
    if isinstance(error, requests.ConnectionError):
        return "no server can be reached there"
    return "the address cannot be used"
