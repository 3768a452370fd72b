"""From an HTTP answer to a value or to the documented exception."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import requests

from runicorn_jupyter.client.errors import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectionError,  # noqa: A004
    HostKeyConfirmationRequiredError,
    NotFoundError,
    RateLimitError,
    RunicornAPIError,
    ServerError,
)

_HOST_KEY = "host_key_confirmation_required"
_FOREIGN = ("Not Found", "Method Not Allowed")
"""What a server of upstream says of an address that it does not have; ours has sentences."""

_CLASSES: dict[int, type[RunicornAPIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: AuthenticationError,
    404: NotFoundError,
    405: BadRequestError,
    409: ConflictError,
    413: BadRequestError,
    415: BadRequestError,
    416: BadRequestError,
    422: BadRequestError,
    429: RateLimitError,
}


def value_of(answer: requests.Response, base_url: str) -> Any:
    """Return the JSON value of `answer`.

    Raises
    ------
    RunicornAPIError
        The child that the status stands for, or ConnectionError when no viewer wrote this.
    """
    check(answer, base_url)
    try:
        return answer.json()
    except ValueError:
        if "html" in answer.headers.get("Content-Type", ""):
            raise _lacking(answer, base_url) from None
        raise ConnectionError(
            f"The answer of {base_url} is not whole JSON: something between us cut or changed it. Ask again."
        ) from None


def check(answer: requests.Response, base_url: str) -> None:
    """Raise what the status of `answer` stands for, unless all is well."""
    status = answer.status_code
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status < HTTPStatus.BAD_REQUEST:
        raise AuthenticationError(
            f"{base_url} sends us to a login page: give its token, as in connect(url, token=…).", status_code=status
        )
    raise _error(answer, base_url)


def _error(answer: requests.Response, base_url: str) -> RunicornAPIError:
    status, body = answer.status_code, _body(answer)
    detail, word = body.get("detail"), body.get("error")
    kind = _CLASSES.get(status, ServerError if status >= HTTPStatus.INTERNAL_SERVER_ERROR else RunicornAPIError)
    if word is None and (not body or detail in _FOREIGN) and status in {404, 405}:
        return _lacking(answer, base_url)
    if word == _HOST_KEY or (isinstance(detail, dict) and str(detail.get("code", "")).lower() == _HOST_KEY):
        kind = HostKeyConfirmationRequiredError
    message = _sentence(body) or f"{base_url} answered {status} {answer.reason or ''}".rstrip() + "."
    if kind is AuthenticationError and word in {None, "token_required"}:
        message += " Give the token: connect(url, token=…); `runicorn viewer --url` prints it for a browser."
    error = kind(message, status_code=status, error=word if isinstance(word, str) else None, detail=detail)
    if isinstance(error, RateLimitError):
        error.retry_after = _seconds(body.get("retry_after", answer.headers.get("Retry-After")))
    if isinstance(error, AuthenticationError) and body.get("takes_password") is False:
        error.takes_password = False
    return error


def _lacking(answer: requests.Response, base_url: str) -> NotFoundError:
    method, address = answer.request.method, (answer.request.path_url or "").split("?")[0]
    return NotFoundError(
        f"The server at {base_url} has no {method} {address}: it is another program, or an older viewer. Start "
        "`runicorn viewer` of runicorn-jupyter, or update it.",
        status_code=answer.status_code,
    )


def _body(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sentence(body: dict[str, Any]) -> str:
    """Return what the server says: our own sentence, or upstream's text, or the first complaint of its list."""
    detail = body.get("detail")
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        place = ".".join(str(part) for part in detail[0].get("loc", ()))
        return f"{place}: {detail[0].get('msg', 'not accepted')}"
    if isinstance(detail, dict):
        detail = detail.get("message")
    found = body.get("message") or detail
    return found if isinstance(found, str) else ""


def _seconds(value: Any) -> int:
    try:
        return max(0, int(value))
    except (TypeError, ValueError):
        return 0
