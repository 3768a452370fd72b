"""What can go wrong between a client and a viewer, as python_client_api documents it.

RunicornAPIError
├── ConnectionError                    nothing answers, or something else than a viewer does, or half an answer came
├── NotFoundError                      404
├── BadRequestError                    400, and what else the request itself is to blame for
├── AuthenticationError                401 and 403: no token, a wrong one, or a refused SSH login
├── ConflictError                      409
│   └── HostKeyConfirmationRequiredError   an unknown SSH host showed its key
├── RateLimitError                     429
└── ServerError                        500 and above

The text of each is one sentence that says what to do: the server's own where it sent one.
"""

from __future__ import annotations

import builtins
from typing import Any

from runicorn_jupyter.errors import RunicornError

__all__ = [
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "ConnectionError",
    "HostKeyConfirmationRequiredError",
    "NotFoundError",
    "RateLimitError",
    "RunicornAPIError",
    "ServerError",
]


class RunicornAPIError(RunicornError):
    """Base of every error of the client.

    Parameters
    ----------
    message : str
        The sentence to show.
    status_code : int, optional
        The HTTP status, when there was an answer.
    error : str, optional
        The server's word for it, such as ``run_not_found``.
    detail : object
        What the server sent as ``detail``.
    """

    def __init__(
        self, message: str = "", *, status_code: int | None = None, error: str | None = None, detail: Any = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.error = error
        self.detail = detail


class ConnectionError(RunicornAPIError, builtins.ConnectionError):  # noqa: A001 - the documented name
    """Nothing answers, or something else than a viewer does, or the answer was cut short."""


class NotFoundError(RunicornAPIError):
    """There is no such run, artifact or address (404)."""


class BadRequestError(RunicornAPIError, ValueError):
    """A parameter or body is not what the server takes (400, 405, 413, 415, 416, 422)."""


class AuthenticationError(RunicornAPIError):
    """The server does not let us in, or the SSH host did not (401, 403).

    ``takes_password`` is False where the SSH host takes no passwords, and None where that is not known.
    """

    takes_password: bool | None = None


class ConflictError(RunicornAPIError):
    """The request fits the documents but not what is there now (409)."""


class HostKeyConfirmationRequiredError(ConflictError):
    """An unknown SSH host showed its key: compare ``host_key["fingerprint_sha256"]``, confirm, and connect again."""

    @property
    def host_key(self) -> dict[str, Any]:
        """The key as the server saw it: host, port, key_type, public_key, fingerprint_sha256."""
        found = self.detail.get("host_key") if isinstance(self.detail, dict) else None
        return found if isinstance(found, dict) else {}


class RateLimitError(RunicornAPIError):
    """Too many requests (429); ``retry_after`` says in how many seconds the next one is welcome."""

    retry_after: int = 0


class ServerError(RunicornAPIError):
    """The server failed, or cannot do it now (500 and above)."""
