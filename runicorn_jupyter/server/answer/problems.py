"""One map from exceptions to the error body of decision D3, the same for every route and both mounts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tornado import web

from runicorn_jupyter.errors import (
    BadRequest,
    Forbidden,
    IdentityRequired,
    MethodNotAllowed,
    NotFound,
    RunicornError,
    TooLarge,
    UnsupportedMediaType,
)

_SENTENCES: dict[int, tuple[str, str]] = {
    400: (BadRequest.code, "The request could not be read."),
    401: (IdentityRequired.code, "No token and no login came with this request."),
    403: (
        Forbidden.code,
        "This request was refused: it needs a login that may do this, and changes need X-XSRFToken or a token.",
    ),
    404: (NotFound.code, "There is nothing at this address."),
    405: (MethodNotAllowed.code, "This address does not take this method."),
    413: (TooLarge.code, "The body is too large."),
    415: (UnsupportedMediaType.code, "The body must be application/json."),
    416: (BadRequest.code, "The file does not have the range that was asked for."),
}
_INTERNAL = (RunicornError.code, "The server failed on this request; its log says why.")


class Problem(NamedTuple):
    """What goes over the wire about an exception, and nothing else of it."""

    status: int
    code: str
    message: str
    retry_after: int | None = None
    extra: Mapping[str, Any] = MappingProxyType({})
    """What the answer has besides."""

    def body(self) -> dict[str, Any]:
        """Return the D3 body."""
        later = {} if self.retry_after is None else {"retry_after": self.retry_after}
        return {
            "detail": self.message,
            "message": self.message,
            "error": self.code,
            "ok": False,
            "success": False,
            **later,
            **self.extra,
        }


def describe(error: BaseException | None, status: int = 500) -> Problem:
    """Return the problem of `error`; internals of an exception that is not ours never show.

    Parameters
    ----------
    error : exception or None
        What a handler raised.
    status : int
        Used when there is no exception.
    """
    if isinstance(error, RunicornError):
        return Problem(error.status, error.code, str(error), getattr(error, "retry_after", None), error.extra())
    if isinstance(error, web.HTTPError):
        status = error.status_code
    elif error is not None:
        status = 500
    code, message = _SENTENCES.get(status, _INTERNAL)
    return Problem(status, code, message)
